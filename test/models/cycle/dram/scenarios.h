#pragma once

#include <string>
#include <vector>

#include "test/models/cycle/dram/checked_run.h"
#include "test/models/cycle/dram/shipped.h"
#include "test/models/cycle/dram/traffic.h"

namespace systole::dram {

/// A memory and traffic for it.
struct Scenario {
  std::string name;
  config::Memory memory;
  std::vector<TraceRequest> requests;
  std::string sheet = "";  ///< the checker's data sheet
};

/// Traffic and policies that together bring every rule of a device to its limit: each page policy, refresh postponed
/// and not, of all banks and of single ones, two ranks, column-lowest maps, streams, random traffic, conflicts,
/// hazards.
std::vector<Scenario> scenarios(const std::string& device);

}  // namespace systole::dram
