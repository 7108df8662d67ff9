#include "traces/waves/stall_trigger.h"

#include <gtest/gtest.h>

namespace systole {
namespace {

constexpr UnitState kMemory = state_of(Stall::memory);
constexpr UnitState kSlot = state_of(Stall::slot);

void tell(StallTrigger& trigger, UnitState state, std::int64_t from, std::int64_t until) {
  trigger.state({Unit::dma_ibuf, state, Cycles{from}, Cycles{until}});
}

TEST(StallTrigger, FiresWhenTheStallIsLongerThanAskedFor) {
  StallTrigger trigger(parse_stall("--on", "dma_ibuf stall>10"));
  tell(trigger, kMemory, 5, 15);
  EXPECT_FALSE(trigger.fired());
  tell(trigger, kMemory, 15, 16);
  EXPECT_TRUE(trigger.fired());
  EXPECT_FALSE(trigger.ended());
  tell(trigger, kBusyState, 16, 20);
  EXPECT_TRUE(trigger.ended());
  tell(trigger, kMemory, 20, 200);
  EXPECT_EQ(trigger.stall().from, Cycles{5});
  EXPECT_EQ(trigger.stall().until, Cycles{16});
}

TEST(StallTrigger, StallsWithWorkBetweenThemAreSeveral) {
  StallTrigger trigger(parse_stall("--on", "dma_ibuf stall>10"));
  tell(trigger, kMemory, 0, 8);
  tell(trigger, kBusyState, 8, 9);
  tell(trigger, kMemory, 9, 16);
  trigger.state({Unit::dma_obuf, kMemory, Cycles{0}, Cycles{100}});
  EXPECT_FALSE(trigger.fired());
  EXPECT_EQ(trigger.longest().length(), Cycles{8});
  EXPECT_EQ(trigger.stall().from, Cycles{9});
}

TEST(StallTrigger, ReasonsFollowOneAnotherUnlessOneIsNamed) {
  StallTrigger any(parse_stall("--on", " dma.ibuf stall > 10 "));
  StallTrigger slot(parse_stall("--on", "dma_ibuf slot>10"));
  for (StallTrigger* trigger : {&any, &slot}) {
    tell(*trigger, kMemory, 0, 8);
    tell(*trigger, kSlot, 8, 16);
  }
  EXPECT_TRUE(any.fired());
  EXPECT_FALSE(slot.fired());
  tell(slot, kSlot, 16, 19);
  EXPECT_TRUE(slot.fired());
  EXPECT_EQ(slot.stall().from, Cycles{8});
}

}  // namespace
}  // namespace systole
