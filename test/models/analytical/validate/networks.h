#pragma once

#include <string>

#include "configs/machine.pb.h"
#include "isa/program.pb.h"

namespace systole::validation {

/// A shipped machine with a shipped memory.
config::Machine machine_named(const std::string& hardware, const std::string& memory);

/// A shipped network, batch 1, compiled for the machine.
isa::Program compiled(const std::string& network, const config::Machine& machine);

/// The same with tiles that the corrected model's predictions choose, as the commands do.
isa::Program compiled_with_search(const std::string& network, const config::Machine& machine);

}  // namespace systole::validation
