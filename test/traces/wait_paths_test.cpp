#include "traces/explain/wait_paths.h"

#include <gtest/gtest.h>

namespace systole {
namespace {

using Counts = std::map<std::string, std::int64_t>;

Counts counted(const WaitPaths& paths, int block) {
  Counts counts;
  for (const auto& [key, cycles] : paths.cycles()) {
    if (key.first == block) counts[text_of(WaitPaths::path_of(key.second))] += cycles;
  }
  return counts;
}

void tell_block_end(WaitPaths& paths, int number, std::int64_t until) {
  BlockSpan block;
  block.block = number;
  block.until = Cycles{until};
  paths.block_ends(block);
}

TEST(WaitPaths, FollowAReasonToTheUnitThatItNamesInTheSameCycle) {
  WaitPaths paths;
  paths.state({Unit::systolic_array, state_of(Stall::ibuf_load), Cycles{0}, Cycles{10}});
  paths.state({Unit::systolic_array, kBusyState, Cycles{10}, Cycles{14}});
  paths.state({Unit::dma_ibuf, state_of(Stall::memory), Cycles{0}, Cycles{7}});
  paths.state({Unit::dma_ibuf, kBusyState, Cycles{7}, Cycles{12}});
  paths.finish(Cycles{14});
  EXPECT_EQ(counted(paths, 0), (Counts{{"systolic_array ibuf_load <- dma_ibuf memory", 7},
                                       {"systolic_array ibuf_load <- dma_ibuf busy", 3},
                                       {"systolic_array busy", 4}}));
}

TEST(WaitPaths, CountEveryCycleForOneBlockHoweverOftenTheyAreSettled) {
  WaitPaths paths;
  paths.state({Unit::simd_unit, kBusyState, Cycles{0}, Cycles{30}});  // told ahead
  paths.settled(Cycles{5});
  tell_block_end(paths, 0, 12);
  paths.settled(Cycles{20});
  paths.finish(Cycles{30});
  EXPECT_EQ(counted(paths, 0), (Counts{{"simd_unit busy", 12}}));
  EXPECT_EQ(counted(paths, 1), (Counts{{"simd_unit busy", 18}}));
}

TEST(WaitPaths, EndWhereAUnitIsMetAgain) {
  WaitPaths paths;
  paths.state({Unit::systolic_array, state_of(Stall::obuf_drain), Cycles{0}, Cycles{3}});
  paths.state({Unit::simd_unit, state_of(Stall::obuf_wait), Cycles{0}, Cycles{3}});
  paths.finish(Cycles{3});
  EXPECT_EQ(counted(paths, 0), (Counts{{"systolic_array obuf_drain <- simd_unit obuf_wait", 3}}));
}

TEST(WaitPaths, EndAtACause) {
  const Wait waits{Unit::systolic_array, state_of(Stall::wbuf_load)};
  EXPECT_EQ(cause_of({waits, {Unit::dma_parambuf, kBusyState}}), "port parambuf");
  EXPECT_EQ(cause_of({waits, {Unit::dma_parambuf, state_of(Stall::memory)}}), "memory");
  EXPECT_EQ(cause_of({waits, {Unit::dma_parambuf, kIdleState}}), "hand-over");
  EXPECT_EQ(cause_of({{Unit::simd_unit, state_of(Stall::bank_conflict)}}), "bank conflicts");
  EXPECT_EQ(cause_of({{Unit::controller, state_of(Stall::fetch)}, {Unit::dma_instruction, kBusyState}}),
            "instruction fetch");
}

}  // namespace
}  // namespace systole
