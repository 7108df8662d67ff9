#include <gtest/gtest.h>

#include "kernels/lowering/simd_lowerings.h"
#include "test/kernels/lowering/layer_harness.h"

namespace systole::test {
namespace {

void check(const Shape& shape, const LrnAttributes& lrn, std::int64_t words) {
  SCOPED_TRACE(to_string(shape) + " in " + std::to_string(words) + " words");
  LayerHarness layer(small_machine(words));
  layer.node(OpKind::LrnGradient, {layer.input(shape), layer.input(shape)}, {layer.output(shape)}, lrn);
  layer.run(lower_lrn_gradient);
  layer.expect_reference();
}

TEST(LrnGradient, windows_across_channels_of_odd_and_even_size) {
  for (const std::int64_t words : {16, 200}) {
    check({1, 9, 3, 4}, {5, 0.3, 0.75, 1}, words);
    check({2, 6, 3, 4}, {3, 0.5, 0.5, 2}, words);
    check({1, 7, 2, 3}, {4, 0.3, 0.75, 1}, words);
    check({1, 3, 5, 5}, {7, 0.3, 0.75, 1}, words);
    check({1, 40, 2, 2}, {5, 0.3, 0.75, 1}, words);
    check({1, 8, 2, 2}, {1, 0.3, 0.75, 1}, words);
  }
}

}  // namespace
}  // namespace systole::test
