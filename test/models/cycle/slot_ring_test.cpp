#include "models/cycle/slot_ring.h"

#include <gtest/gtest.h>

#include "base/errors.h"
#include "test/models/cycle/fresh_kernel.h"

namespace systole {
namespace {

class SlotRingTest : public testing::Test {
 protected:
  SlotRingTest() { test::fresh_kernel(); }
};

TEST_F(SlotRingTest, TwoSlotsLetTheProducerRunTwoGenerationsAhead) {
  SlotRing ring;
  ring.reset(2);
  EXPECT_FALSE(ring.ready(1));
  ring.pass(0);
  EXPECT_TRUE(ring.ready(1));
  ring.pass(0);
  EXPECT_FALSE(ring.ready(0));
  ring.pass(1);
  EXPECT_TRUE(ring.ready(0));
}

TEST_F(SlotRingTest, OneSlotMakesThemTakeTurns) {
  SlotRing ring;
  ring.reset(1);
  ring.pass(0);
  EXPECT_FALSE(ring.ready(0));
  ring.pass(1);
  EXPECT_FALSE(ring.ready(1));
  EXPECT_TRUE(ring.ready(0));
}

TEST_F(SlotRingTest, ASlotIsFreeWhenEveryReaderIsDone) {
  SlotRing ring;
  ring.reset(1, 2);
  ring.pass(0);
  ring.pass(1);
  EXPECT_FALSE(ring.ready(0));
  ring.pass(2);
  EXPECT_TRUE(ring.ready(0));
}

TEST_F(SlotRingTest, GenerationsWithoutWorkPassAStageWhenTheStageBeforeHas) {
  SlotRing ring;
  // A load that has work in generation 1 only, the array, a drain that has work in generation 2 only; two slots.
  ring.reset(2, {{0, {0, 1, 0}, 3}, {1, {}, 3}, {2, {0, 0, 1}, 3}});
  EXPECT_TRUE(ring.ready(1));  // the load passed generation 0 by itself
  EXPECT_TRUE(ring.ready(0));  // and may load generation 1
  ring.pass(1);                // the array's generation 0: the drain passes it by itself
  EXPECT_EQ(ring.passed(2), 1);
  EXPECT_FALSE(ring.ready(1));  // generation 1 is not loaded
  ring.pass(0);
  EXPECT_EQ(ring.passed(0), 3);  // generation 2 needs no load, and its slot is free
  ring.pass(1);
  ring.pass(1);
  EXPECT_TRUE(ring.ready(2));
  EXPECT_FALSE(ring.ready(1));  // there is no generation 3
}

TEST_F(SlotRingTest, ASlotThatIsNotFreeHoldsBackGenerationsWithoutLoad) {
  SlotRing ring;
  ring.reset(1, {{0, {0, 0}, 2}, {1, {}, 2}, {2, {1, 1}, 2}});
  ring.pass(1);
  EXPECT_FALSE(ring.ready(1));
  ring.pass(2);
  EXPECT_TRUE(ring.ready(1));
}

TEST_F(SlotRingTest, PassingOutOfTurnIsABug) {
  SlotRing ring;
  ring.reset(1);
  EXPECT_THROW(ring.pass(1), InternalError);
}

}  // namespace
}  // namespace systole
