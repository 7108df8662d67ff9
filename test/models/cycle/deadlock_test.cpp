#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/models/cycle/block_builder.h"

namespace systole::test {
namespace {

/// Weights in two generations, but the array gives the only slot back after the second.
MachineProgram impossible() {
  ProgramBlock block;
  block.block.tile_loops = {2};
  block.block.streams[0] = load(isa::Buffer::wbuf, 0, 16);
  block.block.streams[0].depth = 1;
  block.block.streams[1] = load(isa::Buffer::ibuf, 0, 16);
  block.block.streams[1].depth = 1;
  block.block.streams[2] = store(isa::Buffer::ibuf, 0, 16);  // nobody fills its slots
  block.block.array = array_program(4, 4, 4, isa::kNoLoop);
  return program_of({block});
}

std::string report_of(const MachineProgram& program, Memory& memory) {
  try {
    simulate(small_machine(), memory, program);
  } catch (const Deadlock& deadlock) {
    return deadlock.what();
  }
  return "no deadlock";
}

TEST(Deadlock, TheReportSaysWhatEachUnitDoesAndWaitsFor) {
  fresh_kernel();
  IdealMemory memory("memory");
  const std::string report = report_of(impossible(), memory);
  EXPECT_THAT(report, testing::HasSubstr("deadlock: no unit can go on"));
  EXPECT_THAT(report, testing::HasSubstr("controller: units since cycle 3, 1 of 1 blocks started"));
  EXPECT_THAT(report, testing::HasSubstr("systolic_array: idle since cycle 29, 2 tiles done"));
  EXPECT_THAT(report, testing::HasSubstr("dma_ibuf store: waits for a slot, stream 2"));
  EXPECT_THAT(report, testing::HasSubstr("slots of stream 2: depth 2, passed 0 0"));
}

/// A memory whose clock never stops, as refresh does.
class Restless : public IdealMemory {
 public:
  SC_HAS_PROCESS(Restless);
  Restless() : IdealMemory("memory") { SC_METHOD(tick); }

 private:
  void tick() { next_trigger(sc_core::sc_time(1, sc_core::SC_US)); }
};

TEST(Deadlock, AMemoryThatRefreshesOnDoesNotHideIt) {
  fresh_kernel();
  Restless memory;
  EXPECT_THAT(report_of(impossible(), memory), testing::HasSubstr("dma_ibuf store: waits for a slot"));
}

TEST(Deadlock, LongWorkOfOneUnitIsNotADeadlock) {
  ProgramBlock block;
  block.block.array = array_program(4, 4, 10'000'000, isa::kNoLoop);
  fresh_kernel();
  Restless restless;
  const RunCounters run = simulate(small_machine(), restless, program_of({block}));
  EXPECT_EQ(block_cycles(run), 10'000'000 + 6);
  EXPECT_EQ(run_ideal(small_machine(), program_of({block})).cycles, run.cycles);  // nothing else happens meanwhile
}

TEST(Machine, StopsWhenAskedTo) {
  ProgramBlock block;
  block.block.tile_loops = {1000};
  block.block.array = array_program(4, 4, 100'000, isa::kNoLoop);
  std::atomic<bool> stop{false};
  SimulationOptions options;
  options.stop = &stop;
  options.progress = [&](const Progress& progress) { stop = progress.cycle > Cycles{1'000'000}; };
  fresh_kernel();
  IdealMemory memory("memory");
  EXPECT_THROW(simulate(small_machine(), memory, program_of({block}), options), Interrupted);
}

TEST(Machine, AnExceptionInAProcessComesOutAsItWas) {
  ProgramBlock block;
  block.block.streams[0] = load(isa::Buffer::ibuf, isa::kNoLoop, 64);
  block.block.streams[0].base = std::int64_t{1} << 50;
  fresh_kernel();
  IdealMemory memory("memory");
  try {
    simulate(small_machine(), memory, program_of({block}));
    FAIL() << "an access beyond the memory went through";
  } catch (const InternalError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("beyond"));
  }
}

}  // namespace
}  // namespace systole::test
