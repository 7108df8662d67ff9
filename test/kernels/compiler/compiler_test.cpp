#include "kernels/compiler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <numeric>
#include <set>
#include <vector>

#include "base/errors.h"
#include "base/units.h"
#include "configs/machine.h"
#include "isa/decoder.h"
#include "isa/program.h"
#include "kernels/onnx/import.h"
#include "kernels/plan/machine_config.h"
#include "test/kernels/graph/small_graph.h"

/// Programs of whole networks for the shipped machines.
namespace systole {

namespace {

std::string network(const std::string& name) {
  return std::string(SYSTOLE_SOURCE_DIR) + "/configs/networks/" + name + ".onnx";
}

Machine shipped(const std::string& name) {
  Diagnostics diagnostics;
  MachineRequest request;
  request.hardware = name;
  const Loaded<config::Machine> machine = load_machine(request, diagnostics);
  diagnostics.throw_if_any();
  return machine_of(machine.message);
}

isa::Block decoded(const isa::EncodedBlock& block) {
  return isa::decode(block.words().data(), static_cast<std::size_t>(block.words_size())).block;
}

std::int64_t count(const isa::Trip& trip, const isa::TileIndex& index, const isa::Block& block) {
  if (trip.tail_loop == isa::kNoLoop) return trip.count;
  const auto loop = static_cast<std::size_t>(trip.tail_loop);
  return index[loop] + 1 == block.tile_loops[loop] ? trip.tail : trip.count;
}

/// Vectors that enter the array in all tiles of a block.
std::int64_t vectors_of(const isa::Block& block) {
  isa::TileIndex index{};
  std::int64_t total = 0;
  for (;;) {
    std::int64_t vectors = 1;
    for (const isa::ArrayLoop& loop : block.array.loops) vectors *= count(loop.trip, index, block);
    total += vectors;
    std::size_t l = block.tile_loops.size();
    while (l > 0 && ++index[l - 1] == block.tile_loops[l - 1]) index[--l] = 0;
    if (l == 0) return total;
  }
}

TEST(Compiler, makes_a_small_program_of_resnet50) {
  const Graph graph = import_onnx(network("resnet50"));
  const auto start = std::chrono::steady_clock::now();
  const isa::Program program = compile(graph, shipped("inference_64x64"));
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  const std::string bytes = isa::to_bytes(program);
  std::printf("resnet50: %.3f s, %d blocks, %zu bytes\n", seconds.count(), program.blocks_size(), bytes.size());
  EXPECT_LE(bytes.size(), 1U << 20);
  std::int64_t macs = 0;
  int convolutions = 0;
  for (const isa::LayerInfo& layer : program.layers()) {
    macs += layer.macs();
    convolutions += layer.op() == "Conv" ? 1 : 0;
  }
  EXPECT_EQ(macs, 4089184256);
  EXPECT_EQ(convolutions, 53);
  EXPECT_EQ(program.layers_size(), static_cast<int>(graph.nodes.size()));
}

TEST(Compiler, feeds_every_vector_once) {
  const Machine machine = shipped("inference_64x64");
  const Graph graph = import_onnx(network("resnet50"));
  CompileOptions options;
  options.fusion = false;
  const isa::Program program = compile(graph, machine, options);
  int checked = 0;
  for (const isa::EncodedBlock& encoded : program.blocks()) {
    if (encoded.array_layer() < 0) continue;
    const std::string& name = program.layers(encoded.array_layer()).name();
    for (const Node& node : graph.nodes) {
      if (node.name != name || node.op != OpKind::Conv) continue;
      const Shape& w = graph.shape(node.inputs[1]);
      if (w[1] < machine.rows) continue;  // kernel columns may share the rows
      const Shape& y = graph.shape(node.outputs[0]);
      EXPECT_EQ(vectors_of(decoded(encoded)),
                y[0] * y[2] * y[3] * w[2] * w[3] * ceil_div(w[1], machine.rows) * ceil_div(w[0], machine.columns))
          << name;
      ++checked;
    }
  }
  EXPECT_EQ(checked, 52) << "all but the first";
}

TEST(Compiler, accounts_for_every_node) {
  const isa::Program program = compile(import_onnx(network("mobilenet_v2")), shipped("inference_32x32"));
  for (const isa::LayerInfo& layer : program.layers()) {
    const bool works = layer.unit() != isa::LayerInfo::none;
    EXPECT_TRUE(works || !layer.note().empty()) << layer.name() << " neither works nor says why not";
    const int host = layer.fused_into();
    EXPECT_TRUE(host < 0 || program.layers(host).fused_into() < 0) << layer.name();
  }
}

TEST(Compiler, leaves_nodes_apart_without_fusion) {
  CompileOptions options;
  options.fusion = false;
  const isa::Program program = compile(import_onnx(network("squeezenet")), shipped("inference_16x16"), options);
  for (const isa::LayerInfo& layer : program.layers()) {
    EXPECT_TRUE(layer.fused_into() < 0 || layer.unit() == isa::LayerInfo::none) << layer.name();
  }
}

TEST(Compiler, is_deterministic) {
  const Graph graph = import_onnx(network("googlenet"));
  const Machine machine = shipped("inference_32x32");
  EXPECT_EQ(isa::to_bytes(compile(graph, machine)), isa::to_bytes(compile(graph, machine)));
}

/// Where a block's ifmap begins.
std::int64_t ifmap_of(const isa::Block& block) {
  for (const isa::Stream& stream : block.streams) {
    if (stream.used && stream.buffer == isa::Buffer::ibuf) return stream.base;
  }
  return -1;
}

std::int64_t tiles_of(const isa::Block& block) {
  return std::accumulate(block.tile_loops.begin(), block.tile_loops.end(), std::int64_t{1}, std::multiplies<>());
}

TEST(Compiler, judges_the_tiles_of_each_layer_where_it_lies) {
  test::SmallGraph small;
  const Shape image{1, 64, 28, 28};
  TensorId y = small.input("x", image);
  for (const char* const name : {"first", "second", "third"}) {
    y = small.node(name, OpKind::Conv, {y, small.constant("w", {64, 64, 1, 1}, Absent{})}, image, ConvAttributes{});
  }
  const Graph& graph = small.output(y);
  const Machine machine = shipped("inference_64x64");
  std::vector<std::int64_t> places;
  const isa::Program by_estimate = compile(graph, machine);
  for (const isa::EncodedBlock& block : by_estimate.blocks()) places.push_back(ifmap_of(decoded(block)));
  ASSERT_EQ(std::set<std::int64_t>(places.begin(), places.end()).size(), 3U);

  std::set<std::int64_t> seen;
  CompileOptions options;
  options.block_cycles = [&](const isa::Block& block) {
    seen.insert(ifmap_of(block));
    const auto tiles = static_cast<double>(tiles_of(block));
    return ifmap_of(block) == places[1] ? 1000 / tiles : tiles;
  };
  const isa::Program program = compile(graph, machine, options);
  EXPECT_EQ(seen, std::set<std::int64_t>(places.begin(), places.end()));
  EXPECT_EQ(tiles_of(decoded(program.blocks(0))), 1);
  EXPECT_GT(tiles_of(decoded(program.blocks(1))), 1);
  EXPECT_EQ(tiles_of(decoded(program.blocks(2))), 1);
}

TEST(Compiler, uses_freed_memory_again) {
  const isa::Program program = compile(import_onnx(network("resnet18")), shipped("inference_64x64"));
  std::int64_t sum = 0;
  std::int64_t end = 0;
  for (const isa::Region& region : program.regions()) {
    if (region.kind() == isa::Region::constant || region.kind() == isa::Region::instruction) continue;
    sum += region.bytes();
    end = std::max(end, region.address() + region.bytes());
  }
  EXPECT_LT(3 * end, 2 * sum);
}

TEST(Compiler, says_which_buffer_is_too_small_for_a_layer) {
  Machine machine = shipped("inference_64x64");
  machine.wbuf_half_elements = 100;
  try {
    compile(import_onnx(network("resnet18")), machine);
    FAIL() << "compiled";
  } catch (const UserError& error) {
    EXPECT_THAT(error.diagnostics().at(0).message,
                testing::AllOf(testing::HasSubstr("conv1"), testing::HasSubstr("WBUF"), testing::HasSubstr("100")));
  }
}

TEST(Compiler, says_how_much_memory_is_missing) {
  Machine machine = shipped("inference_64x64");
  machine.memory_bytes = 1 << 20;
  try {
    compile(import_onnx(network("resnet18")), machine);
    FAIL() << "compiled";
  } catch (const UserError& error) {
    EXPECT_THAT(error.diagnostics().at(0).message,
                testing::AllOf(testing::HasSubstr("needs"), testing::HasSubstr("the machine has 1048576")));
  }
}

TEST(Compiler, lists_all_nodes_that_cannot_be_compiled) {
  Graph graph;
  const auto tensor = [&](const std::string& name, const Shape& shape) {
    return graph.add(Tensor{name, shape, ElementType::Float32, false, Absent{}});
  };
  const TensorId x = tensor("x", {1, 2, 4, 4});
  const TensorId w = tensor("w", {2, 2, 1, 1});
  graph.tensor(x).constant = true;
  graph.inputs = {w};
  for (const char* name : {"first", "second"}) {
    const TensorId y = tensor(name, {1, 2, 4, 4});
    graph.add(Node{name, "Conv", OpKind::Conv, {x, w}, {y}, ConvAttributes{}, {}});
    graph.outputs.push_back(y);
  }
  try {
    compile(graph, shipped("inference_16x16"));
    FAIL() << "compiled";
  } catch (const UserError& error) {
    ASSERT_EQ(error.diagnostics().size(), 2U);
    EXPECT_THAT(error.diagnostics()[1].message,
                testing::HasSubstr("'second' cannot be compiled: its image is constant"));
  }
}

class ShippedNetworks : public testing::TestWithParam<std::string> {};

TEST_P(ShippedNetworks, compile_for_every_size_of_machine) {
  for (const std::int64_t batch : {1, 8}) {
    ImportOptions options;
    options.batch = batch;
    const Graph graph = import_onnx(network(GetParam()), options);
    for (const char* machine : {"inference_16x16", "inference_32x32", "inference_64x64", "inference_128x128"}) {
      for (const bool fusion : {true, false}) {
        CompileOptions compile_options;
        compile_options.fusion = fusion;
        EXPECT_NO_THROW(compile(graph, shipped(machine), compile_options)) << machine << ", batch " << batch;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Networks, ShippedNetworks,
                         testing::Values("alexnet", "densenet121", "googlenet", "lenet5", "mobilenet_v2", "resnet18",
                                         "resnet50", "shufflenet_v2", "squeezenet", "vgg16"),
                         [](const auto& network_name) { return network_name.param; });

}  // namespace

}  // namespace systole
