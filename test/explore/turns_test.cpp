#include "explore/turns.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

namespace systole {
namespace {

TEST(Turns, EachIsTakenOnceByOneOfTheWorkers) {
  for (const int threads : {1, 2, 3, 7}) {
    for (const std::size_t turns : {0U, 1U, 2U, 5U, 100U}) {
      std::vector<std::atomic<int>> taken(turns);
      take_turns(threads, turns, [&](std::size_t turn, int worker) {
        EXPECT_TRUE(worker >= 0 && worker < threads);
        ++taken[turn];
      });
      for (const std::atomic<int>& times : taken) EXPECT_EQ(times, 1);
    }
  }
}

/// The first worker is held up at its first turn; the other one does all the rest.
TEST(Turns, AThreadThatIsDoneHelpsTheOther) {
  std::atomic<int> done{0};
  take_turns(2, 20, [&](std::size_t turn, int) {
    if (turn == 0) {
      while (done < 19) std::this_thread::yield();
    }
    ++done;
  });
  EXPECT_EQ(done, 20);
}

TEST(Turns, AFailureStopsAllAndIsThrown) {
  std::atomic<int> done{0};
  const auto failing = [&](std::size_t turn, int) {
    if (turn == 3) throw std::runtime_error("turn 3");
    ++done;
  };
  EXPECT_THROW(take_turns(2, 1000000, failing), std::runtime_error);
  EXPECT_LT(done, 999999);
}

}  // namespace
}  // namespace systole
