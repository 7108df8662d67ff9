#include "cli/explore_finalists.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "cli/child_process.h"
#include "cli/explore_workloads.h"
#include "cli/run_result.h"
#include "cli/simulation.h"
#include "models/analytical/systole/analysis.h"
#include "models/cycle/dram/config.h"

namespace systole {

namespace {

/// One network on one machine.
struct Job {
  std::string name;  ///< in the store: everything that the result depends on
  isa::Program program;
  config::Machine machine;
  double weight = 1;
  CycleLevel* total = nullptr;  ///< where its result is added
  double corrected = 0;
};

std::string name_of(const LoadedSpace& space, const config::Machine& machine, const Contender& contender,
                    int workload) {
  config::Workload network = space.space.workload(workload);
  network.clear_weight();
  return fmt::format("{} | {} | {}", fmt::join(contender.values, ","), network.ShortDebugString(),
                     machine.memory_description().ShortDebugString());
}

void add(Job& job, double cycles, double energy_pj) {
  CycleLevel& total = *job.total;
  total.corrected = total.corrected.value_or(0) + job.weight * job.corrected;
  total.simulated = total.simulated.value_or(0) + job.weight * cycles;
  total.energy_pj += job.weight * energy_pj;
}

/// Cycles, and picojoules as a whole number.
std::vector<std::int64_t> simulate(const Job& job) {
  const Simulation simulation = simulate_program(job.machine, job.program, false);
  std::vector<int> layers(static_cast<std::size_t>(job.program.layers_size()));
  std::iota(layers.begin(), layers.end(), 0);
  double energy_pj = 0;
  for (const auto& [component, energy] : result_of(simulation, job.program, job.machine, layers).energy) {
    energy_pj += energy.value;
  }
  return {simulation.counters.cycles.count(), std::llround(energy_pj)};
}

/// The jobs of a contender; none when a network cannot be compiled for it.
std::vector<Job> jobs_of(const LoadedSpace& space, const std::vector<CorrectedWorkload>& workloads,
                         const config::Machine& base, const Contender& contender, CycleLevel& result) {
  std::vector<Job> jobs;
  try {
    const config::Machine machine = machine_with(space, base, contender.values);
    for (std::size_t w = 0; w < workloads.size(); ++w) {
      Job job{name_of(space, machine, contender, static_cast<int>(w)),
              compile_well(workloads[w], machine),
              machine,
              workloads[w].weight,
              &result,
              0};
      job.corrected = static_cast<double>(analytical::analyze(job.program, machine).run.cycles.count());
      jobs.push_back(std::move(job));
    }
  } catch (const UserError& error) {
    result.reason = error.diagnostics().front().message;
    return {};
  }
  return jobs;
}

void check_memory(const config::Machine& machine) {
  const config::Memory& memory = machine.memory_description();
  Diagnostics faults;
  if (memory.has_dram()) dram::make_dram_config(memory, Source(memory.name()), "", faults);
  faults.throw_if_any();
}

}  // namespace

Finals simulate_finalists(const LoadedSpace& space, std::vector<Contender> contenders, std::size_t at_once,
                          ExploreStore* store, const FinalsProgress& progress) {
  const std::vector<CorrectedWorkload> workloads = load_workloads(space);
  Finals finals{std::move(contenders), {}};
  for (const config::Machine& base : space.finalist_machines) {
    check_memory(base);
    finals.memories.push_back({base.memory_description().name(), std::vector<CycleLevel>(finals.contenders.size())});
  }
  std::vector<Job> jobs;
  for (std::size_t m = 0; m < finals.memories.size(); ++m) {
    for (std::size_t c = 0; c < finals.contenders.size(); ++c) {
      for (Job& job :
           jobs_of(space, workloads, space.finalist_machines[m], finals.contenders[c], finals.memories[m].results[c])) {
        jobs.push_back(std::move(job));
      }
    }
  }
  std::vector<Job*> missing;
  for (Job& job : jobs) {
    const auto known = store == nullptr ? std::nullopt : store->find_finalist(job.name);
    if (!known) {
      missing.push_back(&job);
      continue;
    }
    const nlohmann::json result = nlohmann::json::parse(*known);
    add(job, result.at("cycles"), result.at("energy_pj"));
  }
  std::vector<std::function<std::vector<std::int64_t>()>> tasks;
  for (const Job* job : missing) tasks.emplace_back([job] { return simulate(*job); });
  run_in_processes(tasks, at_once, [&](std::size_t task, const std::vector<std::int64_t>& values) {
    Job& job = *missing[task];
    const nlohmann::ordered_json result = {{"cycles", values[0]}, {"energy_pj", values[1]}};
    if (store != nullptr) store->put_finalist(job.name, result.dump());
    add(job, static_cast<double>(values[0]), static_cast<double>(values[1]));
    if (progress) progress(jobs.size() - missing.size() + task + 1, jobs.size());
  });
  return finals;
}

}  // namespace systole
