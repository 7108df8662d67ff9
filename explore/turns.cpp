#include "explore/turns.h"

#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace systole {

namespace {

/// Each thread calls `step(worker)` until it says that nothing is left.
void on_threads(int threads, const std::function<bool(int worker)>& step) {
  std::mutex mutex;
  std::exception_ptr failure;
  std::atomic<bool> failed{false};
  const auto worker = [&](int number) {
    try {
      while (!failed && step(number)) {
      }
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
      failed = true;
    }
  };
  std::vector<std::thread> others;
  for (int number = 1; number < threads; ++number) others.emplace_back(worker, number);
  worker(0);
  for (std::thread& thread : others) thread.join();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace

void take_turns(int threads, std::size_t turns, const std::function<void(std::size_t turn, int worker)>& work) {
  const auto count = static_cast<std::size_t>(threads);
  const auto begin_of = [&](std::size_t range) { return turns * range / count; };
  std::vector<std::atomic<std::size_t>> next(count);
  for (std::size_t range = 0; range < count; ++range) next[range] = begin_of(range);
  on_threads(threads, [&](int worker) {
    for (std::size_t other = 0; other < count; ++other) {
      const std::size_t range = (static_cast<std::size_t>(worker) + other) % count;
      if (next[range] >= begin_of(range + 1)) continue;
      const std::size_t turn = next[range]++;
      if (turn >= begin_of(range + 1)) continue;
      work(turn, worker);
      return true;
    }
    return false;
  });
}

void take_turns_in_order(int threads, std::size_t turns,
                         const std::function<void(std::size_t turn, int worker)>& work) {
  std::atomic<std::size_t> next{0};
  on_threads(threads, [&](int worker) {
    const std::size_t turn = next++;
    if (turn < turns) work(turn, worker);
    return turn < turns;
  });
}

}  // namespace systole
