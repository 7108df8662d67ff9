#include "kernels/plan/memory_plan.h"

#include <gtest/gtest.h>

#include <random>

namespace systole {

namespace {

RegionId add(RegionTable& regions, std::int64_t bytes, Region::Kind kind = Region::Kind::activation) {
  Region region;
  region.bytes = bytes;
  region.kind = kind;
  return regions.add(region);
}

TEST(MemoryPlan, uses_freed_space_again) {
  RegionTable regions;
  const RegionId first = add(regions, 100);
  const RegionId second = add(regions, 100);
  const RegionId third = add(regions, 100);
  const MemoryPlan plan = plan_memory(regions, {{0, 1}, {1, 2}, {2, 3}}, 64);
  EXPECT_EQ(regions.at(first).address, regions.at(third).address);
  EXPECT_NE(regions.at(first).address, regions.at(second).address);
  EXPECT_EQ(plan.activation_bytes, 228);
}

TEST(MemoryPlan, keeps_constants_apart_and_skips_what_never_lives) {
  RegionTable regions;
  add(regions, 70);
  const RegionId constant = add(regions, 10, Region::Kind::constant);
  const RegionId dead = add(regions, 10);
  const MemoryPlan plan = plan_memory(regions, {{0, 0}, {3, 3}, {1, 0}}, 64);
  EXPECT_EQ(regions.at(constant).address, 128);
  EXPECT_EQ(regions.at(dead).address, -1);
  EXPECT_EQ(plan.constant_bytes, 10);
  EXPECT_EQ(plan.end, 192);
}

TEST(MemoryPlan, never_overlaps_what_lives_together) {
  std::mt19937 random(1);
  const auto pick = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); };
  for (int round = 0; round < 50; ++round) {
    RegionTable regions;
    std::vector<Lifetime> lifetimes;
    std::int64_t sum = 0;
    for (int r = 0; r < 40; ++r) {
      add(regions, pick(1, 5000), pick(0, 9) == 0 ? Region::Kind::constant : Region::Kind::activation);
      sum += 64 + regions.at(static_cast<RegionId>(r)).bytes;
      const int first = pick(0, 30);
      lifetimes.push_back({first, first + pick(0, 8)});
    }
    const MemoryPlan plan = plan_memory(regions, lifetimes, 64);
    EXPECT_LE(plan.end, sum);
    for (std::size_t a = 0; a < lifetimes.size(); ++a) {
      const Region& x = regions.at(static_cast<RegionId>(a));
      EXPECT_EQ(x.address % 64, 0);
      EXPECT_LE(x.address + x.bytes, plan.end);
      for (std::size_t b = 0; b < a; ++b) {
        const Region& y = regions.at(static_cast<RegionId>(b));
        const bool apart = x.address + x.bytes <= y.address || y.address + y.bytes <= x.address;
        const bool constant = x.kind == Region::Kind::constant || y.kind == Region::Kind::constant;
        EXPECT_TRUE(apart || !(constant || lifetimes[a].overlaps(lifetimes[b]))) << a << " and " << b;
      }
    }
  }
}

}  // namespace

}  // namespace systole
