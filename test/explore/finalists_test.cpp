#include "explore/finalists.h"

#include <gtest/gtest.h>

#include <cmath>

namespace systole {
namespace {

TEST(KendallTau, IsOneForTheSameOrderAndMinusOneForTheOpposite) {
  EXPECT_DOUBLE_EQ(*kendall_tau({1, 2, 3, 4}, {10, 11, 15, 30}), 1);
  EXPECT_DOUBLE_EQ(*kendall_tau({1, 2, 3, 4}, {4, 3, 2, 1}), -1);
}

/// Five of six pairs agree: (5 - 1) / 6.
TEST(KendallTau, CountsPairs) {
  EXPECT_DOUBLE_EQ(*kendall_tau({1, 2, 3, 4}, {1, 3, 2, 4}), 4.0 / 6);
}

/// A pair that one ranking ties counts for neither order: 2 of 3 pairs are told apart in `a`, all of them in `b`.
TEST(KendallTau, TakesTiesOutOfBothSides) {
  EXPECT_NEAR(*kendall_tau({1, 1, 2}, {1, 2, 3}), 2 / std::sqrt(6.0), 1e-15);
  EXPECT_FALSE(kendall_tau({1, 1, 1}, {1, 2, 3}));
  EXPECT_FALSE(kendall_tau({1}, {1}));
}

MemoryFinals finals(const std::vector<std::optional<double>>& simulated) {
  MemoryFinals result;
  result.memory = "m";
  for (const auto& cycles : simulated) result.results.push_back({cycles, cycles, 0, cycles ? "" : "no tile"});
  return result;
}

const std::vector<Contender> kThree = {
    {"best", {1}, 100, true}, {"number 2", {2}, 110, true}, {"plain", {3}, 200, false}};

TEST(Gains, CompareABaselineWithTheBestOfBothModels) {
  const std::vector<Gain> gains = gains_of(kThree, finals({120, 110, 132}));
  ASSERT_EQ(gains.size(), 1U);
  EXPECT_EQ(gains[0].over, "plain");
  EXPECT_DOUBLE_EQ(gains[0].analytical, 2);
  EXPECT_DOUBLE_EQ(*gains[0].simulated, 1.1);
  EXPECT_NEAR(*gains[0].remains(), 0.1, 1e-12);
  EXPECT_DOUBLE_EQ(*gains[0].quickest, 1.2);
}

TEST(Gains, AreUnknownWithoutASimulation) {
  EXPECT_FALSE(gains_of(kThree, finals({120, 110, {}}))[0].simulated);
  const Gain of_second = gains_of(kThree, finals({{}, 110, 132}))[0];
  EXPECT_FALSE(of_second.simulated);
  EXPECT_FALSE(of_second.remains());
  EXPECT_DOUBLE_EQ(*of_second.quickest, 1.2);
}

}  // namespace
}  // namespace systole
