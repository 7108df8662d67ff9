#include "models/cycle/configure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "configs/machine.h"
#include "isa/encoder.h"
#include "test/models/cycle/random_program.h"

namespace systole::test {
namespace {

config::Machine machine_of(const std::string& memory) {
  Diagnostics diagnostics;
  MachineRequest request;
  request.hardware = "inference_16x16";
  request.memory = memory;
  const Loaded<config::Machine> loaded = load_machine(request, diagnostics);
  diagnostics.throw_if_any();
  return loaded.message;
}

isa::Program program_file(const std::vector<ProgramBlock>& blocks) {
  isa::Program program;
  isa::Region* const region = program.add_regions();
  region->set_kind(isa::Region::instruction);
  region->set_address(1 << 20);
  for (const ProgramBlock& block : blocks) {
    isa::EncodedBlock* const encoded = program.add_blocks();
    for (const std::uint32_t word : isa::encode(block.block)) encoded->add_words(word);
    encoded->set_array_layer(block.layers.array);
    for (const int layer : block.layers.nests) encoded->add_nest_layers(layer);
    for (const int layer : block.layers.streams) encoded->add_stream_layers(layer);
  }
  for (std::size_t i = 0; i < 2 * blocks.size(); ++i) program.add_layers()->set_index(static_cast<int>(i));
  return program;
}

TEST(Configure, ParametersComeFromTheMachinesConfiguration) {
  const MachineParameters parameters = machine_parameters(machine_of("ideal"));
  EXPECT_EQ(parameters.clock_period_ps, 800);
  EXPECT_EQ(parameters.array.rows, 16);
  EXPECT_EQ(parameters.simd.lanes, 16);
  EXPECT_EQ(parameters.simd.divide_latency, 9);
  EXPECT_EQ(parameters.dma[static_cast<std::size_t>(isa::Port::parambuf)].width_bits, 128);
  EXPECT_EQ(parameters.dma[static_cast<std::size_t>(isa::Port::simd)].width_bits, 256);
  EXPECT_EQ(parameters.dma[static_cast<std::size_t>(isa::Port::simd)].setup_cycles, 1);
  EXPECT_EQ(parameters.dma[static_cast<std::size_t>(isa::Port::instruction)].setup_cycles, 0);
  EXPECT_EQ(parameters.controller.half_words, 128);
}

TEST(Configure, TheShippedIdealMemoryHasNeitherLatencyNorLimit) {
  fresh_kernel();
  EXPECT_TRUE(make_memory(machine_of("ideal").memory_description())->answers_at_once());
}

TEST(Configure, AProgramFileRunsLikeTheBlocksThatItEncodes) {
  RandomProgram dice(5);
  MachineProgram made = dice.make();
  for (ProgramBlock& block : made.blocks) {
    block.block.last = &block == &made.blocks.back();
    for (isa::Stream& stream : block.block.streams) stream.base += 4096;
  }
  const MachineProgram loaded = load_program(program_file(made.blocks));
  ASSERT_EQ(loaded.blocks.size(), made.blocks.size());
  EXPECT_EQ(loaded.address, 1 << 20);
  for (std::size_t b = 0; b < made.blocks.size(); ++b) {
    made.blocks[b].words = loaded.blocks[b].words;
    made.blocks[b].simd_begin = loaded.blocks[b].simd_begin;
    made.blocks[b].simd_end = loaded.blocks[b].simd_end;
    EXPECT_EQ(loaded.blocks[b].words, static_cast<std::int64_t>(isa::encode(made.blocks[b].block).size()));
  }
  made.address = loaded.address;
  EXPECT_EQ(run_ideal(small_machine(), loaded).cycles, run_ideal(small_machine(), made).cycles);
}

TEST(Configure, WordsThatAreNoInstructionsAreTheUsersFault) {
  isa::Program program = program_file({ProgramBlock{}});
  program.mutable_blocks(0)->set_words(0, 0xff000000);
  EXPECT_THROW(load_program(program), UserError);
}

/// The same program on every memory: bytes agree, and a slower memory takes longer.
TEST(Configure, RandomProgramsRunOnDram) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomProgram dice(seed);
    const MachineProgram program = dice.make();
    const auto run_with = [&](const std::string& memory) {
      fresh_kernel();
      const std::unique_ptr<Memory> device = make_memory(machine_of(memory).memory_description());
      return simulate(small_machine(), *device, program);
    };
    const RunCounters ideal = run_with("ideal");
    for (const char* const memory : {"ddr4_2400", "hbm2", "lpddr5_6400"}) {
      const RunCounters dram = run_with(memory);
      ASSERT_GT(dram.cycles, ideal.cycles) << memory;
      ASSERT_EQ(dram.events.port_bytes, ideal.events.port_bytes) << memory;
      ASSERT_GE(dram.memory.read_bytes, ideal.memory.read_bytes) << memory;
      ASSERT_GE(dram.memory.write_bytes, ideal.memory.write_bytes) << memory;
      ASSERT_EQ(dram.of(Unit::systolic_array).busy, ideal.of(Unit::systolic_array).busy) << memory;
      ASSERT_EQ(dram.of(Unit::simd_unit).busy, ideal.of(Unit::simd_unit).busy) << memory;
    }
  }
}

}  // namespace
}  // namespace systole::test
