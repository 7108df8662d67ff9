#include <gtest/gtest.h>

#include "test/values/machine_run.h"
#include "test/values/random_layers.h"

// Random layers on random small machines: values against their definition, bytes against the tensors' sizes.
namespace systole::test {
namespace {

struct Moved {
  std::int64_t read = 0;
  std::int64_t written = 0;
};

Moved moved_by(const MachineRun& run) {
  Moved moved;
  for (const LayerCounters& layer : run.counters.layers) {
    moved.read += layer.dram_read.count();
    moved.written += layer.dram_write.count();
  }
  return moved;
}

/// Partial sums that did not fit on chip went through memory.
bool spills(const isa::Program& program) {
  for (const isa::Region& region : program.regions()) {
    if (region.name().find("(scratch)") != std::string::npos) return true;
  }
  return false;
}

bool is_fused(const isa::Program& program) {
  for (const isa::LayerInfo& layer : program.layers()) {
    if (layer.fused_into() >= 0) return true;
  }
  return false;
}

void expect_bytes(const RandomLayers& layers, const MachineRun& run) {
  const Moved moved = moved_by(run);
  const std::int64_t between = is_fused(run.program) ? 0 : layers.fused_bytes;
  EXPECT_GE(moved.read, layers.read_bytes + between);
  if (layers.exact) {
    EXPECT_EQ(moved.read, layers.read_bytes + between);
  }
  if (spills(run.program)) {
    EXPECT_GT(moved.written, layers.write_bytes + between);
  } else {
    EXPECT_EQ(moved.written, layers.write_bytes + between);
  }
}

config::Machine random_machine(Dice& dice) {
  config::Machine machine = load(dice.roll(0, 1) == 0 ? "tiny_4x4" : "tiny_8x4");
  config::Buffers& buffers = *machine.mutable_buffers();
  buffers.set_wbuf_bits(buffers.wbuf_bits() << dice.roll(0, 2));
  buffers.set_ibuf_bits(buffers.ibuf_bits() << dice.roll(0, 2));
  buffers.set_obuf_bits(buffers.obuf_bits() << dice.roll(0, 2));
  buffers.set_vmem_bits(buffers.vmem_bits() << dice.roll(0, 2));
  buffers.set_vmem_double_buffered(dice.roll(0, 1) == 1);
  if (dice.roll(0, 2) == 0) machine.mutable_simd_unit()->set_number_format(config::fixed32);
  return machine;
}

class RandomLayer : public testing::TestWithParam<RandomLayers (*)(Dice&)> {};

TEST_P(RandomLayer, computes_what_its_definition_says_and_moves_what_it_must) {
  int spilled = 0;
  for (unsigned seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Dice dice(seed);
    RandomLayers layers = GetParam()(dice);
    randomise_weights(layers.graph, seed);
    const NamedElements inputs = random_inputs(layers.graph, seed);
    const NamedElements expected = evaluate(layers.graph, inputs);
    for (const bool fusion : {true, false}) {
      const MachineRun run = run_on_machine(layers.graph, random_machine(dice), inputs, fusion);
      ASSERT_EQ(difference(run.outputs.at("y"), expected.at("y"), 1e-5), "");
      expect_bytes(layers, run);
      spilled += spills(run.program) ? 1 : 0;
    }
  }
  RecordProperty("spilled", spilled);
}

INSTANTIATE_TEST_SUITE_P(Kinds, RandomLayer,
                         testing::Values(random_convolution, random_gemm, random_pool, random_elementwise));

}  // namespace
}  // namespace systole::test
