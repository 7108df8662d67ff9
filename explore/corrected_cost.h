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

/// What the corrected model says of any machine of the space, one at a time: those of `systole analyze`. Thread-safe.
/// Without fusion and with the greedy rule for tiles it keeps what machines share, and a machine takes well below a
/// millisecond. `with_energy`: measure it even when no
/// objective needs it. Everything it takes must outlive it.
PointCost corrected_cost(const LoadedSpace& space, const std::vector<CorrectedWorkload>& workloads, bool with_energy);

}  // namespace systole
