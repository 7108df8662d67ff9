#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "explore/exploration.h"

namespace systole {

/// A machine that may go to the cycle level: one of the search's, or a baseline with values.
struct Contender {
  std::string name;  ///< "best", "finalist 2", ..; a baseline's own
  std::vector<std::int64_t> values;
  Evaluated analytical;  ///< what the search's model says
  bool finalist = true;  ///< false: a baseline
};

/// What a contender came to on one memory, summed over the workloads with their weights.
struct CycleLevel {
  std::optional<Evaluated> corrected;  ///< by the corrected model, of the program that was simulated
  std::optional<Evaluated> simulated;
  std::string reason;  ///< why there is none
};

/// Cycle-level results on one memory.
struct MemoryFinals {
  std::string memory;
  std::vector<Contender> contenders;
  std::vector<CycleLevel> results;  ///< by contender
};

/// Machines that finalists are chosen from: the search's best, and the cheapest of different kinds at each level of
/// cost (tally.h).
std::vector<Contender> pool_of(const Exploration& exploration);

/// At most `count` finalists, as places in the pool. `costs` are those of the corrected model with searched tiles, by
/// place; nothing where a machine cannot be compiled. The first is the search's best. Then, going up in cost, comes
/// each machine that differs from every finalist before it by a factor of two in a field, and by 2 % in cost: less than
/// that the model hardly tells apart. Where all machines are too alike for `count` of them, the step is the largest of
/// 1.9, 1.8, .. 0.1 % that gives so many.
std::vector<std::size_t> choose_finalists(const std::vector<Contender>& pool,
                                          const std::vector<std::optional<double>>& costs, std::size_t count);

/// With several objectives: so many machines of the front, evenly spread along it, its ends among them.
std::vector<Contender> spread_over_front(const std::vector<Candidate>& front, std::size_t count);

/// The baselines that have values and a cost, their buffers in whole banks, which the published model does not ask for.
std::vector<Contender> plain_contenders(const LoadedSpace& space, const Exploration& exploration);

/// "best", "finalist 2", ..
std::string finalist_name(std::size_t number);

/// Kendall's tau-b of two rankings: 1 the same order, -1 the opposite one, ties counted as neither; nothing when one of
/// them does not tell any two apart.
std::optional<double> kendall_tau(const std::vector<double>& a, const std::vector<double>& b);

/// How many times the cost of the search's best point a baseline has, by the search's model and by simulation.
struct Gain {
  std::string over;                 ///< the baseline
  double analytical = 1;            ///< baseline / best
  std::optional<double> simulated;  ///< the same two machines
  std::optional<double> quickest;   ///< the baseline against the finalist that is best in simulation

  /// (simulated - 1) / (analytical - 1); nothing when the model sees no gain.
  [[nodiscard]] std::optional<double> remains() const;
};
std::vector<Gain> gains_of(const MemoryFinals& finals);

nlohmann::ordered_json finals_json(const DesignSpace& space, const std::vector<MemoryFinals>& finals);
std::string finals_table(const std::vector<MemoryFinals>& finals, const Objectives& objectives);

}  // namespace systole
