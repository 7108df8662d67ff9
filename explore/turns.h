#pragma once

#include <cstddef>
#include <functional>

namespace systole {

/// Calls `work(turn, worker)` for every turn, on so many threads; worker 0 is the caller's. Each thread has a range of
/// its own, since models keep what neighbouring points share, and helps with the others' when that is done. Throws what
/// a call threw first.
void take_turns(int threads, std::size_t turns, const std::function<void(std::size_t turn, int worker)>& work);

/// The same, but whoever is free takes the next turn: for a few long ones that share nothing by being neighbours.
void take_turns_in_order(int threads, std::size_t turns, const std::function<void(std::size_t turn, int worker)>& work);

}  // namespace systole
