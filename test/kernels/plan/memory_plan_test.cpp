#include "kernels/plan/memory_plan.h"

#include <gtest/gtest.h>

#include <random>

namespace systole {

namespace {

using Kind = Region::Kind;

TEST(MemoryPlan, uses_freed_space_again) {
  std::vector<PlannedRegion> regions{
      {Kind::activation, 100, {0, 1}}, {Kind::activation, 100, {1, 2}}, {Kind::activation, 100, {2, 3}}};
  const MemoryPlan plan = plan_memory(regions, 4);
  EXPECT_EQ(regions[0].address, regions[2].address);
  EXPECT_NE(regions[0].address, regions[1].address);
  EXPECT_EQ(plan.activation_bytes, 228);
}

TEST(MemoryPlan, keeps_constants_apart_and_skips_what_never_lives) {
  std::vector<PlannedRegion> regions{
      {Kind::activation, 70, {0, 0}}, {Kind::constant, 10, {3, 3}}, {Kind::activation, 10, {}}};
  const MemoryPlan plan = plan_memory(regions, 4);
  EXPECT_EQ(regions[1].address, 128);
  EXPECT_EQ(regions[2].address, -1);
  EXPECT_EQ(plan.constant_bytes, 10);
  EXPECT_EQ(plan.end, 192);
}

TEST(MemoryPlan, keeps_an_input_from_the_start_and_an_output_to_the_end) {
  std::vector<PlannedRegion> regions{{Kind::input, 64, {2, 2}},
                                     {Kind::activation, 64, {0, 1}},
                                     {Kind::activation, 64, {3, 3}},
                                     {Kind::output, 64, {2, 2}}};
  plan_memory(regions, 4);
  EXPECT_NE(regions[0].address, regions[1].address);
  EXPECT_NE(regions[2].address, regions[3].address);
}

TEST(MemoryPlan, never_overlaps_what_lives_together) {
  std::mt19937 random(1);
  const auto pick = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); };
  for (int round = 0; round < 50; ++round) {
    std::vector<PlannedRegion> regions;
    std::int64_t sum = 0;
    for (int r = 0; r < 40; ++r) {
      const int first = pick(0, 30);
      const Kind kind = pick(0, 9) == 0 ? Kind::constant : Kind::activation;
      regions.push_back({kind, pick(1, 5000), {first, first + pick(0, 8)}});
      sum += 64 + regions.back().bytes;
    }
    const MemoryPlan plan = plan_memory(regions, 39);
    EXPECT_LE(plan.end, sum);
    for (std::size_t a = 0; a < regions.size(); ++a) {
      const PlannedRegion& x = regions[a];
      EXPECT_EQ(x.address % 64, 0);
      EXPECT_LE(x.address + x.bytes, plan.end);
      for (std::size_t b = 0; b < a; ++b) {
        const PlannedRegion& y = regions[b];
        const bool apart = x.address + x.bytes <= y.address || y.address + y.bytes <= x.address;
        const bool constant = x.kind == Kind::constant || y.kind == Kind::constant;
        EXPECT_TRUE(apart || !(constant || x.used.overlaps(y.used))) << a << " and " << b;
      }
    }
  }
}

}  // namespace

}  // namespace systole
