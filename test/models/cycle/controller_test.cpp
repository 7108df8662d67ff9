#include "models/cycle/controller.h"

#include <gtest/gtest.h>

#include "test/models/cycle/block_builder.h"

namespace systole::test {
namespace {

/// Takes 1 + ceil(bytes / 8) cycles.
ProgramBlock fill(std::int32_t bytes, std::int64_t words) {
  ProgramBlock program;
  program.block.streams[0] = load(isa::Buffer::ibuf, isa::kNoLoop, bytes);
  program.words = words;
  return program;
}

/// Takes `count` instructions and the way through the pipeline of 4 lanes.
ProgramBlock simd(std::int32_t count, std::int64_t words, std::int64_t simd_begin) {
  ProgramBlock program;
  program.words = words;
  program.simd_begin = simd_begin;
  program.simd_end = words;
  program.block.simd.used = true;
  isa::Nest nest;
  nest.loops = {trip(count)};
  nest.lanes.last = trip(4);
  nest.body = {{isa::SimdOpcode::move, 0, 1, 1}};
  program.block.simd.iterators[1].space = isa::Namespace::vmem2;
  program.block.simd.nests = {nest};
  return program;
}

TEST(Controller, WordsAreDecodedHalfByHalfAsTheyCome) {
  MachineParameters machine = small_machine();
  machine.controller.half_words = 16;
  const RunCounters run = run_ideal(machine, program_of({fill(8, 40)}));
  // A half of 64 bytes comes in 8 cycles and is decoded in 16; the next one comes meanwhile.
  EXPECT_EQ(run.blocks[0].start.count(), 8 + 40 + 1);
  EXPECT_EQ(run.of(Unit::dma_instruction).stalls[Stall::slot].count(), 8);  // the third half waits for the first
}

TEST(Controller, AHalfIsFreeOnlyWhenItsLastWordIsDecoded) {
  MachineParameters machine = small_machine();
  machine.controller.half_words = 16;
  machine.controller.decode_words_per_cycle = 64;
  // A half is decoded in a cycle, so fetching is the limit: 3 halves of 8 cycles, then the last is decoded.
  EXPECT_EQ(run_ideal(machine, program_of({fill(8, 48)})).blocks[0].start.count(), 24 + 1 + 1);
}

TEST(Controller, WithoutFetchingBlocksFollowOneAnotherAtOnce) {
  MachineParameters machine = small_machine();
  machine.controller.fetches = false;
  machine.controller.dispatch_cycles = 0;
  const RunCounters run = run_ideal(machine, program_of({fill(8, 40), simd(8, 50, 20), fill(8, 50)}));
  EXPECT_EQ(run.blocks[0].start.count(), 0);
  EXPECT_EQ(run.blocks[1].start, run.blocks[0].end);
  EXPECT_EQ(run.blocks[2].start, run.blocks[1].end);
  EXPECT_EQ(run.memory.read_bytes, 16);  // no instruction among them
}

TEST(Controller, TheNextBlockIsDecodedWhileOneRuns) {
  const RunCounters run = run_ideal(small_machine(), program_of({fill(800, 10), fill(8, 50)}));
  EXPECT_EQ(run.blocks[1].start.count(), run.blocks[0].end.count() + 1);
}

TEST(Controller, ADispatchWaitsForTheWordsWhenTheyAreLate) {
  const RunCounters run = run_ideal(small_machine(), program_of({fill(8, 10), fill(8, 50)}));
  EXPECT_EQ(run.blocks[1].start.count(), run.blocks[0].start.count() + 50 + 1);
}

TEST(Controller, TheBlockAfterNextWaitsForTheShadowRegisters) {
  const RunCounters run = run_ideal(small_machine(), program_of({fill(800, 10), fill(8, 10), fill(8, 30)}));
  // Block 2 is decoded only from the start of block 1, long after its words have come.
  EXPECT_EQ(run.blocks[2].start.count(), run.blocks[1].start.count() + 30 + 1);
}

TEST(Controller, SimdWordsWaitForTheSimdUnit) {
  const RunCounters run = run_ideal(small_machine(), program_of({simd(200, 10, 5), simd(8, 30, 20)}));
  // 10 words before the group decode while block 0 runs; 10 in the group only after it.
  EXPECT_EQ(run.blocks[1].start.count(), run.blocks[0].end.count() + 10 + 1);
  EXPECT_EQ(run.of(Unit::controller).stalls[Stall::simd_memory].count(), 200 + 5 + 3 - 20);
}

TEST(Controller, ABlockStartsWhenAllUnitsHaveFinishedTheOneBefore) {
  ProgramBlock first = fill(80, 1);
  first.block.streams[1] = load(isa::Buffer::wbuf, isa::kNoLoop, 8);
  MachineParameters machine = small_machine();
  machine.controller.dispatch_cycles = 7;
  const RunCounters run = run_ideal(machine, program_of({first, fill(8, 1)}));
  EXPECT_EQ(block_cycles(run), 1 + 10);
  EXPECT_EQ(run.blocks[1].start.count(), run.blocks[0].end.count() + 7);
}

}  // namespace
}  // namespace systole::test
