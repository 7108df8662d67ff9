#include "models/cycle/array_timing.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "test/models/cycle/block_builder.h"

namespace systole::test {
namespace {

ArrayParameters array_of(int rows, int columns, int latency = 2) {
  ArrayParameters parameters;
  parameters.rows = rows;
  parameters.columns = columns;
  parameters.obuf_accumulate_latency = latency;
  return parameters;
}

isa::ArrayLoop loop(std::int32_t count, std::int32_t obuf_stride) {
  isa::ArrayLoop result;
  result.trip = trip(count);
  result.obuf_stride = obuf_stride;
  return result;
}

ArrayTile tile_of(const ArrayParameters& parameters, const isa::ArrayProgram& program) {
  ArrayTiming timing(parameters);
  timing.start(program);
  return timing.tile(TileWalker({}));
}

TEST(ArrayTiming, ATileTakesItsVectorsAndTheWayThroughTheArray) {
  for (const int rows : {2, 3, 16, 128}) {
    for (const int columns : {2, 5, 64}) {
      isa::ArrayProgram program = array_program(rows, columns, 1, isa::kNoLoop);
      program.loops = {loop(9, 0), loop(7, 7), loop(7, 1)};
      const ArrayTile tile = tile_of(array_of(rows, columns), program);
      EXPECT_EQ(tile.busy, 9 * 7 * 7 + (rows - 1) + (columns - 1));
      EXPECT_EQ(tile.hazard, 0);
      EXPECT_EQ(tile.events.macs, std::int64_t{9} * 7 * 7 * rows * columns);
    }
  }
}

TEST(ArrayTiming, OneOutputWordWaitsForTheAdderAtEveryVectorButTheFirst) {
  isa::ArrayProgram program = array_program(8, 8, 1, isa::kNoLoop);
  program.loops = {loop(10, 0)};
  EXPECT_EQ(tile_of(array_of(8, 8, 2), program).hazard, 9);
  EXPECT_EQ(tile_of(array_of(8, 8, 3), program).hazard, 18);
  EXPECT_EQ(tile_of(array_of(8, 8, 1), program).hazard, 0);
}

TEST(ArrayTiming, ASweepAsLongAsTheLatencyHidesItAndAShorterOneDoesNot) {
  isa::ArrayProgram program = array_program(8, 8, 1, isa::kNoLoop);
  program.loops = {loop(5, 0), loop(4, 1)};
  EXPECT_EQ(tile_of(array_of(8, 8, 4), program).hazard, 0);
  EXPECT_EQ(tile_of(array_of(8, 8, 5), program).hazard, 4 * 1);
}

TEST(ArrayTiming, AnArrayTooSmallToHideTheAdderWaitsForIt) {
  EXPECT_EQ(tile_of(array_of(1, 1, 4), array_program(1, 1, 6, isa::kNoLoop)).busy, 6 + 3);
  EXPECT_EQ(tile_of(array_of(2, 3, 4), array_program(2, 3, 6, isa::kNoLoop)).busy, 6 + 3);
}

TEST(ArrayTiming, InactiveLanesComputeNothing) {
  isa::ArrayProgram program = array_program(8, 8, 1, isa::kNoLoop);
  program.loops = {loop(3, 0), loop(2, 10), loop(10, 1)};
  program.rows = {0, trip(5)};     // 8 + 8 + 5 rows
  program.columns = {1, trip(6)};  // 8 + 6 columns
  const ArrayTile tile = tile_of(array_of(8, 8), program);
  EXPECT_EQ(tile.events.macs, (8 + 8 + 5) * (8 + 6) * 10);
  EXPECT_EQ(tile.events.of(Sram::obuf).writes, 3 * (8 + 6) * 10);
  EXPECT_EQ(tile.events.of(Sram::ibuf).reads, (8 + 8 + 5) * 2 * 10);
}

TEST(ArrayTiming, SumsThatStartReadBiasAndOthersReadThePartialSum) {
  isa::ArrayProgram program = array_program(4, 4, 1, isa::kNoLoop);
  program.loops = {loop(3, 0), loop(10, 1)};
  program.bias = true;
  ArrayTile tile = tile_of(array_of(4, 4), program);
  EXPECT_EQ(tile.events.of(Sram::bbuf).reads, 10 * 4);
  EXPECT_EQ(tile.events.of(Sram::obuf).reads, 2 * 10 * 4);
  EXPECT_EQ(tile.events.psum_adds, 3 * 10 * 4);
  program.start = {isa::Condition::Kind::not_first, 0};  // never: all sums go on from OBUF
  tile = tile_of(array_of(4, 4), program);
  EXPECT_EQ(tile.events.of(Sram::bbuf).reads, 0);
  EXPECT_EQ(tile.events.of(Sram::obuf).reads, 3 * 10 * 4);
}

/// Vector by vector.
std::int64_t stepped_hazards(const isa::ArrayProgram& program, bool starts, int latency) {
  std::vector<std::int32_t> index(program.loops.size(), 0);
  std::map<std::int64_t, std::int64_t> used;
  std::int64_t cycle = 0;
  std::int64_t hazards = 0;
  for (bool more = true; more; ++cycle) {
    std::int64_t word = 0;
    bool first = starts;
    for (std::size_t l = 0; l < index.size(); ++l) {
      word += std::int64_t{program.loops[l].obuf_stride} * index[l];
      first = first && (program.loops[l].obuf_stride != 0 || index[l] == 0);
    }
    const auto last = used.find(word);
    if (!first && last != used.end() && last->second + latency > cycle) {
      hazards += last->second + latency - cycle;
      cycle = last->second + latency;
    }
    used[word] = cycle;
    more = false;
    for (std::size_t l = index.size(); l-- > 0 && !more;) {
      more = ++index[l] < program.loops[l].trip.count;
      if (!more) index[l] = 0;
    }
  }
  return hazards;
}

TEST(ArrayTiming, HazardsEqualThoseCountedVectorByVector) {
  std::mt19937 random(3);
  const auto roll = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); };
  for (int round = 0; round < 5000; ++round) {
    isa::ArrayProgram program = array_program(4, 4, 1, isa::kNoLoop);
    program.loops.clear();
    for (int i = roll(1, 5); i > 0; --i) program.loops.push_back(loop(roll(1, 5), roll(0, 1) * roll(1, 5)));
    const int latency = roll(1, 9);
    const bool starts = roll(0, 1) == 1;
    if (!starts) program.start = {isa::Condition::Kind::not_first, 0};
    ASSERT_EQ(tile_of(array_of(4, 4, latency), program).hazard, stepped_hazards(program, starts, latency))
        << "round " << round;
  }
}

TEST(ArrayTiming, TailsCountInTheTilesThatHaveThem) {
  isa::ArrayProgram program = array_program(4, 4, 10, 0);
  program.loops[0].trip = {10, 3, 0};
  ArrayTiming timing(array_of(4, 4));
  timing.start(program);
  TileWalker tile({2});
  EXPECT_EQ(timing.tile(tile).busy, 10 + 6);
  tile.next();
  EXPECT_EQ(timing.tile(tile).busy, 3 + 6);
}

}  // namespace
}  // namespace systole::test
