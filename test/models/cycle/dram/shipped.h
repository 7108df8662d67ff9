#pragma once

#include <string>

#include "configs/loader.h"
#include "configs/memory.pb.h"
#include "models/cycle/dram/config.h"

namespace systole::dram {

inline const char* const kShippedDevices[] = {"ddr4_2400", "ddr4_3200", "lpddr4_3200", "hbm2", "lpddr5_6400"};

/// A shipped device's description, from the sources.
inline config::Memory shipped(const std::string& name) {
  Diagnostics diagnostics;
  auto loaded =
      load_text<config::Memory>(std::string(SYSTOLE_SOURCE_DIR) + "/configs/dram/" + name + ".textproto", diagnostics);
  diagnostics.throw_if_any();
  return loaded.message;
}

/// The configuration of a description that is known to be good.
inline DramConfig configure(const config::Memory& memory) {
  Diagnostics diagnostics;
  DramConfig config = make_dram_config(memory, Source(memory.name()), "", diagnostics);
  diagnostics.throw_if_any();
  return config;
}

}  // namespace systole::dram
