#include "cli/simulation.h"

#include <fmt/format.h>

#include <chrono>
#include <ctime>

#include "cli/log.h"
#include "cli/progress_line.h"
#include "configs/idealize.h"
#include "models/cycle/configure.h"
#include "models/cycle/dram/dram_memory.h"

namespace systole {

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

Simulation simulate_program(const config::Machine& machine, const isa::Program& program, bool progress,
                            ValueModel* values, const std::vector<Watch>& watches) {
  const auto start = std::chrono::steady_clock::now();
  const double cpu_start = cpu_seconds();
  const MachineProgram decoded = load_program(program);
  const config::Machine simulated = idealized(machine);
  const std::unique_ptr<Memory> memory = make_memory(simulated.memory_description());

  ProgressLine line(progress);
  SimulationOptions options;
  options.values = values;
  options.watches = watches;
  options.progress = [&](const Progress& at) {
    const double cycles = static_cast<double>(at.cycle.count());
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    const std::string text =
        fmt::format("simulating {}: block {} of {}, {:.2f} M cycles, {:.1f} M cycles/s", program.model(),
                    at.blocks_done, at.blocks, cycles * 1e-6, cycles * 1e-6 / seconds);
    line.show(text);
    logger("machine")->debug("{}: block {} of {}", at.cycle.count(), at.blocks_done, at.blocks);
  };

  Simulation result;
  result.counters = simulate(machine_parameters(simulated), *memory, decoded, options);
  check_identities(result.counters);
  if (const auto* dram = dynamic_cast<const DramMemory*>(memory.get())) {
    result.memory_energy = Picojoules{dram->energy().total_pj()};
  }
  result.wall_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  result.cpu_seconds = cpu_seconds() - cpu_start;
  result.events = static_cast<std::int64_t>(sc_core::sc_delta_count());
  return result;
}

}  // namespace systole
