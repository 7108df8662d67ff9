#pragma once

#include "configs/machine.pb.h"
#include "kernels/plan/machine.h"

namespace systole {

/// The compiler's view of a machine whose every field is set (configs/machine.h: load_machine).
Machine machine_of(const config::Machine& machine);

/// Peak of an off-chip memory in bytes for each cycle of a clock of that frequency.
double peak_bytes_per_cycle(const config::Memory& memory, double clock_mhz);
std::int64_t capacity_bytes(const config::Memory& memory);

}  // namespace systole
