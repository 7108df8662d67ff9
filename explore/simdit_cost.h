#pragma once

#include "explore/search.h"
#include "explore/simdit_table.h"

namespace systole {

/// The machine with these values, whether or not its fields fit together: the published model takes any capacity.
config::Machine simdit_machine(const LoadedSpace& space, const std::vector<std::int64_t>& values);

/// What the published model says of any machine of the space, one at a time: for local searches, baselines and
/// neighbours. Thread-safe. `with_prices`: measures energy and area even when no objective needs them. Everything it
/// takes must outlive it.
PointCost simdit_cost(const LoadedSpace& space, const std::vector<SimditWorkload>& workloads, bool with_prices);

}  // namespace systole
