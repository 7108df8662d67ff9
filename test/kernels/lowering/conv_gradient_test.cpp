#include <gtest/gtest.h>

#include <random>

#include "kernels/lowering/array_lowering.h"
#include "kernels/lowering/simd_lowerings.h"
#include "test/kernels/lowering/layer_harness.h"
#include "test/kernels/windows.h"

/// Gradients of convolutions on a small array give what the derivative of the definition gives, in both ways.
namespace systole::test {

namespace {

struct Case {
  Shape x;
  std::int64_t oc = 1;
  ConvAttributes conv;
  GradientWay way = GradientWay::phases;
  bool frozen = false;  ///< the weights are constant
};

Shape result_of(const Case& c) {
  return windowed(c.x, c.oc, c.conv);
}

Shape filters_of(const Case& c) {
  return {c.oc, c.x[1] / c.conv.groups, c.conv.kernel.height, c.conv.kernel.width};
}

/// Calls visit(index of x, index of w, index of y) for every product of the convolution that is not in padding.
template <typename Visit>
void for_each_product(const Case& c, Visit visit) {
  const ConvAttributes& conv = c.conv;
  const Shape y = result_of(c);
  const Shape w = filters_of(c);
  const std::int64_t group_oc = c.oc / conv.groups;
  for (std::int64_t n = 0; n < y[0]; ++n) {
    for (std::int64_t oc = 0; oc < y[1]; ++oc) {
      for (std::int64_t oh = 0; oh < y[2]; ++oh) {
        for (std::int64_t ow = 0; ow < y[3]; ++ow) {
          for (std::int64_t ic = 0; ic < w[1]; ++ic) {
            for (std::int64_t kh = 0; kh < w[2]; ++kh) {
              for (std::int64_t kw = 0; kw < w[3]; ++kw) {
                const std::int64_t ih = oh * conv.strides.height + kh * conv.dilations.height - conv.pads.top;
                const std::int64_t iw = ow * conv.strides.width + kw * conv.dilations.width - conv.pads.left;
                if (ih < 0 || ih >= c.x[2] || iw < 0 || iw >= c.x[3]) continue;
                visit({n, oc / group_oc * w[1] + ic, ih, iw}, {oc, ic, kh, kw}, {n, oc, oh, ow});
              }
            }
          }
        }
      }
    }
  }
}

using Index = std::vector<std::int64_t>;

/// Lowers and runs one of the gradients; returns the multiply-accumulates of the array.
std::int64_t expect_gradient(OpKind op, const Case& c, const Machine& machine, unsigned seed,
                             Lowering lowering = lower_array) {
  const bool data = op == OpKind::ConvInputGradient;
  LayerHarness h(machine, seed);
  h.set_gradient_way(c.way);
  const Order by_outputs{2, 3, 1, 0};
  const TensorId dy = h.input(result_of(c));
  const TensorId other = !data      ? h.input(c.x)
                         : c.frozen ? h.constant(filters_of(c))
                                    : h.input(filters_of(c), -2, 2, by_outputs);
  const TensorId result = data ? h.output(c.x) : h.output(filters_of(c), by_outputs);
  h.node(op, {dy, other}, {result}, c.conv);
  EXPECT_NO_THROW(h.run(lowering));
  if (testing::Test::HasFailure()) return 0;
  const Shape& shape = h.graph.shape(result);
  const auto place = [&](const Index& at) {
    return static_cast<std::size_t>(((at[0] * shape[1] + at[1]) * shape[2] + at[2]) * shape[3] + at[3]);
  };
  std::vector<double> sums(static_cast<std::size_t>(element_count(shape)));
  for_each_product(c, [&](const Index& x, const Index& w, const Index& y) {
    sums.at(place(data ? x : w)) += h.at(dy, y) * h.at(other, data ? w : x);
  });
  h.expect(
      result, [&](const Index& at) { return sums.at(place(at)); }, 1e-5);
  return h.interpreter().macs;
}

void expect_gradients(const Case& c, const Machine& machine = small_machine(), unsigned seed = 1) {
  {
    SCOPED_TRACE("dx");
    expect_gradient(OpKind::ConvInputGradient, c, machine, seed);
  }
  if (testing::Test::HasFailure()) return;
  SCOPED_TRACE("dw");
  expect_gradient(OpKind::ConvWeightGradient, c, machine, seed);
}

TEST(ConvGradient, of_one_tile) {
  expect_gradients({{1, 4, 4, 4}, 4, window(3, 1, 1)});
}
TEST(ConvGradient, with_remainders_of_channels_and_batch) {
  expect_gradients({{3, 6, 5, 5}, 7, window(3, 1, 1)});
  expect_gradients({{6, 5, 4, 4}, 3, window(3, 1, 1)});
}
TEST(ConvGradient, tiled_in_every_dimension) {
  expect_gradients({{5, 10, 6, 6}, 11, window(3, 1, 1)}, tight_machine(96, 96, 8));
}
TEST(ConvGradient, of_a_single_position_is_a_matrix_product) {
  expect_gradients({{3, 6, 5, 5}, 7, window(1, 1, 0)});
  expect_gradients({{3, 7, 5, 4}, 6, window(1, 1, 0)}, tight_machine(48, 64, 8));
}
TEST(ConvGradient, strided) {
  for (const GradientWay way : {GradientWay::phases, GradientWay::zero_insert}) {
    expect_gradients({{2, 5, 8, 8}, 6, window(3, 2, 1), way});
    expect_gradients({{2, 5, 7, 9}, 6, window(3, 2, 1), way}, tight_machine(96, 96, 8));
    expect_gradients({{2, 3, 11, 10}, 5, window(5, 3, 2), way}, tight_machine(96, 128, 16));
  }
}
TEST(ConvGradient, strided_further_than_the_kernel_reaches) {
  for (const GradientWay way : {GradientWay::phases, GradientWay::zero_insert}) {
    expect_gradients({{2, 6, 8, 8}, 5, window(1, 2, 0), way});
    expect_gradients({{2, 6, 7, 7}, 5, window(1, 2, 0), way}, tight_machine(48, 64, 8));
    expect_gradients({{1, 6, 9, 9}, 5, window(2, 3, 0), way}, tight_machine(48, 64, 8));
  }
}
TEST(ConvGradient, dilated) {
  for (const GradientWay way : {GradientWay::phases, GradientWay::zero_insert}) {
    expect_gradients({{2, 5, 9, 9}, 6, window(3, 1, 2, 2), way});
    expect_gradients({{2, 5, 9, 9}, 6, window(3, 2, 2, 2), way});
    expect_gradients({{2, 5, 10, 9}, 6, window(3, 2, 2, 3), way}, tight_machine(96, 128, 16));
  }
}
TEST(ConvGradient, grouped) {
  expect_gradients({{2, 12, 5, 5}, 12, window(3, 1, 1, 1, 2)});
  expect_gradients({{2, 6, 6, 6}, 6, window(3, 2, 1, 1, 3)}, tight_machine(96, 96, 8));
  expect_gradients({{2, 6, 5, 5}, 6, window(3, 1, 1, 1, 6)});
}
TEST(ConvGradient, with_unequal_padding_and_windows) {
  ConvAttributes conv = window(3, 1, 0);
  conv.kernel = {2, 5};
  conv.strides = {2, 1};
  conv.pads = {0, 3, 1, 2};
  expect_gradients({{2, 5, 7, 6}, 6, conv}, tight_machine(96, 96, 8));
}

TEST(ConvGradient, of_random_shapes_on_random_buffers) {
  std::mt19937 random(11);
  const auto pick = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); };
  for (unsigned round = 0; round < 60; ++round) {
    Case c;
    c.conv = window(1, 1, 0);
    c.conv.groups = pick(0, 3) == 0 ? pick(2, 3) : 1;
    c.conv.kernel = {pick(1, 4), pick(1, 4)};
    c.conv.strides = {pick(1, 3), pick(1, 3)};
    c.conv.dilations = {pick(1, 2), pick(1, 2)};
    c.conv.pads = {pick(0, 2), pick(0, 2), pick(0, 2), pick(0, 2)};
    c.x = {pick(1, 6), c.conv.groups * pick(1, 7), pick(7, 10), pick(7, 10)};
    c.oc = c.conv.groups * pick(1, 7);
    c.way = pick(0, 1) == 1 ? GradientWay::phases : GradientWay::zero_insert;
    c.frozen = pick(0, 3) == 0;
    const Machine machine = tight_machine(16 * pick(1, 12), 4 * pick(6, 60), pick(2, 20));
    SCOPED_TRACE("round " + std::to_string(round));
    expect_gradients(c, machine, round);
    if (testing::Test::HasFailure()) return;
  }
}

void expect_depthwise_gradients(const Case& c, unsigned seed = 1) {
  {
    SCOPED_TRACE("dw");
    expect_gradient(OpKind::ConvWeightGradient, c, small_machine(), seed, lower_depthwise);
  }
  if (c.oc != c.x[1] || testing::Test::HasFailure()) return;
  SCOPED_TRACE("dx");
  expect_gradient(OpKind::ConvInputGradient, c, small_machine(), seed, lower_depthwise);
}

TEST(ConvGradient, depthwise_on_the_simd_unit) {
  expect_depthwise_gradients({{2, 6, 6, 6}, 6, window(3, 1, 1, 1, 6)});
  expect_depthwise_gradients({{2, 6, 7, 8}, 6, window(3, 2, 1, 1, 6)});
  expect_depthwise_gradients({{1, 5, 7, 7}, 5, window(1, 2, 0, 1, 5)});
  expect_depthwise_gradients({{2, 6, 5, 5}, 12, window(3, 1, 1, 1, 6)});
}

TEST(ConvGradient, depthwise_of_random_shapes) {
  std::mt19937 random(13);
  const auto pick = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); };
  for (unsigned round = 0; round < 40; ++round) {
    Case c;
    c.conv = window(1, 1, 0);
    c.conv.kernel = {pick(1, 3), pick(1, 3)};
    c.conv.strides = {pick(1, 3), pick(1, 3)};
    c.conv.dilations = {pick(1, 2), pick(1, 2)};
    c.conv.pads = {pick(0, 2), pick(0, 2), pick(0, 2), pick(0, 2)};
    c.x = Shape{pick(1, 3), pick(2, 9), pick(5, 8), pick(5, 8)};
    c.oc = c.x[1] * (pick(0, 3) == 0 ? 2 : 1);
    c.conv.groups = c.x[1];
    c.frozen = pick(0, 3) == 0;
    SCOPED_TRACE("round " + std::to_string(round));
    expect_depthwise_gradients(c, round);
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace

}  // namespace systole::test
