#pragma once

#include <optional>

#include "base/units.h"
#include "configs/machine.pb.h"
#include "isa/program.pb.h"
#include "models/cycle/machine.h"
#include "traces/run_counters.h"

namespace systole {

/// What a simulation gave, and what it took.
struct Simulation {
  RunCounters counters;
  Picojoules
      memory_energy;  ///< of the off-chip memory over the whole run; 0 for the ideal memory, which has no commands
  double wall_seconds = 0.0;  ///< from building the machine to the last event
  double cpu_seconds = 0.0;
  std::int64_t events = 0;  ///< evaluation phases of the SystemC kernel (delta cycles)
};

/// Runs the program on the machine, once a SystemC kernel (fresh_kernel.h). `progress`: tell on
/// standard error how far it is; `values` ride along when not null; `watches` say who watches what.
Simulation simulate_program(const config::Machine& machine, const isa::Program& program, bool progress,
                            ValueModel* values = nullptr, const std::vector<Watch>& watches = {});

/// CPU seconds of this process so far.
double cpu_seconds();

}  // namespace systole
