#pragma once

#include <string>

#include "configs/loader.h"
#include "configs/memory.pb.h"
#include "models/cycle/dram/address_map.h"
#include "models/cycle/dram/rules.h"
#include "models/energy/dram_energy.h"

namespace systole::dram {

/// A DRAM memory ready to be built: everything derived from its description.
struct DramConfig {
  std::string name;
  int channels = 1;
  int clock_ps = 1;
  ChannelConfig channel;
  AddressMap map;
  Prices prices;

  [[nodiscard]] double peak_bytes_per_second() const;
};

/// Derives the configuration and checks what one field's range cannot: parameters that contradict one another (tRC
/// below tRAS + tRP, a capacity that the row and column counts do not make, watermarks above the queue ...). Faults
/// point at the field; the result is usable when none was added. `prefix` is where the description lies in `source`'s
/// message: "" or "memory_description.".
DramConfig make_dram_config(const config::Memory& memory, const Source& source, const std::string& prefix,
                            Diagnostics& diagnostics);

/// The start-to-start distances that the data sheet's parameters come to.
Rules make_rules(const config::Dram& dram);

}  // namespace systole::dram
