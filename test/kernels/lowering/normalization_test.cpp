#include <gtest/gtest.h>

#include <cmath>

#include "kernels/lowering/simd_lowerings.h"
#include "test/kernels/lowering/layer_harness.h"

namespace systole::test {
namespace {

using Index = std::vector<std::int64_t>;

void check_batch_norm(const Shape& shape, Machine machine = small_machine()) {
  LayerHarness layer(std::move(machine));
  const std::int64_t channels = shape[1];
  const TensorId x = layer.input(shape);
  const TensorId scale = layer.constant({channels});
  const TensorId bias = layer.constant({channels});
  const TensorId mean = layer.constant({channels});
  const TensorId variance = layer.constant({channels}, 0.5, 2);
  const TensorId y = layer.output(shape);
  layer.node(OpKind::BatchNormalization, {x, scale, bias, mean, variance}, {y}, BatchNormAttributes{1e-3, 0.9});
  layer.run(lower_batch_norm);
  layer.expect(y, [&](const Index& at) {
    const Index c{at[1]};
    return layer.at(scale, c) * (layer.at(x, at) - layer.at(mean, c)) / std::sqrt(layer.at(variance, c) + 1e-3) +
           layer.at(bias, c);
  });
}

TEST(BatchNormalization, ShapesThatFitAndThatDoNot) {
  check_batch_norm({1, 6, 5, 7});
  check_batch_norm({3, 5, 2, 1});
  check_batch_norm({2, 70, 3, 3});
  check_batch_norm({4, 9});
  check_batch_norm({2, 70, 3, 3}, small_machine(10, 3));
  Machine machine = small_machine();
  machine.vmem_double_buffered = true;
  check_batch_norm({2, 30, 6, 6}, machine);
}

TEST(BatchNormalization, CostsTwoInstructionsForEachWord) {
  LayerHarness layer(small_machine(1024));
  const TensorId x = layer.input({1, 4, 10, 10});
  std::vector<TensorId> inputs{x};
  for (int i = 0; i < 4; ++i) inputs.push_back(layer.constant({4}, 0.5, 2));
  const TensorId y = layer.output({1, 4, 10, 10});
  layer.node(OpKind::BatchNormalization, inputs, {y}, BatchNormAttributes{});
  layer.run(lower_batch_norm);
  // and once for the channels: five instructions, an inverse square root among them, each waiting for the one before
  EXPECT_EQ(layer.interpreter().issue_cycles, 2 * 100 + (4 + 13 + 4 * 2));
  EXPECT_EQ(layer.interpreter().load_bytes, 400 * 4 + 4 * 4 * 4);
}

void check_lrn(const Shape& shape, const LrnAttributes& lrn, Machine machine = small_machine()) {
  LayerHarness layer(std::move(machine));
  const TensorId x = layer.input(shape);
  const TensorId y = layer.output(shape);
  layer.node(OpKind::Lrn, {x}, {y}, lrn);
  layer.run(lower_lrn);
  layer.expect(y, [&](const Index& at) {
    double squares = 0;
    const std::int64_t begin = at[1] - (lrn.size - 1) / 2;
    for (std::int64_t c = begin; c < begin + lrn.size; ++c) {
      if (c < 0 || c >= shape[1]) continue;
      Index neighbour = at;
      neighbour[1] = c;
      squares += layer.at(x, neighbour) * layer.at(x, neighbour);
    }
    return layer.at(x, at) / std::pow(lrn.bias + lrn.alpha / static_cast<double>(lrn.size) * squares, lrn.beta);
  });
}

TEST(Lrn, WindowsAcrossChannels) {
  check_lrn({1, 9, 3, 4}, {5, 0.3, 0.75, 1});
  check_lrn({2, 6, 3, 4}, {3, 0.5, 0.5, 2});
  check_lrn({1, 7, 2, 3}, {4, 0.3, 0.75, 1});
  check_lrn({1, 3, 5, 5}, {7, 0.3, 0.75, 1});
  check_lrn({1, 8, 2, 2}, {1, 0.3, 0.75, 1});
}

TEST(Lrn, TilesOfChannelsSeeTheirNeighbours) {
  check_lrn({1, 40, 2, 2}, {5, 0.3, 0.75, 1}, small_machine(12));
  Machine machine = small_machine(40);
  machine.vmem_double_buffered = true;
  check_lrn({2, 17, 5, 3}, {5, 0.3, 0.75, 1}, machine);
}

TEST(Lrn, OverlappingNeighboursAreFetchedOnce) {
  LayerHarness layer(small_machine(1024));
  const TensorId x = layer.input({1, 8, 5, 5});
  const TensorId y = layer.output({1, 8, 5, 5});
  layer.node(OpKind::Lrn, {x}, {y}, LrnAttributes{5, 0.3, 0.75, 1});
  layer.run(lower_lrn);
  EXPECT_EQ(layer.interpreter().load_bytes, 200 * 4);
  EXPECT_EQ(layer.interpreter().hazard_cycles, 0);
}

}  // namespace
}  // namespace systole::test
