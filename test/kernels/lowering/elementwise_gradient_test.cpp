#include <gtest/gtest.h>

#include "kernels/lowering/simd_lowerings.h"
#include "test/kernels/lowering/layer_harness.h"

// Gradients of activations as layers of the SIMD unit.
namespace systole::test {
namespace {

/// `t`: what the forward node left, with values at the edges of its pieces.
void check_gradient(OpKind op, const Attributes& attributes, std::vector<float> t) {
  SCOPED_TRACE(to_string(op));
  for (const std::int64_t words : {16, 256}) {
    LayerHarness layer(small_machine(words));
    const Shape shape{2, 7, 3, 3};
    const TensorId dy = layer.input(shape, 0.5, 2);
    const TensorId forward = layer.input(shape, -4, 4);
    std::vector<float> values;
    for (std::int64_t i = 0; i < element_count(shape); ++i) values.push_back(t[static_cast<std::size_t>(i) % t.size()]);
    layer.set_values(forward, values);
    std::vector<TensorId> inputs{dy, forward};
    if (op == OpKind::PReluGradient) inputs.push_back(layer.input({7, 1, 1}));
    layer.node(op, inputs, {layer.output(shape)}, attributes);
    layer.run(lower_elementwise);
    layer.expect_reference(1e-6);
  }
}

TEST(ActivationGradient, every_piece_of_every_activation) {
  const std::vector<float> around{-4, -3, -2.5, -1, -0.25, 0, 0.25, 1, 2, 3, 3.5};
  const std::vector<float> share{0, 0.25, 0.5, 0.75, 1};
  check_gradient(OpKind::ReluGradient, NoAttributes{}, {0, 0, 1.5, 3});
  check_gradient(OpKind::LeakyReluGradient, AlphaBeta{0.1, 0}, around);
  check_gradient(OpKind::PReluGradient, NoAttributes{}, around);
  check_gradient(OpKind::ClipGradient, ClipAttributes{-1, 2}, around);
  check_gradient(OpKind::ClipGradient, ClipAttributes{0}, around);
  check_gradient(OpKind::ClipGradient, ClipAttributes{-std::numeric_limits<double>::infinity(), 1}, around);
  check_gradient(OpKind::ClipGradient, ClipAttributes{}, around);
  check_gradient(OpKind::SigmoidGradient, NoAttributes{}, share);
  check_gradient(OpKind::TanhGradient, NoAttributes{}, {-1, -0.5, 0, 0.25, 1});
  check_gradient(OpKind::HardSigmoidGradient, AlphaBeta{0.2, 0.5}, share);
  check_gradient(OpKind::HardSwishGradient, NoAttributes{}, around);
  check_gradient(OpKind::EluGradient, AlphaBeta{1, 0}, around);
  check_gradient(OpKind::EluGradient, AlphaBeta{0.5, 0}, around);
  check_gradient(OpKind::EluGradient, AlphaBeta{2, 0}, around);
}

TEST(ReluGradient, takes_two_instructions_for_each_word_and_waits_for_nothing) {
  LayerHarness layer(small_machine(1024));
  const Shape shape{2, 8, 5, 5};
  layer.node(OpKind::ReluGradient, {layer.input(shape), layer.input(shape)}, {layer.output(shape)});
  layer.run(lower_elementwise);
  EXPECT_EQ(layer.interpreter().issue_cycles, 2 * 100);
  EXPECT_EQ(layer.interpreter().hazard_cycles, 0);
}

TEST(Equal, numbers_of_classes_meet_labels) {
  LayerHarness layer;
  const TensorId labels = layer.input({5, 1});
  layer.set_values(labels, {0, 3, 6, 2, 2});
  const TensorId classes = layer.constant({7});
  layer.set_values(classes, {0, 1, 2, 3, 4, 5, 6});
  layer.node(OpKind::Equal, {labels, classes}, {layer.output({5, 7})});
  layer.run(lower_elementwise);
  layer.expect_reference();
}

}  // namespace
}  // namespace systole::test
