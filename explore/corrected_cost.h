#pragma once

#include <vector>

#include "explore/search.h"
#include "isa/program.pb.h"
#include "kernels/compiler.h"

namespace systole {

/// A network that the corrected model runs, and how often its cost counts.
struct CorrectedWorkload {
  Graph graph;
  CompileOptions options;
  double weight = 1;
};

/// What the corrected model says of a program.
Measures corrected_measures(const isa::Program& program, const config::Machine& machine);

/// What the corrected model says of any machine of a space, one at a time: what `systole analyze` says. Thread-safe.
/// Without fusion and with the greedy rule for tiles it keeps what machines share, for all threads and both costs, and
/// a machine takes well below a millisecond.
struct CorrectedCosts {
  PointCost cost;         ///< measures energy and area when an objective needs them
  PointCost with_prices;  ///< measures them in any case
};

/// Both references must outlive the costs.
CorrectedCosts corrected_costs(const LoadedSpace& space, const std::vector<CorrectedWorkload>& workloads);

}  // namespace systole
