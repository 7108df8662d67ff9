#include "models/cycle/machine.h"

#include <gtest/gtest.h>

#include "test/models/cycle/block_builder.h"

namespace systole::test {
namespace {

/// Weights once, `tiles` tiles of 16 vectors each: an ifmap tile in, an ofmap tile out.
ProgramBlock conv(std::int32_t tiles, std::int32_t ifmap_bytes, std::int32_t ofmap_bytes) {
  ProgramBlock program;
  program.block.tile_loops = {tiles};
  program.block.streams[0] = load(isa::Buffer::wbuf, isa::kNoLoop, 16);
  program.block.streams[1] = load(isa::Buffer::ibuf, 0, ifmap_bytes);
  program.block.streams[2] = store(isa::Buffer::obuf, 0, ofmap_bytes);
  program.block.array = array_program(4, 4, 16, 0);
  program.block.last = true;
  return program;
}

constexpr std::int64_t kTile = 16 + 3 + 3;  // vectors, rows - 1, columns - 1
constexpr std::int64_t kSetup = 1;

TEST(Machine, AComputeBoundConvolutionTakesItsTilesAndTheEndsOfThePipeline) {
  const RunCounters run = run_ideal(small_machine(), program_of({conv(5, 64, 64)}));
  // The first ifmap tile (8 cycles of bus) is the slowest of the first loads; the last store follows the last tile.
  EXPECT_EQ(block_cycles(run), kSetup + 8 + 5 * kTile + kSetup + 8);
  EXPECT_EQ(run.of(Unit::systolic_array).busy.count(), 5 * kTile);
  EXPECT_EQ(run.events.macs, 5 * 16 * 16);
}

TEST(Machine, ALoadBoundConvolutionTakesItsLoads) {
  const RunCounters run = run_ideal(small_machine(), program_of({conv(5, 400, 8)}));
  // 400 bytes are 50 cycles; the tile behind the last load and its store are not hidden.
  EXPECT_EQ(block_cycles(run), 5 * (kSetup + 50) + kTile + kSetup + 1);
  EXPECT_EQ(run.of(Unit::systolic_array).stalls[Stall::ibuf_load].count(), 5 * (kSetup + 50) - 4 * kTile - 2 - 1);
  EXPECT_EQ(run.of(Unit::systolic_array).stalls[Stall::wbuf_load].count(), kSetup + 2);
}

TEST(Machine, AStoreBoundConvolutionTakesItsStores) {
  const RunCounters run = run_ideal(small_machine(), program_of({conv(5, 8, 400)}));
  // Weights (2 cycles) and ifmap (1), the first tile, then store after store.
  EXPECT_EQ(block_cycles(run), kSetup + 2 + kTile + 5 * (kSetup + 50));
  // Two slots: tile 2 waits for store 0, tile 3 for store 1, tile 4 for store 2.
  const std::int64_t store = kSetup + 50;
  EXPECT_EQ(run.of(Unit::systolic_array).stalls[Stall::obuf_drain].count(), (store - kTile) + 2 * (store - kTile));
}

TEST(Machine, FetchDecodeAndDispatchComeBeforeTheFirstBlock) {
  ProgramBlock block = conv(1, 8, 8);
  block.words = 100;
  const RunCounters run = run_ideal(small_machine(), program_of({block}));
  // 100 words of 4 bytes over 64 bits a cycle, one word decoded a cycle, one cycle of dispatch.
  EXPECT_EQ(run.blocks.at(0).start.count(), 50 + 100 + 1);
  EXPECT_EQ(run.of(Unit::controller).stalls[Stall::fetch].count(), 50);
  EXPECT_EQ(run.of(Unit::controller).busy.count(), 101);
  EXPECT_EQ(run.cycles.count(), 151 + block_cycles(run));
}

}  // namespace
}  // namespace systole::test
