#include <gtest/gtest.h>

#include <random>

#include "kernels/lowering/simd_lowerings.h"
#include "test/kernels/lowering/layer_harness.h"

namespace systole::test {
namespace {

using Index = std::vector<std::int64_t>;

struct Depthwise {
  Shape image;
  ConvAttributes conv;
  std::int64_t multiplier = 1;
  bool bias = true;

  [[nodiscard]] std::int64_t size(std::int64_t extent, std::int64_t pads, std::int64_t kernel, std::int64_t stride,
                                  std::int64_t dilation) const {
    return (extent + pads - (dilation * (kernel - 1) + 1)) / stride + 1;
  }
  [[nodiscard]] Shape output() const {
    return {
        image[0], image[1] * multiplier,
        size(image[2], conv.pads.top + conv.pads.bottom, conv.kernel.height, conv.strides.height,
             conv.dilations.height),
        size(image[3], conv.pads.left + conv.pads.right, conv.kernel.width, conv.strides.width, conv.dilations.width)};
  }
};

double convolve(const LayerHarness& layer, const Depthwise& d, TensorId x, TensorId w, const Index& at) {
  double sum = 0;
  for (std::int64_t kh = 0; kh < d.conv.kernel.height; ++kh) {
    for (std::int64_t kw = 0; kw < d.conv.kernel.width; ++kw) {
      const std::int64_t h = at[2] * d.conv.strides.height - d.conv.pads.top + kh * d.conv.dilations.height;
      const std::int64_t v = at[3] * d.conv.strides.width - d.conv.pads.left + kw * d.conv.dilations.width;
      if (h < 0 || h >= d.image[2] || v < 0 || v >= d.image[3]) continue;
      sum += layer.at(x, {at[0], at[1] / d.multiplier, h, v}) * layer.at(w, {at[1], 0, kh, kw});
    }
  }
  return sum;
}

void check_depthwise(Depthwise d, Machine machine = small_machine()) {
  d.conv.groups = d.image[1];
  LayerHarness layer(std::move(machine));
  const std::int64_t channels = d.output()[1];
  const TensorId x = layer.input(d.image);
  const TensorId w = layer.constant({channels, 1, d.conv.kernel.height, d.conv.kernel.width});
  std::vector<TensorId> inputs{x, w};
  if (d.bias) inputs.push_back(layer.constant({channels}));
  const TensorId y = layer.output(d.output());
  layer.node(OpKind::Conv, inputs, {y}, d.conv);
  layer.run(lower_depthwise);
  layer.expect(
      y, [&](const Index& at) { return convolve(layer, d, x, w, at) + (d.bias ? layer.at(inputs[2], {at[1]}) : 0.0); });
}

TEST(DepthwiseConvolution, KernelsStridesPadsAndDilations) {
  check_depthwise({{1, 6, 7, 9}, {{3, 3}, {1, 1}, {1, 1, 1, 1}, {1, 1}}});
  check_depthwise({{2, 9, 8, 7}, {{3, 3}, {2, 2}, {0, 1, 1, 0}, {1, 1}}, 1, false});
  check_depthwise({{1, 5, 9, 9}, {{3, 2}, {1, 2}, {2, 1, 2, 1}, {2, 1}}});
  check_depthwise({{1, 5, 4, 4}, {{1, 1}, {1, 1}, {}, {1, 1}}});
}

TEST(DepthwiseConvolution, ChannelMultipliersSpreadEachChannel) {
  check_depthwise({{1, 4, 6, 6}, {{3, 3}, {1, 1}, {1, 1, 1, 1}, {1, 1}}, 2});
  check_depthwise({{1, 3, 5, 6}, {{2, 2}, {1, 1}, {}, {1, 1}}, 3});
}

TEST(DepthwiseConvolution, RandomShapesOnRandomMachines) {
  std::mt19937 random(11);
  const auto draw = [&](int low, int high) { return std::uniform_int_distribution<std::int64_t>(low, high)(random); };
  for (int i = 0; i < 40; ++i) {
    Depthwise d{
        {draw(1, 2), draw(2, 13), draw(4, 10), draw(4, 10)},
        {{draw(1, 3), draw(1, 3)}, {draw(1, 2), draw(1, 2)}, {draw(0, 1), draw(0, 1), draw(0, 1), draw(0, 1)}, {1, 1}}};
    d.bias = draw(0, 1) == 1;
    Machine machine = small_machine(draw(60, 120), draw(2, 5));
    machine.vmem_double_buffered = draw(0, 1) == 1;
    check_depthwise(d, machine);
  }
}

TEST(DepthwiseConvolution, ComputesWhatIsFusedBehindItOnTheTile) {
  LayerHarness layer;
  const Shape image{1, 6, 8, 8};
  const TensorId x = layer.input(image);
  const TensorId w = layer.constant({6, 1, 3, 3});
  const TensorId sum = layer.output(image);
  const TensorId swish = layer.output(image);
  const TensorId scale = layer.constant({6, 1, 1});
  const TensorId scaled = layer.output(image);
  const TensorId residual = layer.input(image);
  const TensorId y = layer.output(image);
  Depthwise d{image, {{3, 3}, {1, 1}, {1, 1, 1, 1}, {1, 1}, 6}};
  layer.node(OpKind::Conv, {x, w}, {sum}, d.conv);
  layer.node(OpKind::HardSwish, {sum}, {swish});
  layer.node(OpKind::Mul, {scale, swish}, {scaled});
  layer.node(OpKind::Add, {residual, scaled}, {y});
  layer.run([](const Node& node, LoweringContext& context) {
    context.fuse(NodeId{0}, {NodeId{1}, NodeId{2}, NodeId{3}});
    lower_depthwise(node, context);
  });
  layer.expect(y, [&](const Index& at) {
    const double value = convolve(layer, d, x, w, at);
    const double swished = value * std::max(0.0, std::min(1.0, value / 6 + 0.5));
    return swished * layer.at(scale, {at[1], 0, 0}) + layer.at(residual, at);
  });
  EXPECT_EQ(layer.context().outcome(NodeId{0}).ops, 6 * 64 * 9);
  EXPECT_EQ(layer.context().outcome(NodeId{1}).ops, 6 * 64 * 5);
}

TEST(DepthwiseCost, OneInstructionForEachKernelPositionAndOneForTheBias) {
  LayerHarness layer(small_machine(1024));
  const TensorId x = layer.input({1, 4, 5, 5});
  const TensorId w = layer.constant({4, 1, 3, 3});
  const TensorId b = layer.constant({4});
  const TensorId y = layer.output({1, 4, 5, 5});
  layer.node(OpKind::Conv, {x, w, b}, {y}, ConvAttributes{{3, 3}, {1, 1}, {1, 1, 1, 1}, {1, 1}, 4});
  layer.run(lower_depthwise);
  EXPECT_EQ(layer.interpreter().issue_cycles, 25 * (9 + 1));
  EXPECT_EQ(layer.interpreter().hazard_cycles, 0);
  EXPECT_EQ(layer.interpreter().load_bytes, 25 * 4 * 4 + 9 * 4 * 1 + 4 * 4);  // weights have 8 bits
}

}  // namespace
}  // namespace systole::test
