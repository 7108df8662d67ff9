#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "explore/exploration.h"

namespace systole {

/// A machine that goes to the cycle level: one of the best points, or a baseline with values.
struct Contender {
  std::string name;  ///< "best", "2nd", ..; a baseline's own
  std::vector<std::int64_t> values;
  double analytical = 0;  ///< what the search's model says
  bool finalist = true;   ///< false: a baseline
};

/// What a contender came to on one memory, summed over the workloads with their weights.
struct CycleLevel {
  std::optional<double> corrected;  ///< cycles by the corrected model, of the program that was simulated
  std::optional<double> simulated;  ///< cycles
  double energy_pj = 0;             ///< of the simulation
  std::string reason;               ///< why there is none
};

struct MemoryFinals {
  std::string memory;
  std::vector<CycleLevel> results;  ///< by contender
};

/// Cycle-level results of the contenders on every memory that the space names.
struct Finals {
  std::vector<Contender> contenders;
  std::vector<MemoryFinals> memories;
};

/// The `count` best points, then the baselines that have values and a cost: their buffers in whole banks, which the
/// published model does not ask for.
std::vector<Contender> contenders_of(const LoadedSpace& space, const Exploration& exploration, std::size_t count);

/// Kendall's tau-b of two rankings: 1 the same order, -1 the opposite one, ties counted as neither; nothing when one of
/// them does not tell any two apart.
std::optional<double> kendall_tau(const std::vector<double>& a, const std::vector<double>& b);

/// How many times the cycles of the search's best point a baseline takes, by the search's model and by simulation.
struct Gain {
  std::string over;                 ///< the baseline
  double analytical = 1;            ///< baseline / best
  std::optional<double> simulated;  ///< the same two machines
  std::optional<double> quickest;   ///< the baseline against the finalist that is quickest in simulation

  /// (simulated - 1) / (analytical - 1); nothing when the model sees no gain.
  [[nodiscard]] std::optional<double> remains() const;
};
std::vector<Gain> gains_of(const std::vector<Contender>& contenders, const MemoryFinals& finals);

nlohmann::ordered_json finals_json(const DesignSpace& space, const Finals& finals);
std::string finals_table(const Finals& finals);

}  // namespace systole
