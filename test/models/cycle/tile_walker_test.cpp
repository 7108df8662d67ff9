#include "models/cycle/tile_walker.h"

#include <gtest/gtest.h>

#include "base/errors.h"

namespace systole {
namespace {

using Kind = isa::Condition::Kind;

TEST(TileWalker, VisitsAllTilesWithTheLastLoopFastest) {
  TileWalker tile({2, 3});
  std::vector<std::pair<int, int>> visited;
  do {
    visited.emplace_back(tile.index()[0], tile.index()[1]);
  } while (tile.next());
  const std::vector<std::pair<int, int>> expected{{0, 0}, {0, 1}, {0, 2}, {1, 0}, {1, 1}, {1, 2}};
  EXPECT_EQ(visited, expected);
}

TEST(TileWalker, ABlockWithoutLoopsHasOneTileThatIsEntryAndExit) {
  TileWalker tile({});
  EXPECT_TRUE(tile.enters(isa::kNoLoop));
  EXPECT_TRUE(tile.leaves(isa::kNoLoop));
  EXPECT_FALSE(tile.next());
}

TEST(TileWalker, AGenerationOfAScopeLastsForTheLoopsInside) {
  TileWalker tile({2, 3});
  EXPECT_TRUE(tile.enters(0));
  EXPECT_FALSE(tile.leaves(0));
  tile.next();
  EXPECT_FALSE(tile.enters(0));
  EXPECT_FALSE(tile.enters(isa::kNoLoop));
  EXPECT_TRUE(tile.enters(1));
  EXPECT_TRUE(tile.leaves(1));
  tile.next();
  EXPECT_TRUE(tile.leaves(0));
  EXPECT_FALSE(tile.leaves(isa::kNoLoop));
  tile.next();
  EXPECT_TRUE(tile.enters(0));
}

TEST(TileWalker, ConditionsLookAtAllLoopsOfTheirMask) {
  TileWalker tile({2, 2});
  EXPECT_TRUE(tile.holds({Kind::first, 3}));
  EXPECT_FALSE(tile.holds({Kind::not_first, 3}));
  EXPECT_TRUE(tile.holds({Kind::not_last, 1}));
  tile.next();  // (0, 1)
  EXPECT_TRUE(tile.holds({Kind::first, 1}));
  EXPECT_FALSE(tile.holds({Kind::first, 3}));
  EXPECT_TRUE(tile.holds({Kind::not_first, 3}));
  EXPECT_TRUE(tile.holds({Kind::last, 2}));
  EXPECT_FALSE(tile.holds({Kind::last, 3}));
  EXPECT_TRUE(tile.holds({Kind::always, 3}));
}

TEST(TileWalker, AnEmptyMaskIsFirstAndLast) {
  const TileWalker tile({2});
  EXPECT_TRUE(tile.holds({Kind::first, 0}));
  EXPECT_TRUE(tile.holds({Kind::last, 0}));
  EXPECT_FALSE(tile.holds({Kind::not_first, 0}));
}

TEST(TileWalker, ATripTakesItsTailInTheLastIterationOfItsLoop) {
  TileWalker tile({2, 2});
  isa::Trip trip;
  trip.count = 7;
  trip.tail = 3;
  trip.tail_loop = 1;
  EXPECT_EQ(tile.trip(trip), 7);
  tile.next();
  EXPECT_EQ(tile.trip(trip), 3);
  tile.next();
  EXPECT_EQ(tile.trip(trip), 7);
}

TEST(TileWalker, ALoopWithoutIterationsIsABug) {
  EXPECT_THROW(TileWalker({2, 0}), InternalError);
}

TEST(TileClasses, TilesAreAlikeWhenTheyAgreeInWhatMatters) {
  TileClasses classes;
  isa::Trip trip;
  trip.tail_loop = 1;
  classes.depend_on(trip);
  TileWalker tile({3, 3});
  const std::uint32_t first = classes.of(tile);
  tile.next();
  EXPECT_EQ(classes.of(tile), first);
  tile.next();
  EXPECT_NE(classes.of(tile), first);
  classes.depend_on(isa::Condition{Kind::first, 2});
  tile.next();  // (1, 0)
  const std::uint32_t entry = classes.of(tile);
  tile.next();
  EXPECT_NE(classes.of(tile), entry);
}

}  // namespace
}  // namespace systole
