#include "explore/search.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "base/errors.h"

namespace systole {
namespace {

/// A space of 24 x 30 points with one valley, and a part that cannot be costed.
DesignSpace space() {
  std::vector<std::int64_t> values;
  for (std::int64_t v = 1; v <= 30; ++v) values.push_back(v);
  return DesignSpace({{"a", values}, {"b", values}, {"c", values}}, {{"ab", {{0, 1}, {1, 1}}, 0, 0, 40}});
}

std::optional<double> valley(const std::vector<std::int64_t>& v, std::string& reason) {
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
        if (cost) tally.offer({{a, b, c}, *cost});
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
  void SetUp() override { std::filesystem::remove(file_); }
  void TearDown() override { std::filesystem::remove(file_); }
  std::filesystem::path file_ =
      std::filesystem::temp_directory_path() / ("explore" + std::to_string(::getpid()) + ".sqlite");
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
}

}  // namespace
}  // namespace systole
