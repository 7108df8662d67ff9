#include "base/units.h"

#include <gtest/gtest.h>

namespace systole {
namespace {

TEST(Units, quantities_add_subtract_and_scale) {
  Cycles total{3};
  total += Cycles{4} * 2;
  EXPECT_EQ(total.count(), 11);
  EXPECT_EQ((total - Cycles{1}).count(), 10);
  EXPECT_LT(Cycles{1}, Cycles{2});
}

TEST(Units, ceil_div_and_round_up_meet_at_multiples) {
  EXPECT_EQ(ceil_div(0, 7), 0);
  EXPECT_EQ(ceil_div(14, 7), 2);
  EXPECT_EQ(ceil_div(15, 7), 3);
  EXPECT_EQ(round_up(15, 7), 21);
}

}  // namespace
}  // namespace systole
