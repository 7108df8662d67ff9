#pragma once

#include <string>
#include <vector>

#include "configs/loader.h"
#include "configs/machine.pb.h"

namespace systole {

/// What the command line says about the machine.
struct MachineRequest {
  std::string hardware;                ///< --hw: a shipped name, a textproto, or a GeneSys hardware JSON
  std::string memory;                  ///< --dram: replaces the memory the machine names; empty: keep it
  std::vector<std::string> overrides;  ///< each --set, in order
  bool training = false;  ///< --mode training: decides the SIMD number format where the machine leaves it open
};

/// Reads the machine, applies the overrides, fills in every default and checks that the parts fit together. The message
/// that comes back implies nothing: to_text of it, loaded again, gives the same machine. Faults go to `diagnostics`
/// (the result is usable only when there are none); an unreadable file is an EnvironmentError.
Loaded<config::Machine> load_machine(const MachineRequest& request, Diagnostics& diagnostics);

/// Is exactly one of the groups `ideal` and `dram` there?
void check_memory(const config::Memory& memory, const Source& source, Diagnostics& diagnostics);

/// Adds a fault for each impossible combination: buffers that do not divide into banks of whole words, ports wider than
/// a burst, a memory that is no memory or two. Every field must be set and in range.
void check_machine(const config::Machine& machine, const Source& source, Diagnostics& diagnostics);

}  // namespace systole
