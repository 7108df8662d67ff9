#pragma once

#include <functional>

#include "explore/finalists.h"

namespace systole {

/// How many simulations are done, of all.
using FinalsProgress = std::function<void(std::size_t done, std::size_t all)>;

/// Compiles every network for every contender and memory, with searched tiles, costs it with the corrected model and
/// simulates it, `at_once` at a time. What the store has is not simulated again; what is simulated goes there when it
/// is done. `store` may be nullptr. Throws UserError when a memory's description is at fault.
Finals simulate_finalists(const LoadedSpace& space, std::vector<Contender> contenders, std::size_t at_once,
                          ExploreStore* store, const FinalsProgress& progress);

}  // namespace systole
