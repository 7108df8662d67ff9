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
  MemoryFinals result{"m", {{"best", {1}, 100, true}, {"finalist 2", {2}, 110, true}, {"plain", {3}, 200, false}}, {}};
  for (const auto& cycles : simulated) result.results.push_back({cycles, cycles, cycles ? "" : "no tile"});
  return result;
}

TEST(Gains, CompareABaselineWithTheBestOfBothModels) {
  const std::vector<Gain> gains = gains_of(finals({120, 110, 132}));
  ASSERT_EQ(gains.size(), 1U);
  EXPECT_EQ(gains[0].over, "plain");
  EXPECT_DOUBLE_EQ(gains[0].analytical, 2);
  EXPECT_DOUBLE_EQ(*gains[0].simulated, 1.1);
  EXPECT_NEAR(*gains[0].remains(), 0.1, 1e-12);
  EXPECT_DOUBLE_EQ(*gains[0].quickest, 1.2);
}

TEST(Gains, AreUnknownWithoutASimulation) {
  EXPECT_FALSE(gains_of(finals({120, 110, {}}))[0].simulated);
  const Gain of_second = gains_of(finals({{}, 110, 132}))[0];
  EXPECT_FALSE(of_second.simulated);
  EXPECT_FALSE(of_second.remains());
  EXPECT_DOUBLE_EQ(*of_second.quickest, 1.2);
}

std::vector<Contender> pool(const std::vector<std::vector<std::int64_t>>& values) {
  std::vector<Contender> result;
  for (const auto& each : values) result.push_back({"", each, 1, true});
  return result;
}

/// The second is too near in its fields, the third too near in cost, the fourth has no program; then the cheaper first.
TEST(ChooseFinalists, TakesMachinesThatDifferInFieldsAndInCost) {
  const auto machines = pool({{8, 8}, {15, 8}, {16, 8}, {32, 8}, {64, 8}, {8, 64}});
  const std::vector<std::optional<double>> costs{100, 110, 101.9, std::nullopt, 120, 105};
  EXPECT_EQ(choose_finalists(machines, costs, 3), (std::vector<std::size_t>{0, 5, 4}));
  EXPECT_EQ(choose_finalists(machines, costs, 2), (std::vector<std::size_t>{0, 5}));
}

/// Ten that are 2 % apart are not there: as far apart as gives ten.
TEST(ChooseFinalists, ComesNearerInCostWhereMachinesAreAlike) {
  std::vector<std::vector<std::int64_t>> values;
  std::vector<std::optional<double>> costs;
  for (int place = 0; place < 100; ++place) {
    values.push_back({std::int64_t{1} << (place % 40), std::int64_t{1} << (place / 40)});
    costs.emplace_back(1000 + 0.5 * place);
  }
  const std::vector<std::size_t> chosen = choose_finalists(pool(values), costs, 10);
  ASSERT_EQ(chosen.size(), 10U);
  EXPECT_EQ(chosen[1], 10U);  // 0.5 % above the best: 0.6 % gives nine
  EXPECT_EQ(choose_finalists(pool(values), costs, 3), (std::vector<std::size_t>{0, 40, 81}));
}

/// The best by the search stays, and machines that are cheaper by the corrected model come in, too.
TEST(ChooseFinalists, TakesMachinesThatAreCheaperThanTheSearchsBest) {
  EXPECT_EQ(choose_finalists(pool({{8}, {16}, {32}}), {100, 90, 91}, 2), (std::vector<std::size_t>{0, 1}));
}

/// Whatever the pieces, the merged levels are those of all machines together.
TEST(Levels, MergeToTheSameFromAnyPieces) {
  Levels whole;
  std::vector<Levels> parts(3);
  for (std::int64_t i = 1; i < 4000; ++i) {
    const Candidate machine(std::vector<std::int64_t>{i, i * 7919 % 1000}, static_cast<double>(1000 + i * 31 % 997));
    whole.offer(machine);
    parts[static_cast<std::size_t>(i % 3)].offer(machine);
  }
  Levels merged;
  for (const Levels& part : {parts[2], parts[0], parts[1]}) merged.merge(part);
  EXPECT_EQ(merged.all(), whole.all());
  EXPECT_GT(whole.all().size(), 60U);
}

}  // namespace
}  // namespace systole
