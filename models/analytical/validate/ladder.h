#pragma once

#include <string>
#include <vector>

#include "configs/machine.pb.h"

namespace systole::validation {

/// One machine of the ladder.
struct Rung {
  std::string cause;  ///< what the rung before has and this one has not; empty for the first
  config::Machine machine;
};

/// From the machine as it is down to one in which nothing is in the way of its units and ports: each rung is the one
/// before with one switch more of its `without` set, in the order of the schema (configs/machine.proto), and the causes
/// are the switches' names. Left out: switches that are set already, those of DRAM for a memory that is none, and
/// `memory`, which is what those before it are together.
std::vector<Rung> ladder(const config::Machine& machine);

}  // namespace systole::validation
