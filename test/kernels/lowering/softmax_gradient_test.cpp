#include <gtest/gtest.h>

#include "kernels/lowering/simd_lowerings.h"
#include "test/kernels/lowering/layer_harness.h"

namespace systole::test {
namespace {

void check(const Shape& shape, std::int64_t first_axis, std::int64_t last_axis, std::int64_t words) {
  for (const OpKind op : {OpKind::SoftmaxGradient, OpKind::LogSoftmaxGradient}) {
    SCOPED_TRACE(to_string(shape) + " in " + std::to_string(words) + " words");
    LayerHarness layer(small_machine(words));
    const bool logarithm = op == OpKind::LogSoftmaxGradient;
    const TensorId dy = layer.input(shape);
    const TensorId y = logarithm ? layer.input(shape, -5, -0.1) : layer.input(shape, 0, 1);
    layer.node(op, {dy, y}, {layer.output(shape)}, SoftmaxAttributes{first_axis, last_axis});
    layer.run(lower_softmax_gradient);
    layer.expect_reference();
  }
}

TEST(SoftmaxGradient, axes_that_fit_and_axes_that_are_cut) {
  for (const std::int64_t words : {12, 200}) {
    check({3, 10}, 1, 2, words);
    check({5, 33}, 1, 2, words);
    check({2, 6, 3, 5}, 1, 2, words);
    check({2, 5, 7}, 1, 3, words);
    check({7, 3}, 0, 1, words);
    check({1, 1}, 1, 2, words);
  }
}

}  // namespace
}  // namespace systole::test
