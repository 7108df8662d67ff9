#pragma once

#include <functional>

#include "explore/finalists.h"

namespace systole {

/// How many simulations are done, of all.
using FinalsProgress = std::function<void(std::size_t done, std::size_t all)>;

/// On each memory: costs the machines that finalists are chosen from with the corrected model, every network compiled
/// for them with searched tiles; chooses the finalists; and simulates them and the baselines, `at_once` at a time. What
/// the store has is not done again; what is done goes there when it is. `store` may be nullptr. Throws UserError when a
/// memory's description is at fault.
std::vector<MemoryFinals> simulate_finalists(const LoadedSpace& space, const Exploration& exploration,
                                             std::size_t at_once, ExploreStore* store, const FinalsProgress& progress);

}  // namespace systole
