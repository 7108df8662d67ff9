#include <gtest/gtest.h>

#include "test/models/cycle/block_builder.h"

namespace systole::test {
namespace {

constexpr std::int64_t kTile = 16 + 3 + 3;      // vectors, rows - 1, columns - 1
constexpr std::int64_t kSimdTile = 16 + 5 + 3;  // instructions, stages - 1, lanes - 1

/// `tiles` tiles of 16 vectors with an ifmap tile each, drained by the SIMD unit that stores the result.
ProgramBlock fused(std::int32_t tiles) {
  ProgramBlock program;
  isa::Block& block = program.block;
  block.tile_loops = {tiles};
  block.streams[0] = load(isa::Buffer::wbuf, isa::kNoLoop, 16);
  block.streams[1] = load(isa::Buffer::ibuf, 0, 64);
  block.streams[2] = store(isa::Buffer::vmem2, 0, 64);
  block.array = array_program(4, 4, 16, 0);
  block.simd.used = true;
  block.simd.reads_obuf = true;
  block.simd.iterators[0].space = isa::Namespace::obuf;
  block.simd.iterators[1].space = isa::Namespace::vmem2;
  block.simd.iterators[1].stream = 2;
  isa::Nest nest;
  nest.loops = {trip(16)};
  nest.lanes.last = trip(4);
  nest.body = {{isa::SimdOpcode::relu, 1, 0, 0}};
  block.simd.nests = {nest};
  program.layers.array = 0;
  program.layers.nests = {1};
  program.layers.streams[0] = program.layers.streams[1] = 0;
  program.layers.streams[2] = 1;
  return program;
}

TEST(Overlap, ArrayAndSimdUnitWorkOnNeighbouringTiles) {
  const RunCounters run = run_ideal(small_machine(), program_of({fused(4)}, 2));
  // Ifmap and first tile, then the slower of the two tile by tile, then the last store.
  EXPECT_EQ(block_cycles(run), 9 + kTile + 4 * kSimdTile + 9);
  EXPECT_EQ(run.of(Unit::simd_unit).stalls[Stall::obuf_wait].count(), 9 + kTile);
  // Tile 1 ends at 53; tile 2 waits until the SIMD unit has drained tile 0 at 55, tile 3 from 77 to 79.
  EXPECT_EQ(run.of(Unit::systolic_array).stalls[Stall::obuf_drain].count(), 2 + 2);
  const std::int64_t first_instruction = 9 + kTile;
  const std::int64_t array_end = 79 + kTile;
  EXPECT_EQ(run.overlap.count(), array_end - first_instruction);
  EXPECT_EQ(run.other.count(), block_cycles(run) - array_end);
  EXPECT_EQ((run.layers[1].end - run.layers[1].start).count(), block_cycles(run));
  EXPECT_EQ(run.layers[1].compute.count(), 4 * kSimdTile);
  EXPECT_EQ(run.layers[1].stalls[Stall::drain].count(), 9);
}

TEST(Overlap, AConditionOnTheDrainLetsOtherGenerationsPass) {
  ProgramBlock block = fused(4);
  block.block.simd.obuf_when = {isa::Condition::Kind::last, 1};
  block.block.simd.nests[0].when = block.block.simd.obuf_when;
  block.block.streams[2].when = block.block.simd.obuf_when;
  const RunCounters run = run_ideal(small_machine(), program_of({block}, 2));
  EXPECT_EQ(block_cycles(run), 9 + 4 * kTile + kSimdTile + 9);
}

/// Two reduction tiles for each of two output tiles, outer loop first: partial sums of 256 bytes go out and come back.
TEST(Overlap, PartialSumsWaitForTheirSlotAndForTheirLoad) {
  ProgramBlock program;
  isa::Block& block = program.block;
  block.tile_loops = {2, 2};
  block.streams[0] = load(isa::Buffer::wbuf, 0, 16);
  block.streams[1] = load(isa::Buffer::ibuf, 1, 64);
  block.streams[2] = load(isa::Buffer::obuf, 1, 64);
  block.streams[2].element_bits = 32;
  block.streams[2].when = {isa::Condition::Kind::not_first, 1};
  block.streams[3] = store(isa::Buffer::obuf, 1, 64);
  block.streams[3].element_bits = 32;
  block.array = array_program(4, 4, 16, 1);
  block.array.start = {isa::Condition::Kind::first, 1};
  const RunCounters run = run_ideal(small_machine(), program_of({program}));
  // Tiles end at 31, 53; the first store at 64. Then the load for tile 2 (done at 121) and the second store (at 129)
  // take the bus burst by burst in turn; tile 2 runs to 143. The load for tile 3 has the bus from 130 to 162, the third
  // store follows it to 194 and the fourth, set up at 194, ends at 227.
  EXPECT_EQ(block_cycles(run), 227);
  const StallCycles& stalls = run.of(Unit::systolic_array).stalls;
  EXPECT_EQ(stalls[Stall::wbuf_load].count(), 3);
  EXPECT_EQ(stalls[Stall::ibuf_load].count(), 6);
  EXPECT_EQ(stalls[Stall::obuf_drain].count(), 64 - 53);
  EXPECT_EQ(stalls[Stall::psum_load].count(), (121 - 64) + (162 - 143));
  EXPECT_EQ(run.of(Unit::dma_obuf).busy.count(), 6 * 32);
}

TEST(Overlap, SingleBufferedVmemExposesEveryTransfer) {
  ProgramBlock program;
  isa::Block& block = program.block;
  block.tile_loops = {3};
  block.streams[0] = load(isa::Buffer::vmem1, 0, 64);
  block.streams[1] = store(isa::Buffer::vmem2, 0, 64);
  block.streams[0].depth = block.streams[1].depth = 1;
  block.simd.used = true;
  block.simd.iterators[0].space = isa::Namespace::vmem1;
  block.simd.iterators[1].space = isa::Namespace::vmem2;
  isa::Nest nest;
  nest.loops = {trip(16)};
  nest.lanes.last = trip(4);
  nest.body = {{isa::SimdOpcode::relu, 1, 0, 0}};
  block.simd.nests = {nest};
  // At the end of a tile its store and the load of the next start together; in the bus the load goes first, and the
  // unit works behind it while the store still moves. The next tile's results wait for the store.
  const RunCounters run = run_ideal(small_machine(), program_of({program}));
  const std::int64_t load = 1 + 8;
  EXPECT_EQ(block_cycles(run), load + kSimdTile + 2 * (load + 8 + kSimdTile) + 9);
  EXPECT_EQ(run.of(Unit::simd_unit).stalls[Stall::vmem_load].count(), 3 * load);
  EXPECT_EQ(run.of(Unit::simd_unit).stalls[Stall::vmem_store].count(), 2 * 8);
}

}  // namespace
}  // namespace systole::test
