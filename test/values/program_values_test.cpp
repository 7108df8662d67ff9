#include "models/cycle/values/program_values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <sstream>

#include "isa/encoder.h"
#include "models/cycle/configure.h"
#include "models/cycle/ideal_memory.h"
#include "models/cycle/machine.h"
#include "test/models/cycle/fresh_kernel.h"

// Programs of a few instructions on two rows and two columns: results computed by hand, and what a program must not do.
namespace systole::test {
namespace {

using isa::Buffer;
using isa::Direction;

constexpr std::int64_t kInputs = 0;
constexpr std::int64_t kWeights = 64;
constexpr std::int64_t kOutputs = 128;

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

/// One vector of two int8 inputs times a 2x2 matrix of int8 weights, stored with `output_bits`.
class SmallProduct {
 public:
  explicit SmallProduct(int output_bits) {
    block.streams[0] = stream(Direction::load, Buffer::ibuf, 8, kInputs, 2);
    block.streams[1] = stream(Direction::load, Buffer::wbuf, 8, kWeights, 4);
    block.streams[2] = stream(Direction::store, Buffer::obuf, output_bits, kOutputs, 2);
    block.array.used = true;
    block.array.output_depth = 1;
    block.array.rows.last.count = 2;
    block.array.columns.last.count = 2;
    block.last = true;
    isa::Target& target = *program.mutable_target();
    target.set_rows(2);
    target.set_columns(2);
    target.set_weight_bits(8);
    target.set_activation_bits(8);
    target.set_bias_bits(32);
    target.set_accumulator_bits(32);
    for (const auto set :
         {&isa::Target::set_wbuf_half_elements, &isa::Target::set_ibuf_half_elements,
          &isa::Target::set_bbuf_half_elements, &isa::Target::set_obuf_half_words, &isa::Target::set_vmem_words}) {
      (target.*set)(8);
    }
    add_region("x", kInputs, 8, 2);
    add_region("w", kWeights, 8, 4);
    add_region("y", kOutputs, output_bits, 2);
    add_region("code", 1024, 32, 256)->set_kind(isa::Region::instruction);
    program.set_numbers(isa::Program::integers);
    program.add_layers()->set_name("product");
  }

  isa::Region* add_region(const std::string& name, std::int64_t address, int bits, std::int64_t elements) {
    isa::Region* const region = program.add_regions();
    region->set_name(name);
    region->set_address(address);
    region->set_element_bits(bits);
    region->set_bytes(elements * bits / 8);
    return region;
  }

  /// Everything, or all but the weights.
  std::vector<double> run(std::vector<double> inputs, std::vector<double> weights) {
    isa::EncodedBlock& encoded = *program.add_blocks();
    for (const std::uint32_t word : isa::encode(block)) encoded.add_words(word);
    for (const int region : stream_regions) {
      encoded.add_stream_layers(0);
      encoded.add_stream_regions(region);
    }
    const std::unique_ptr<ProgramValues> values = make_program_values(program);
    values->write(place(0, 2), inputs);
    if (!weights.empty()) values->write(place(1, 4), weights);
    fresh_kernel();
    IdealMemory memory("memory", IdealMemoryParameters{});
    MachineParameters machine;
    machine.array.rows = machine.array.columns = machine.simd.lanes = 2;
    SimulationOptions options;
    options.values = values.get();
    simulate(machine, memory, load_program(program), options);
    for (const LayerOverflows& layer : values->overflows()) overflows += layer.sums;
    return values->read(place(2, 2));
  }

  isa::Block block;
  isa::Program program;
  std::vector<int> stream_regions{0, 1, 2};
  std::int64_t overflows = 0;

 private:
  [[nodiscard]] isa::Tensor place(int region, std::int64_t elements) const {
    isa::Tensor tensor;
    tensor.set_name(program.regions(region).name());
    tensor.set_region(region);
    tensor.add_shape(elements);
    tensor.add_bit_strides(program.regions(region).element_bits());
    return tensor;
  }
};

std::string fault_of(SmallProduct& product, const std::vector<double>& weights) {
  try {
    product.run({1, 2}, weights);
  } catch (const RunFailure& fault) {
    return fault.what();
  }
  return "";
}

TEST(ProgramValues, IntegersAreExact) {
  EXPECT_EQ(SmallProduct(32).run({3, -5}, {7, 11, 13, -2}), (std::vector<double>{3 * 7 - 5 * 13, 3 * 11 + 5 * 2}));
}

TEST(ProgramValues, NarrowStoresSaturate) {
  EXPECT_EQ(SmallProduct(8).run({127, 127}, {127, -128, 127, -128}), (std::vector<double>{127, -128}));
}

TEST(ProgramValues, ReadingWhatWasNeverWrittenNamesThePlace) {
  SmallProduct product(32);
  // The program begins at 0x400; stream 0 takes two words, LD_ST and RUN.
  EXPECT_THAT(fault_of(product, {}), testing::HasSubstr("instruction at 0x408: block 0, load stream 1 (layer "
                                                        "'product') reads element 0 of region 'w', which was never "
                                                        "written"));
}

TEST(ProgramValues, ReadingABufferThatWasNeverWrittenNamesTheInstruction) {
  SmallProduct product(32);
  isa::SimdProgram& simd = product.block.simd;
  simd.used = true;
  for (std::size_t i = 0; i < 2; ++i) {
    simd.iterators[i].used = true;
    simd.iterators[i].space = i == 0 ? isa::Namespace::vmem1 : isa::Namespace::vmem2;
  }
  isa::Nest nest;
  nest.lanes.last.count = 2;
  nest.body = {{isa::SimdOpcode::move, 1, 0, 0}};
  simd.nests = {nest};
  // The last words are the instruction, the end of the group and BLOCK_END.
  const auto address = 0x400 + 4 * (isa::encode(product.block).size() - 3);
  std::ostringstream place;
  place << "instruction at 0x" << std::hex << address << ": block 0, nest 0";
  const std::string fault = fault_of(product, {1, 2, 3, 4});
  EXPECT_THAT(fault, testing::HasSubstr(place.str()));
  EXPECT_THAT(fault, testing::HasSubstr("reads element 0 of VMEM1, which was never written"));
}

TEST(ProgramValues, LeavingATensorNamesThePlace) {
  SmallProduct product(32);
  product.block.streams[2].base += 4;
  EXPECT_THAT(fault_of(product, {1, 2, 3, 4}),
              testing::HasSubstr("store stream 2 (layer 'product') leaves region 'y' at byte 4 of 8"));
}

TEST(ProgramValues, OverwritingALiveTensorIsSeenByItsReader) {
  SmallProduct product(32);
  isa::Region& outputs = *product.program.mutable_regions(2);
  outputs.set_address(kWeights);  // the first store ends the life of the weights
  product.block.streams[2].base = kWeights;
  product.block.tile_loops = {3};  // the third load comes after the first store
  product.block.streams[1].loop = 0;
  product.block.streams[2].loop = 0;
  product.block.array.output_loop = 0;
  EXPECT_THAT(fault_of(product, {1, 2, 3, 4}), testing::HasSubstr("which other data have overwritten"));
}

TEST(ProgramValues, SumsWrapAndAreCounted) {
  SmallProduct product(32);
  product.block.streams[3] = stream(Direction::load, Buffer::bbuf, 32, 256, 2);
  product.add_region("b", 256, 32, 2);
  product.block.array.bias = true;
  const std::int32_t most = std::numeric_limits<std::int32_t>::max();
  std::string bias(2 * sizeof most, '\0');
  std::memcpy(bias.data(), &most, sizeof most);
  product.program.mutable_regions(4)->set_data(bias);
  product.stream_regions.push_back(4);
  EXPECT_EQ(product.run({1, 0}, {1, 1, 1, 1}),
            (std::vector<double>{static_cast<double>(std::numeric_limits<std::int32_t>::min()), 1}));
  EXPECT_EQ(product.overflows, 1);
}

}  // namespace
}  // namespace systole::test
