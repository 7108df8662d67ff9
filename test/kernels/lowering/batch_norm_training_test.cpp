#include <gtest/gtest.h>

#include <random>

#include "kernels/lowering/simd_lowerings.h"
#include "test/kernels/lowering/layer_harness.h"

// Batch normalization in training mode and its gradient, on channels that fit on chip and on channels that do not.
namespace systole::test {
namespace {

/// VMEM words, lanes, double buffering.
Machine machine_of(std::int64_t words, std::int64_t lanes, bool twice = false) {
  Machine machine = small_machine(words, lanes);
  machine.vmem_double_buffered = twice;
  return machine;
}

void check_training(const Shape& shape, const Machine& machine, double low = -2, double high = 2) {
  SCOPED_TRACE(to_string(shape) + " in " + std::to_string(machine.vmem_words) + " words");
  LayerHarness layer(machine);
  const Shape vector{shape[1]};
  std::vector<TensorId> inputs{layer.input(shape, low, high)};
  for (int i = 0; i < 3; ++i) inputs.push_back(layer.input(vector));
  inputs.push_back(layer.input(vector, 0.5, 2));
  std::vector<TensorId> outputs{layer.output(shape)};
  for (int i = 0; i < 4; ++i) outputs.push_back(layer.output(vector));
  layer.node(OpKind::BatchNormTraining, inputs, outputs, BatchNormAttributes{1e-3, 0.8});
  layer.run(lower_batch_norm_training);
  layer.expect_reference();
}

void check_gradient(const Shape& shape, const Machine& machine) {
  SCOPED_TRACE(to_string(shape) + " in " + std::to_string(machine.vmem_words) + " words");
  LayerHarness layer(machine);
  const Shape vector{shape[1]};
  std::vector<TensorId> inputs{layer.input(shape), layer.input(shape), layer.input(vector), layer.input(vector),
                               layer.input(vector, 0.5, 2)};
  std::vector<TensorId> outputs{layer.output(shape), layer.output(vector), layer.output(vector)};
  layer.node(OpKind::BatchNormGradient, inputs, outputs, BatchNormAttributes{1e-3, 0.8});
  layer.run(lower_batch_norm_gradient);
  layer.expect_reference();
}

const std::vector<Shape> kShapes = {{1, 6, 5, 7}, {3, 5, 2, 1}, {2, 70, 3, 3}, {4, 9},
                                    {5, 3, 4},    {2, 1, 3, 3}, {8, 4, 6, 6}};

TEST(BatchNormTraining, fits_on_chip_or_takes_two_passes) {
  for (const Shape& shape : kShapes) {
    check_training(shape, machine_of(200, 4));
    check_training(shape, machine_of(24, 3));
    check_training(shape, machine_of(48, 4, true));
  }
}

TEST(BatchNormTraining, variance_keeps_its_digits_far_from_zero) {
  for (const std::int64_t words : {200, 24}) check_training({2, 5, 6, 6}, machine_of(words, 4), 999.9, 1000.1);
}

TEST(BatchNormTraining, one_element_a_channel_has_no_variance) {
  check_training({1, 6, 1, 1}, machine_of(64, 4));
  check_training({1, 6}, machine_of(64, 4));
}

TEST(BatchNormTraining, two_passes_read_twice_and_one_reads_once) {
  for (const std::int64_t words : {128, 40}) {
    LayerHarness layer(machine_of(words, 4));
    const Shape shape{2, 4, 7, 7};
    std::vector<TensorId> inputs{layer.input(shape)};
    for (int i = 0; i < 4; ++i) inputs.push_back(layer.input({4}, 0.5, 2));
    std::vector<TensorId> outputs{layer.output(shape)};
    for (int i = 0; i < 4; ++i) outputs.push_back(layer.output({4}));
    layer.node(OpKind::BatchNormTraining, inputs, outputs, BatchNormAttributes{});
    layer.run(lower_batch_norm_training);
    const std::int64_t passes = words == 128 ? 1 : 2;
    EXPECT_EQ(layer.interpreter().load_bytes, passes * 392 * 4 + 4 * 16);
    EXPECT_EQ(layer.interpreter().store_bytes, 392 * 4 + 4 * 16);
  }
}

TEST(BatchNormGradient, fits_on_chip_or_takes_two_passes) {
  for (const Shape& shape : kShapes) {
    check_gradient(shape, machine_of(400, 4));
    check_gradient(shape, machine_of(24, 3));
    check_gradient(shape, machine_of(48, 4, true));
  }
}

TEST(BatchNorm, random_shapes_and_machines) {
  std::mt19937 random(3);
  const auto draw = [&](int low, int high) { return std::uniform_int_distribution<std::int64_t>(low, high)(random); };
  for (int i = 0; i < 60; ++i) {
    const Shape shape{draw(1, 5), draw(1, 20), draw(1, 8), draw(1, 8)};
    const Machine machine = machine_of(draw(40, 150), draw(2, 6), draw(0, 1) == 1);
    check_training(shape, machine);
    check_gradient(shape, machine);
  }
}

}  // namespace
}  // namespace systole::test
