#include "explore/search.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "base/errors.h"

namespace systole {
namespace {

/// A space of 24 x 30 points with one valley, and a part that cannot be costed.
DesignSpace space() {
  std::vector<std::int64_t> values;
  for (std::int64_t v = 1; v <= 30; ++v) values.push_back(v);
  return DesignSpace({{"a", values}, {"b", values}, {"c", values}}, {{"ab", {{0, 1}, {1, 1}}, 0, 0, 40}});
}

std::optional<Evaluated> valley(const std::vector<std::int64_t>& v, std::string& reason) {
  if (v[2] == 30) {
    reason = "c is too large";
    return std::nullopt;
  }
  const auto square = [](double x) { return x * x; };
  return 100 + square(static_cast<double>(v[0]) - 12) + 2 * square(static_cast<double>(v[1]) - 25) +
         square(static_cast<double>(v[2]) - 7);
}

Tally by_hand(const DesignSpace& design) {
  Tally tally;
  std::string reason;
  for (std::int64_t a = 1; a <= 30; ++a) {
    for (std::int64_t b = 1; b <= 30; ++b) {
      for (std::int64_t c = 1; c <= 30 && a + b <= 40; ++c) {
        const auto cost = valley({a, b, c}, reason);
        if (cost) tally.offer({std::vector<std::int64_t>{a, b, c}, *cost});
        if (cost) ++tally.points;
      }
    }
  }
  EXPECT_EQ(design.axes().size(), 3U);
  return tally;
}

TEST(Search, CostsEveryPointOfASmallSpace) {
  const DesignSpace design = space();
  const Tally expected = by_hand(design);
  for (const int threads : {1, 2, 3}) {
    SearchOptions options;
    options.threads = threads;
    const SearchResult found = search_exhaustively(design, valley, 100000, options);
    EXPECT_TRUE(found.proven);
    EXPECT_EQ(found.tally.points, expected.points);
    EXPECT_EQ(found.tally.best, expected.best);
    EXPECT_EQ(found.tally.worst, expected.worst);
    EXPECT_EQ(found.tally.unevaluable.at("c is too large"), expected.points / 29);
  }
}

TEST(Search, DescentsEndInTheValley) {
  const DesignSpace design = space();
  const SearchResult found = search_locally(design, valley, 3, 1, {});
  EXPECT_FALSE(found.proven);
  EXPECT_EQ(found.tally.best.front().values, (std::vector<std::int64_t>{12, 25, 7}));
  EXPECT_LT(found.tally.points, 3000);
}

TEST(Search, DescentsDoNotDependOnThreads) {
  const DesignSpace design = space();
  SearchOptions three;
  three.threads = 3;
  const SearchResult one = search_locally(design, valley, 7, 5, {});
  const SearchResult other = search_locally(design, valley, 7, 5, three);
  EXPECT_EQ(one.tally.best, other.tally.best);
  EXPECT_EQ(one.tally.points, other.tally.points);
}

class Stored : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  [[nodiscard]] std::filesystem::path part(std::size_t number) const { return folder_ / std::to_string(number); }
  std::filesystem::path folder_ = std::filesystem::temp_directory_path() / ("explore" + std::to_string(::getpid()));
  std::filesystem::path file_ = folder_ / "explore.sqlite";
};

/// A search that fails in the middle goes on where it was, and ends as if nothing had happened.
TEST_F(Stored, ASearchGoesOnWhereItStopped) {
  const DesignSpace design = space();
  const SearchResult whole = search_exhaustively(design, valley, 100000, {});
  int calls = 0;
  const PointCost failing = [&](const std::vector<std::int64_t>& values, std::string& reason) {
    if (++calls > 5000) throw EnvironmentError("the power is off");
    return valley(values, reason);
  };
  ExploreStore store(file_, "a space");
  SearchOptions options;
  options.store = &store;
  EXPECT_THROW(search_exhaustively(design, failing, 100000, options), EnvironmentError);
  const int first = calls;
  calls = -1000000;
  const SearchResult rest = search_exhaustively(design, failing, 100000, options);
  EXPECT_EQ(rest.tally.best, whole.tally.best);
  EXPECT_EQ(rest.tally.points, whole.tally.points);
  EXPECT_EQ(rest.tally.unevaluable, whole.tally.unevaluable);
  const double all = whole.tally.points + whole.tally.unevaluable.at("c is too large");
  EXPECT_LT(calls + 1000000, all - first + 300);
  calls = 5000;
  EXPECT_NO_THROW(search_exhaustively(design, failing, 100000, options));  // nothing is done twice
}

TEST_F(Stored, RefusesResultsOfAnotherSpace) {
  { const ExploreStore store(file_, "a space"); }
  EXPECT_THROW(ExploreStore(file_, "another"), UserError);
  ExploreStore other(part(0), "another");
  EXPECT_THROW(other.absorb(file_), UserError);
  EXPECT_THROW(other.absorb(part(1)), EnvironmentError);
}

/// Shares of a search, each with a file of its own: together they are the whole search, whatever their number and
/// order.
TEST_F(Stored, SharesAddUpToTheWhole) {
  const DesignSpace design = space();
  const SearchResult whole = search_exhaustively(design, valley, 100000, {});
  ExploreStore store(file_, "a space");
  SearchOptions options;
  options.shares = 3;
  for (options.share = 0; options.share < 3; ++options.share) {
    ExploreStore mine(part(options.share), "a space");
    options.store = &mine;
    const SearchResult found = search_exhaustively(design, valley, 100000, options);
    EXPECT_FALSE(found.proven);
    EXPECT_LT(found.tally.points, whole.tally.points / 2);
  }
  for (const std::size_t share : {2, 0, 1}) store.absorb(part(share));
  SearchOptions rest;
  rest.store = &store;
  const PointCost never = [](const std::vector<std::int64_t>&, std::string&) -> std::optional<Evaluated> {
    throw EnvironmentError("done twice");
  };
  const SearchResult merged = search_exhaustively(design, never, 100000, rest);
  EXPECT_TRUE(merged.proven);
  EXPECT_EQ(merged.tally.points, whole.tally.points);
  EXPECT_EQ(merged.tally.best, whole.tally.best);
  EXPECT_EQ(merged.tally.worst, whole.tally.worst);
}

/// What a process leaves that was killed as it began.
TEST_F(Stored, AnEmptyFileHasNothingToGive) {
  ExploreStore store(file_, "a space");
  std::ofstream(part(0)).close();
  EXPECT_NO_THROW(store.absorb(part(0)));
  std::ofstream(part(1)) << "these are not the results of a search, but some text that is long enough to be a header";
  EXPECT_THROW(store.absorb(part(1)), EnvironmentError);
}

/// All costs of a small space, sorted; the lower of two in the middle.
TEST(Search, KnowsTheMedianWhereItCostsEveryPoint) {
  const DesignSpace design = space();
  const SearchResult found = search_exhaustively(design, valley, 100000, {});
  std::vector<double> costs;
  std::string reason;
  for (std::int64_t a = 1; a <= 30; ++a) {
    for (std::int64_t b = 1; b <= 30; ++b) {
      for (std::int64_t c = 1; c < 30 && a + b <= 40; ++c) costs.push_back(valley({a, b, c}, reason)->cost);
    }
  }
  std::sort(costs.begin(), costs.end());
  ASSERT_TRUE(found.distribution);
  EXPECT_FALSE(found.distribution->sampled);
  EXPECT_EQ(found.distribution->median, costs[(costs.size() - 1) / 2]);
  EXPECT_EQ(found.distribution->low, costs.front());
  EXPECT_EQ(found.distribution->high, costs.back());
  double counted = 0;
  for (const double bar : found.distribution->bars) counted += bar;
  EXPECT_EQ(counted, static_cast<double>(costs.size()));
}

TEST(Search, EstimatesTheMedianFromRandomPointsElsewhere) {
  const DesignSpace design = space();
  const double exact = search_exhaustively(design, valley, 100000, {}).distribution->median;
  const SearchResult found = search_locally(design, valley, 2, 1, {});
  ASSERT_TRUE(found.distribution);
  EXPECT_TRUE(found.distribution->sampled);
  EXPECT_GT(found.distribution->points, 400);
  EXPECT_NEAR(found.distribution->median, exact, 0.2 * exact);
  EXPECT_GE(found.distribution->low, found.tally.best.front().cost);
}

/// Two goals that pull `a` in opposite directions: the front is every a, with the best b and c.
std::optional<Evaluated> two_goals(const std::vector<std::int64_t>& v, std::string&) {
  const double rest = static_cast<double>(std::abs(v[1] - 5) + std::abs(v[2] - 9));
  Evaluated result;
  result.goals = {static_cast<double>(v[0]) + rest, static_cast<double>(31 - v[0]) + rest};
  result.cost = result.goals[0] * result.goals[1];
  return result;
}

TEST(Search, FindsTheWholeParetoFrontOfASmallSpace) {
  for (const int threads : {1, 3}) {
    SearchOptions options;
    options.threads = threads;
    const SearchResult found = search_exhaustively(space(), two_goals, 100000, options);
    ASSERT_EQ(found.tally.front.size(), 30U);
    for (std::size_t i = 0; i < 30; ++i) {
      EXPECT_EQ(found.tally.front[i].values, (std::vector<std::int64_t>{static_cast<std::int64_t>(i) + 1, 5, 9}));
    }
  }
}

TEST(Search, DescentsReachBothEndsOfTheFront) {
  const SearchResult found = search_locally(space(), two_goals, 5, 1, {});
  EXPECT_FALSE(found.proven);
  EXPECT_EQ(found.tally.front.front().values, (std::vector<std::int64_t>{1, 5, 9}));
  EXPECT_EQ(found.tally.front.back().values, (std::vector<std::int64_t>{30, 5, 9}));
}

}  // namespace
}  // namespace systole
