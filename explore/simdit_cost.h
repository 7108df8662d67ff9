#pragma once

#include "explore/search.h"

namespace systole {

/// The published model's cycles of any machine of the space, one at a time: for local searches, baselines and
/// neighbours. Thread-safe. Everything it takes must outlive it.
PointCost simdit_cost(const LoadedSpace& space, const std::vector<SimditWorkload>& workloads);

}  // namespace systole
