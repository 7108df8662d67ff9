#pragma once

#include "configs/machine.pb.h"
#include "models/analytical/simdit/machine.h"

namespace systole::simdit {

/// A machine in the published model's terms; every field must be set.
Machine machine_of(const config::Machine& machine);

}  // namespace systole::simdit
