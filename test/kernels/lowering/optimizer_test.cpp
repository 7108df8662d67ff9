#include <gtest/gtest.h>

#include "kernels/lowering/simd_lowerings.h"
#include "test/kernels/lowering/layer_harness.h"

namespace systole::test {
namespace {

/// `in_place`: results are written over what they replace.
void check_optimizer(OpKind op, const OptimizerAttributes& attributes, int moments, bool in_place, const Shape& shape,
                     std::int64_t words) {
  SCOPED_TRACE(to_string(op) + std::string(" ") + to_string(shape));
  LayerHarness layer(small_machine(words));
  std::vector<TensorId> inputs{layer.input(shape), layer.input(shape)};
  for (int i = 0; i < moments; ++i) inputs.push_back(layer.input(shape, 0.1, 1));
  std::vector<TensorId> outputs;
  for (int i = 0; i <= moments; ++i) {
    const TensorId old = inputs[i == 0 ? 0 : static_cast<std::size_t>(i) + 1];
    outputs.push_back(layer.output(shape));
    if (in_place) layer.layout(outputs.back()) = layer.layout(old);
  }
  layer.node(op, inputs, outputs, attributes);
  layer.run(lower_optimizer);
  layer.expect_reference(1e-6);
}

OptimizerAttributes with_decay(double decay) {
  OptimizerAttributes attributes;
  attributes.rate = 0.1;
  attributes.weight_decay = decay;
  attributes.beta = 0.95;
  attributes.epsilon = 1e-3;
  return attributes;
}

TEST(Optimizer, every_one_with_and_without_decay_in_place_or_not) {
  for (const double decay : {0.0, 0.02}) {
    for (const bool in_place : {false, true}) {
      for (const std::int64_t words : {16, 200}) {
        for (const Shape& shape : {Shape{7, 5, 3, 3}, Shape{11, 6}, Shape{5}}) {
          OptimizerAttributes attributes = with_decay(decay);
          check_optimizer(OpKind::Sgd, attributes, 0, in_place, shape, words);
          check_optimizer(OpKind::Momentum, attributes, 1, in_place, shape, words);
          check_optimizer(OpKind::Adagrad, attributes, 1, in_place, shape, words);
          check_optimizer(OpKind::Adam, attributes, 2, in_place, shape, words);
          attributes.nesterov = true;
          attributes.final_decay = 0.01;
          check_optimizer(OpKind::Momentum, attributes, 1, in_place, shape, words);
          check_optimizer(OpKind::Adam, attributes, 2, in_place, shape, words);
        }
      }
    }
  }
}

TEST(Optimizer, no_instruction_reads_two_words_of_a_memory) {
  LayerHarness layer(small_machine(1024));
  const Shape shape{8, 25};
  OptimizerAttributes attributes = with_decay(0.02);
  layer.node(OpKind::Momentum, {layer.input(shape), layer.input(shape), layer.input(shape)},
             {layer.output(shape), layer.output(shape)}, attributes);
  layer.run(lower_optimizer);
  EXPECT_EQ(layer.interpreter().issue_cycles, 5 * 50);
  EXPECT_EQ(layer.interpreter().hazard_cycles, 0);
  EXPECT_EQ(layer.interpreter().store_bytes, 2 * 200 * 4);
}

}  // namespace
}  // namespace systole::test
