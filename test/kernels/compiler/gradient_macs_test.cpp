#include <gtest/gtest.h>

#include "base/errors.h"
#include "configs/machine.h"
#include "isa/decoder.h"
#include "kernels/compiler.h"
#include "kernels/onnx/import.h"
#include "kernels/plan/machine_config.h"
#include "kernels/training/training.h"

/// The array's work in the backward pass of ResNet-50, counted in the compiled blocks, against the multiply-accumulates
/// that the gradients are defined by.
namespace systole {

namespace {

Machine training_machine() {
  Diagnostics diagnostics;
  MachineRequest request;
  request.hardware = "training_64x64";
  const Loaded<config::Machine> machine = load_machine(request, diagnostics);
  diagnostics.throw_if_any();
  return machine_of(machine.message);
}

Graph resnet50_iteration(std::int64_t batch) {
  ImportOptions import;
  import.batch = batch;
  return expand_training(import_onnx(SYSTOLE_SOURCE_DIR "/configs/networks/resnet50.onnx", import), {}).graph;
}

std::int64_t count(const isa::Trip& trip, const isa::TileIndex& index, const isa::Block& block) {
  if (trip.tail_loop == isa::kNoLoop) return trip.count;
  const auto loop = static_cast<std::size_t>(trip.tail_loop);
  return index.at(loop) + 1 == block.tile_loops.at(loop) ? trip.tail : trip.count;
}

/// Multiply-accumulates of active rows and columns in one tile.
std::int64_t tile_macs(const isa::Block& block, const isa::TileIndex& index, const Machine& machine) {
  std::int64_t macs = 1;
  const auto lanes = [&](const isa::Lanes& active, std::int64_t all, std::int64_t iterations) {
    return (iterations - 1) * all + count(active.last, index, block);
  };
  const isa::ArrayProgram& array = block.array;
  if (array.rows.loop == isa::kNoLoop) macs *= lanes(array.rows, machine.rows, 1);
  if (array.columns.loop == isa::kNoLoop) macs *= lanes(array.columns, machine.columns, 1);
  for (std::size_t l = 0; l < array.loops.size(); ++l) {
    const std::int64_t iterations = count(array.loops[l].trip, index, block);
    if (array.rows.loop == static_cast<int>(l)) {
      macs *= lanes(array.rows, machine.rows, iterations);
    } else if (array.columns.loop == static_cast<int>(l)) {
      macs *= lanes(array.columns, machine.columns, iterations);
    } else {
      macs *= iterations;
    }
  }
  return macs;
}

std::int64_t block_macs(const isa::Block& block, const Machine& machine) {
  isa::TileIndex index{};
  std::int64_t total = 0;
  for (;;) {
    total += tile_macs(block, index, machine);
    std::size_t l = block.tile_loops.size();
    while (l > 0 && ++index.at(l - 1) == block.tile_loops[l - 1]) index.at(--l) = 0;
    if (l == 0) return total;
  }
}

bool is_gradient(const isa::LayerInfo& layer) {
  return layer.phase() == isa::LayerInfo::grad_data || layer.phase() == isa::LayerInfo::grad_weight;
}

/// The array's multiply-accumulates for each of the definition's.
double work_of_gradients(const Graph& graph, GradientWay way) {
  const Machine machine = training_machine();
  CompileOptions options;
  options.gradient = way;
  const isa::Program program = compile(graph, machine, options);
  double needed = 0;
  double done = 0;
  for (const isa::LayerInfo& layer : program.layers())
    needed += is_gradient(layer) ? static_cast<double>(layer.macs()) : 0;
  for (const isa::EncodedBlock& encoded : program.blocks()) {
    if (encoded.array_layer() < 0 || !is_gradient(program.layers(encoded.array_layer()))) continue;
    const auto words = static_cast<std::size_t>(encoded.words_size());
    done += static_cast<double>(block_macs(isa::decode(encoded.words().data(), words).block, machine));
  }
  return done / needed;
}

TEST(GradientMacs, of_resnet50_are_the_useful_ones_in_phases_and_twice_as_many_with_zeros) {
  const Graph graph = resnet50_iteration(32);
  EXPECT_DOUBLE_EQ(work_of_gradients(graph, GradientWay::phases), 1.0);
  EXPECT_NEAR(work_of_gradients(graph, GradientWay::zero_insert), 2.07, 0.01);
}

}  // namespace

}  // namespace systole
