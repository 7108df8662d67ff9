#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "isa/encoder.h"
#include "models/cycle/configure.h"
#include "models/cycle/ideal_memory.h"
#include "models/cycle/values/program_values.h"
#include "test/models/cycle/fresh_kernel.h"

// Operands of 4, 8 and 16 bits, packed as bytes in memory, through loads, array, SIMD unit and stores: equal to plain
// loops bit for bit. Two rows and two columns; two vectors of inputs.
namespace systole::test {
namespace {

using isa::Buffer;
using isa::Direction;

constexpr int kVectors = 6;
constexpr std::int64_t kWeights = 64;
constexpr std::int64_t kOutputs = 128;

struct Widths {
  int weight, activation, output;
};

/// Elements of `bits` bits, the first in the lowest bits of the first byte.
std::string packed(const std::vector<std::int32_t>& values, int bits) {
  std::string bytes((values.size() * static_cast<std::size_t>(bits) + 7) / 8, '\0');
  for (std::size_t i = 0; i < values.size(); ++i) {
    for (int bit = 0; bit < bits; ++bit) {
      if ((static_cast<std::uint32_t>(values[i]) >> bit & 1U) == 0) continue;
      const std::size_t place = i * static_cast<std::size_t>(bits) + static_cast<std::size_t>(bit);
      bytes[place / 8] = static_cast<char>(static_cast<unsigned char>(bytes[place / 8]) | 1U << place % 8);
    }
  }
  return bytes;
}

isa::Stream stream(Direction direction, Buffer buffer, int bits, std::int64_t base, int elements) {
  isa::Stream made;
  made.used = true;
  made.direction = direction;
  made.buffer = buffer;
  made.element_bits = static_cast<std::uint8_t>(bits);
  made.base = base;
  made.run.elements.count = elements;
  return made;
}

isa::Iterator iterator(isa::Namespace space, std::int8_t number) {
  isa::Iterator made;
  made.used = true;
  made.space = space;
  made.stream = number;
  made.stride[0] = 1;
  return made;
}

/// inputs {vectors, 2} times weights {2, 2}, moved by the SIMD unit to VMEM2 and stored in `output` bits.
isa::Program product(const Widths& widths, const std::vector<std::int32_t>& inputs,
                     const std::vector<std::int32_t>& weights) {
  isa::Block block;
  block.streams[0] = stream(Direction::load, Buffer::ibuf, widths.activation, 0, 2 * kVectors);
  block.streams[1] = stream(Direction::load, Buffer::wbuf, widths.weight, kWeights, 4);
  block.streams[2] = stream(Direction::store, Buffer::vmem2, widths.output, kOutputs, 2 * kVectors);
  block.array.used = true;
  block.array.output_depth = 1;
  block.array.loops = {{{kVectors, kVectors, isa::kNoLoop}, 1, 0, 1, 0}};
  block.array.rows.last.count = block.array.columns.last.count = 2;
  block.simd.used = block.simd.reads_obuf = true;
  block.simd.iterators[0] = iterator(isa::Namespace::obuf, isa::kNoStream);
  block.simd.iterators[1] = iterator(isa::Namespace::vmem2, 2);
  isa::Nest nest;
  nest.loops = {{kVectors, kVectors, isa::kNoLoop}};
  nest.lanes.last.count = 2;
  nest.body = {{isa::SimdOpcode::move, 1, 0, 0}};
  block.simd.nests = {nest};
  block.last = true;

  isa::Program program;
  isa::Target& target = *program.mutable_target();
  target.set_rows(2);
  target.set_columns(2);
  target.set_weight_bits(widths.weight);
  target.set_activation_bits(widths.activation);
  target.set_bias_bits(32);
  target.set_accumulator_bits(32);
  for (const auto set :
       {&isa::Target::set_wbuf_half_elements, &isa::Target::set_ibuf_half_elements,
        &isa::Target::set_bbuf_half_elements, &isa::Target::set_obuf_half_words, &isa::Target::set_vmem_words}) {
    (target.*set)(2 * kVectors);
  }
  program.set_numbers(isa::Program::integers);
  const auto region = [&](std::int64_t address, int bits, std::int64_t elements, const std::string& data) {
    isa::Region& made = *program.add_regions();
    made.set_address(address);
    made.set_element_bits(bits);
    made.set_bytes((elements * bits + 7) / 8);
    made.set_data(data);
  };
  region(0, widths.activation, 2 * kVectors, packed(inputs, widths.activation));
  region(kWeights, widths.weight, 4, packed(weights, widths.weight));
  region(kOutputs, widths.output, 2 * kVectors, "");
  region(1024, 32, 256, "");
  program.mutable_regions(3)->set_kind(isa::Region::instruction);
  program.add_layers()->set_name("product");
  isa::EncodedBlock& encoded = *program.add_blocks();
  for (const std::uint32_t word : isa::encode(block)) encoded.add_words(word);
  for (int s = 0; s < 3; ++s) {
    encoded.add_stream_layers(0);
    encoded.add_stream_regions(s);
  }
  encoded.add_nest_layers(0);
  return program;
}

std::vector<double> run(const isa::Program& program) {
  const std::unique_ptr<ProgramValues> values = make_program_values(program);
  fresh_kernel();
  IdealMemory memory("memory", IdealMemoryParameters{});
  MachineParameters machine;
  machine.array.rows = machine.array.columns = machine.simd.lanes = 2;
  SimulationOptions options;
  options.values = values.get();
  simulate(machine, memory, load_program(program), options);
  isa::Tensor outputs;
  outputs.set_region(2);
  outputs.add_shape(2 * kVectors);
  outputs.add_bit_strides(program.regions(2).element_bits());
  return values->read(outputs);
}

class NarrowOperands : public testing::TestWithParam<Widths> {};

TEST_P(NarrowOperands, give_what_plain_loops_give) {
  const Widths widths = GetParam();
  std::mt19937 random(7);
  const auto draw = [&](std::size_t count, int bits) {
    std::vector<std::int32_t> values(count);
    for (std::int32_t& value : values) {
      value = static_cast<std::int32_t>(random() % (1U << bits)) - (1 << (bits - 1));
    }
    return values;
  };
  const std::vector<std::int32_t> inputs = draw(2 * kVectors, widths.activation);
  const std::vector<std::int32_t> weights = draw(4, widths.weight);
  std::vector<double> expected;
  const std::int64_t limit = std::int64_t{1} << (widths.output - 1);
  for (std::size_t v = 0; v < kVectors; ++v) {
    for (std::size_t c = 0; c < 2; ++c) {
      std::int64_t sum = 0;
      for (std::size_t r = 0; r < 2; ++r) sum += std::int64_t{inputs[2 * v + r]} * weights[2 * r + c];
      expected.push_back(static_cast<double>(std::clamp(sum, -limit, limit - 1)));
    }
  }
  EXPECT_EQ(run(product(widths, inputs, weights)), expected);
}

INSTANTIATE_TEST_SUITE_P(Widths, NarrowOperands,
                         testing::Values(Widths{4, 4, 4}, Widths{4, 4, 8}, Widths{4, 8, 32}, Widths{8, 8, 8},
                                         Widths{8, 8, 16}, Widths{8, 4, 32}, Widths{16, 16, 8}, Widths{16, 16, 16},
                                         Widths{16, 8, 32}));

}  // namespace
}  // namespace systole::test
