#include "explore/turns.h"

#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace systole {

void take_turns(int threads, std::size_t turns, const std::function<void(std::size_t turn, int worker)>& work) {
  const auto count = static_cast<std::size_t>(threads);
  const auto begin_of = [&](std::size_t range) { return turns * range / count; };
  std::vector<std::atomic<std::size_t>> next(count);
  for (std::size_t range = 0; range < count; ++range) next[range] = begin_of(range);
  std::mutex mutex;
  std::exception_ptr failure;
  std::atomic<bool> failed{false};
  const auto worker = [&](int number) {
    try {
      for (std::size_t other = 0; other < count; ++other) {
        const std::size_t range = (static_cast<std::size_t>(number) + other) % count;
        const std::size_t end = begin_of(range + 1);
        for (std::size_t turn = next[range]++; turn < end && !failed; turn = next[range]++) work(turn, number);
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

}  // namespace systole
