#include "models/cycle/trace/instruction_tracer.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "isa/encoder.h"
#include "models/cycle/configure.h"
#include "test/models/cycle/random_program.h"
#include "traces/instructions/trace_reader.h"
#include "traces/instructions/trace_writer.h"

namespace systole::test {
namespace {

constexpr unsigned kRounds = 60;

/// The program as a file would have it.
isa::Program encoded(const MachineProgram& program) {
  isa::Program words;
  words.set_schema(1);
  for (std::size_t b = 0; b < program.blocks.size(); ++b) {
    isa::Block block = program.blocks[b].block;
    block.last = b + 1 == program.blocks.size();
    isa::EncodedBlock& made = *words.add_blocks();
    for (const std::uint32_t word : isa::encode(block)) made.add_words(word);
    made.set_array_layer(program.blocks[b].layers.array);
    for (const int layer : program.blocks[b].layers.nests) made.add_nest_layers(layer);
    for (const int layer : program.blocks[b].layers.streams) made.add_stream_layers(layer);
  }
  for (std::size_t l = 0; l < program.layers; ++l) words.add_layers()->set_index(static_cast<int>(l));
  return words;
}

struct Traced {
  RunCounters counters;
  std::vector<trace::Instruction> instructions;
};

Traced trace_of(const MachineParameters& machine, const isa::Program& words) {
  fresh_kernel();
  const MachineProgram program = load_program(words);
  IdealMemory memory("memory");
  std::ostringstream out;
  trace::TraceWriter writer(out, {});
  InstructionTracer tracer(program, words, machine, writer);
  SimulationOptions options;
  options.watches.resize(1);
  options.watches.front().observer = &tracer;
  Traced traced;
  traced.counters = simulate(machine, memory, program, options);
  writer.close(traced.counters.cycles.count());
  const std::string test = testing::UnitTest::GetInstance()->current_test_info()->name();  // tests run side by side
  const std::filesystem::path path = std::filesystem::path(testing::TempDir()) / (test + ".trace");
  std::ofstream(path, std::ios::binary) << out.str();
  trace::TraceReader reader(path.string());
  for (trace::Instruction next; reader.next(next);) traced.instructions.push_back(next);
  EXPECT_EQ(reader.cycles(), traced.counters.cycles.count());
  std::filesystem::remove(path);
  return traced;
}

MachineParameters machine_of(RandomProgram& dice) {
  MachineParameters machine = random_machine(dice);
  for (DmaParameters& port : machine.dma) port.columns = machine.array.columns;
  return machine;
}

TEST(InstructionTracer, InstructionsAddUpToTheMachinesCounters) {
  for (unsigned seed = 0; seed < kRounds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomProgram dice(seed);
    const isa::Program words = encoded(dice.make());
    const Traced traced = trace_of(machine_of(dice), words);
    std::map<trace::Unit, std::int64_t> count;
    std::int64_t bursts = 0;
    std::int64_t bytes = 0;
    std::int64_t array_cycles = 0;
    std::int64_t stored = 0;
    for (const trace::Instruction& one : traced.instructions) {
      ++count[one.unit()];
      bursts += one.transfer().bursts();
      bytes += one.transfer().bytes();
      if (one.unit() == trace::SYSTOLIC_ARRAY) array_cycles += one.completion() - one.issue();
      if (one.transfer().store() && one.transfer().memory() == trace::OBUF) stored += one.transfer().elements();
    }
    const RunCounters& run = traced.counters;
    EXPECT_EQ(count[trace::SIMD_UNIT], run.events.simd_instructions);
    EXPECT_EQ(bursts, run.bursts);
    EXPECT_EQ(bytes, run.events.port_bytes);
    EXPECT_LE(stored, run.events.of(Sram::obuf).reads);
    const UnitTime& array = run.of(Unit::systolic_array);
    EXPECT_EQ(array_cycles, (array.busy + array.stalls[Stall::obuf_hazard]).count());
    EXPECT_EQ(count[trace::CONTROLLER], run.events.of(Sram::inst).reads - run.events.simd_instructions);
  }
}

TEST(InstructionTracer, TheLastInstructionOfATileEndsWithIt) {
  for (unsigned seed = 0; seed < kRounds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomProgram dice(seed);
    const Traced traced = trace_of(machine_of(dice), encoded(dice.make()));
    std::map<std::pair<int, std::int64_t>, std::pair<std::int64_t, std::int64_t>> tiles;
    for (const trace::Instruction& one : traced.instructions) {
      if (!one.has_simd()) continue;
      const auto [tile, fresh] = tiles.try_emplace({one.block(), one.tile()}, one.issue(), one.completion());
      tile->second.second = std::max(tile->second.second, one.completion());
    }
    std::int64_t cycles = 0;
    for (const auto& [tile, span] : tiles) cycles += span.second - span.first;
    const UnitTime& simd = traced.counters.of(Unit::simd_unit);
    const std::int64_t at_work = (simd.busy + simd.stalls[Stall::hazard] + simd.stalls[Stall::bank_conflict]).count();
    EXPECT_LE(cycles, at_work);  // a conflict of a tile's first instruction comes before its issue
    EXPECT_GE(cycles, at_work - 2 * static_cast<std::int64_t>(tiles.size()));
  }
}

TEST(InstructionTracer, RecordsComeInTheOrderOfCompletion) {
  RandomProgram dice(7);
  const Traced traced = trace_of(machine_of(dice), encoded(dice.make()));
  ASSERT_GT(traced.instructions.size(), 10U);
  for (std::size_t i = 1; i < traced.instructions.size(); ++i) {
    EXPECT_LE(traced.instructions[i - 1].completion(), traced.instructions[i].completion());
    EXPECT_LE(traced.instructions[i].issue(), traced.instructions[i].completion());
  }
}

TEST(InstructionTracer, OperandsAreWhereTheirSlotsAre) {
  MachineParameters machine = small_machine();
  for (DmaParameters& port : machine.dma) port.columns = 4;
  MachineProgram program;
  ProgramBlock block;
  block.block.tile_loops = {3};
  block.block.streams[0] = load(isa::Buffer::vmem1, 0, 16);
  block.block.streams[1] = store(isa::Buffer::vmem2, 0, 8);
  block.block.streams[1].on_chip_base = 40;
  block.block.simd.used = true;
  block.block.simd.iterators[0] = {true, isa::Namespace::vmem1, 0, 1, {2}};
  block.block.simd.iterators[1] = {true, isa::Namespace::vmem2, 1, 0, {1}};
  isa::Nest nest;
  nest.loops = {trip(2)};
  nest.lanes.last = trip(3);
  nest.body = {{isa::SimdOpcode::relu, 1, 0, 0}};
  block.block.simd.nests = {nest};
  const Traced traced = trace_of(machine, encoded(program_of({block})));
  std::vector<std::pair<std::int64_t, std::int64_t>> words;  // read, written
  for (const trace::Instruction& one : traced.instructions) {
    if (!one.has_simd()) continue;
    words.emplace_back(one.simd().source1().word(), one.simd().destination().word());
    EXPECT_EQ(one.simd().lanes(), 3);
    EXPECT_EQ(one.simd().opcode(), trace::RELU);
    EXPECT_FALSE(one.simd().has_source2());
  }
  // Two slots: of 16 elements (4 words) in VMEM1, of 8 (2 words) behind word 10 in VMEM2.
  const std::vector<std::pair<std::int64_t, std::int64_t>> expected = {{1, 10}, {3, 11}, {5, 12},
                                                                       {7, 13}, {1, 10}, {3, 11}};
  EXPECT_EQ(words, expected);
  std::vector<std::int64_t> loads;
  for (const trace::Instruction& one : traced.instructions) {
    if (one.transfer().memory() == trace::VMEM1 && one.has_transfer()) loads.push_back(one.transfer().on_chip());
  }
  EXPECT_EQ(loads, (std::vector<std::int64_t>{0, 16, 0}));
}

}  // namespace
}  // namespace systole::test
