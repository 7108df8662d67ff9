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
#include "explore/turns.h"
#include "models/cycle/dram/config.h"

namespace systole {

namespace {

/// One network on one machine.
struct Job {
  std::string name;  ///< in the store: everything that the result depends on
  isa::Program program;
  config::Machine machine;
  double weight = 1;
  std::size_t memory = 0, contender = 0;  ///< whose it is
};

std::string name_of(const LoadedSpace& space, const config::Machine& machine, const std::vector<std::int64_t>& values,
                    int workload) {
  config::Workload network = space.space.workload(workload);
  network.clear_weight();
  return fmt::format("{} | {} | {}", fmt::join(values, ","), network.ShortDebugString(),
                     machine.memory_description().ShortDebugString());
}

void add(Measures& sum, double weight, double cycles, double energy_pj) {
  sum.cycles += weight * cycles;
  sum.energy_pj += weight * energy_pj;
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

/// The jobs of a machine. Throws UserError when a network cannot be compiled for it.
std::vector<Job> jobs_of(const LoadedSpace& space, const std::vector<CorrectedWorkload>& workloads,
                         const config::Machine& base, const std::vector<std::int64_t>& values) {
  std::vector<Job> jobs;
  const config::Machine machine = machine_with(space, base, values);
  for (std::size_t w = 0; w < workloads.size(); ++w) {
    jobs.push_back({name_of(space, machine, values, static_cast<int>(w)), compile_well(workloads[w], machine), machine,
                    workloads[w].weight});
  }
  return jobs;
}

Measures corrected(const std::vector<Job>& jobs) {
  Measures sum;
  for (const Job& job : jobs) {
    const Measures one = corrected_measures(job.program, job.machine);
    add(sum, job.weight, one.cycles, one.energy_pj);
    sum.area_mm2 = one.area_mm2;
  }
  return sum;
}

/// What a machine of the pool costs by the corrected model with searched tiles; kept in the store.
std::optional<double> pool_cost(const LoadedSpace& space, const std::vector<CorrectedWorkload>& workloads,
                                const config::Machine& base, const Contender& machine, ExploreStore* store) {
  std::string name = "corrected";
  for (int w = 0; w < space.space.workload_size(); ++w) {
    name += fmt::format(" | {} times {}", space.space.workload(w).weight(), name_of(space, base, machine.values, w));
  }
  const auto known = store == nullptr ? std::nullopt : store->find_finalist(name);
  nlohmann::ordered_json result = nullptr;
  if (known) {
    result = nlohmann::ordered_json::parse(*known);
  } else {
    try {
      const Measures measures = corrected(jobs_of(space, workloads, base, machine.values));
      result = {{"cycles", measures.cycles}, {"energy_pj", measures.energy_pj}, {"area_mm2", measures.area_mm2}};
    } catch (const UserError&) {
      // It is no finalist then.
    }
    if (store != nullptr) store->put_finalist(name, result.dump());
  }
  if (result.is_null()) return std::nullopt;
  return objectives_of(space).judge({result.at("cycles"), result.at("energy_pj"), result.at("area_mm2")}).cost;
}

/// The finalists on one memory.
std::vector<Contender> finalists_of(const LoadedSpace& space, const Exploration& exploration,
                                    const std::vector<CorrectedWorkload>& workloads, const config::Machine& base,
                                    int threads, ExploreStore* store) {
  const auto count = static_cast<std::size_t>(space.space.finalists().count());
  if (objectives_of(space).several()) return spread_over_front(exploration.search.tally.front, count);
  const std::vector<Contender> pool = pool_of(exploration);
  std::vector<std::optional<double>> costs(pool.size());
  if (count > 1) {
    take_turns(threads, pool.size(),
               [&](std::size_t place, int) { costs[place] = pool_cost(space, workloads, base, pool[place], store); });
  }
  std::vector<Contender> finalists;
  for (const std::size_t place : choose_finalists(pool, costs, count)) {
    finalists.push_back(pool[place]);
    finalists.back().name = finalist_name(finalists.size() - 1);
  }
  return finalists;
}

void check_memory(const config::Machine& machine) {
  const config::Memory& memory = machine.memory_description();
  Diagnostics faults;
  if (memory.has_dram()) dram::make_dram_config(memory, Source(memory.name()), "", faults);
  faults.throw_if_any();
}

}  // namespace

std::vector<MemoryFinals> simulate_finalists(const LoadedSpace& space, const Exploration& exploration,
                                             std::size_t at_once, ExploreStore* store, const FinalsProgress& progress) {
  const std::vector<CorrectedWorkload> workloads = load_workloads(space);
  const Objectives objectives = objectives_of(space);
  for (const config::Machine& base : space.finalist_machines) check_memory(base);
  std::vector<MemoryFinals> finals;
  std::vector<Job> jobs;
  for (const config::Machine& base : space.finalist_machines) {
    MemoryFinals memory{base.memory_description().name(), {}, {}};
    memory.contenders = finalists_of(space, exploration, workloads, base, static_cast<int>(at_once), store);
    for (Contender& plain : plain_contenders(space, exploration)) memory.contenders.push_back(std::move(plain));
    for (const Contender& contender : memory.contenders) {
      CycleLevel result;
      try {
        std::vector<Job> own = jobs_of(space, workloads, base, contender.values);
        result.corrected = objectives.judge(corrected(own));
        for (Job& job : own) {
          job.memory = finals.size();
          job.contender = memory.results.size();
          jobs.push_back(std::move(job));
        }
      } catch (const UserError& error) {
        result.reason = error.diagnostics().front().message;
      }
      memory.results.push_back(result);
    }
    finals.push_back(std::move(memory));
  }
  std::vector<std::vector<Measures>> simulated;
  for (const MemoryFinals& memory : finals) simulated.emplace_back(memory.contenders.size());
  const auto book = [&](const Job& job, double cycles, double energy_pj) {
    add(simulated[job.memory][job.contender], job.weight, cycles, energy_pj);
  };
  std::vector<Job*> missing;
  for (Job& job : jobs) {
    const auto known = store == nullptr ? std::nullopt : store->find_finalist(job.name);
    if (!known) {
      missing.push_back(&job);
      continue;
    }
    const nlohmann::json result = nlohmann::json::parse(*known);
    book(job, result.at("cycles"), result.at("energy_pj"));
  }
  std::vector<std::function<std::vector<std::int64_t>()>> tasks;
  for (const Job* job : missing) tasks.emplace_back([job] { return simulate(*job); });
  std::size_t done = jobs.size() - missing.size();
  run_in_processes(tasks, at_once, [&](std::size_t task, const std::vector<std::int64_t>& values) {
    const Job& job = *missing[task];
    const nlohmann::ordered_json result = {{"cycles", values[0]}, {"energy_pj", values[1]}};
    if (store != nullptr) store->put_finalist(job.name, result.dump());
    book(job, static_cast<double>(values[0]), static_cast<double>(values[1]));
    if (progress) progress(++done, jobs.size());
  });
  for (std::size_t m = 0; m < finals.size(); ++m) {
    for (std::size_t c = 0; c < finals[m].results.size(); ++c) {
      CycleLevel& result = finals[m].results[c];
      if (!result.corrected) continue;
      simulated[m][c].area_mm2 = result.corrected->measures.area_mm2;
      result.simulated = objectives.judge(simulated[m][c]);
    }
  }
  return finals;
}

}  // namespace systole
