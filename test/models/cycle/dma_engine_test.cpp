#include "models/cycle/dma_engine.h"

#include <gtest/gtest.h>

#include "test/models/cycle/block_builder.h"

namespace systole::test {
namespace {

/// A block that only moves data: load stream 0 into IBUF slots, store stream 1 out of them again.
ProgramBlock copy(std::int32_t generations, std::int32_t bytes) {
  ProgramBlock program;
  program.block.tile_loops = {generations};
  program.block.streams[0] = load(isa::Buffer::ibuf, 0, bytes);
  program.block.streams[1] = store(isa::Buffer::ibuf, 0, bytes);
  program.block.streams[1].base = 1 << 20;
  program.block.streams[1].from = 0;
  return program;
}

/// A block that fills slots which nobody empties.
ProgramBlock fill(std::int32_t bytes) {
  ProgramBlock program;
  program.block.streams[0] = load(isa::Buffer::ibuf, isa::kNoLoop, bytes);
  return program;
}

RunCounters run_on(const IdealMemoryParameters& memory_parameters, const MachineParameters& machine,
                   const ProgramBlock& block) {
  fresh_kernel();
  IdealMemory memory("memory", memory_parameters);
  return simulate(machine, memory, program_of({block}));
}

/// A memory that answers 100 cycles after a request: 4 + 4 cycles of interconnect, 92 of its own.
IdealMemoryParameters slow_memory() {
  IdealMemoryParameters memory;
  memory.latency_ns = 92 * 0.8;
  return memory;
}

TEST(DmaEngine, ALoadTakesSetUpAndTheWidthOfThePort) {
  const RunCounters run = run_ideal(small_machine(), program_of({fill(100)}));
  EXPECT_EQ(block_cycles(run), 1 + 8 + 5);  // bursts of 64 and 36 bytes, 8 bytes a cycle
  EXPECT_EQ(run.of(Unit::dma_ibuf).busy.count(), 13);
  EXPECT_EQ(run.of(Unit::dma_ibuf).stalls[Stall::setup].count(), 1);
}

TEST(DmaEngine, BeatsOnChipBeyondTheBusLengthenATransfer) {
  ProgramBlock block = fill(100);
  block.block.streams[0].run.block = 1;  // one element a beat
  const RunCounters run = run_ideal(small_machine(), program_of({block}));
  EXPECT_EQ(block_cycles(run), 1 + 100);
  EXPECT_EQ(run.of(Unit::dma_ibuf).busy.count(), 100);
}

TEST(DmaEngine, PaddingTakesBeatsToo) {
  ProgramBlock block = fill(8);
  isa::WalkDim rows;
  rows.trip = trip(4);
  rows.off_chip_stride = 8;
  rows.padded = true;
  rows.origin = -4;
  rows.extent = 1;
  block.block.streams[0].dims = {rows};  // all four runs lie before the first row
  const RunCounters run = run_ideal(small_machine(), program_of({block}));
  EXPECT_EQ(block_cycles(run), 1 + 4);
  EXPECT_EQ(run.memory.read_bytes, 4);  // the instruction word
}

TEST(DmaEngine, ALatencyIsPaidOnceWhenEnoughBurstsAreOnTheirWay) {
  MachineParameters machine = small_machine();
  const RunCounters run = run_on(slow_memory(), machine, fill(16 * 64));
  EXPECT_EQ(block_cycles(run), 1 + 100 + 16 * 8);
  EXPECT_EQ(run.of(Unit::dma_ibuf).stalls[Stall::memory].count(), 100);
}

TEST(DmaEngine, AtMostTheGivenNumberOfBurstsAreOnTheirWay) {
  MachineParameters machine = small_machine();
  machine.dma[static_cast<std::size_t>(isa::Port::ibuf)].max_outstanding_bursts = 1;
  // Each burst waits until the one before has left the bus.
  EXPECT_EQ(block_cycles(run_on(slow_memory(), machine, fill(4 * 64))), 1 + 4 * (100 + 8));
  machine.dma[static_cast<std::size_t>(isa::Port::ibuf)].max_outstanding_bursts = 2;
  // The third is issued when the first has left the bus; the second arrived one cycle after the first and waited 7 for
  // the bus.
  EXPECT_EQ(block_cycles(run_on(slow_memory(), machine, fill(4 * 64))), 1 + (100 + 8) + (100 + 8) + 8);
}

TEST(DmaEngine, AStoreCrossesTheBusAndThenTheInterconnect) {
  const RunCounters run = run_on(slow_memory(), small_machine(), copy(1, 64));
  EXPECT_EQ(block_cycles(run), (1 + 100 + 8) + (1 + 8 + 100));
}

TEST(DmaEngine, LoadAndStoreShareTheBus) {
  // Three generations of 64 bytes: the second load and the first store meet, and so on.
  const RunCounters run = run_ideal(small_machine(), program_of({copy(3, 64)}));
  EXPECT_EQ(run.of(Unit::dma_ibuf).busy.count(), 3 * 16);
  EXPECT_EQ(block_cycles(run), 1 + 8 + 1 + 16 + 1 + 16 + 1 + 8);
}

TEST(DmaEngine, OneSlotMakesLoadAndStoreTakeTurns) {
  ProgramBlock block = copy(3, 64);
  block.block.streams[0].depth = 1;
  const RunCounters run = run_ideal(small_machine(), program_of({block}));
  EXPECT_EQ(block_cycles(run), 3 * (1 + 8 + 1 + 8));
  EXPECT_EQ(run.of(Unit::dma_ibuf).busy.count(), 3 * 16);
  EXPECT_EQ(run.of(Unit::dma_ibuf).stalls[Stall::setup].count(), 6);
}

TEST(DmaEngine, StreamsOfOnePortAreServedInTheOrderOfTheirNumbers) {
  ProgramBlock block;
  block.block.streams[3] = load(isa::Buffer::wbuf, isa::kNoLoop, 64);
  block.block.streams[5] = load(isa::Buffer::bbuf, isa::kNoLoop, 64);
  const RunCounters run = run_ideal(small_machine(), program_of({block}));
  EXPECT_EQ(block_cycles(run), 2 * (1 + 8));
  EXPECT_EQ(run.of(Unit::dma_parambuf).stalls[Stall::setup].count(), 2);
}

TEST(DmaEngine, WordsOnChipAreCountedAtTheWidthOfTheBuffer) {
  ProgramBlock block;
  block.block.streams[0] = load(isa::Buffer::vmem1, isa::kNoLoop, 64);  // 8 bits off chip, 32 on chip
  const RunCounters run = run_ideal(small_machine(), program_of({block}));
  EXPECT_EQ(run.events.of(Sram::vmem1).writes, 64);
  EXPECT_EQ(run.events.of(Sram::vmem1).write_bytes, 256);
  EXPECT_EQ(block_cycles(run), 1 + 8);
}

}  // namespace
}  // namespace systole::test
