#include <gtest/gtest.h>

#include <algorithm>

#include "kernels/lowering/array_lowering.h"
#include "test/kernels/lowering/layer_harness.h"

/// Element-wise work fused behind a convolution gives what the nodes give one after the other.
namespace systole::test {

namespace {

/// Fuses all other nodes behind the first.
void lower_fused(const Node& node, LoweringContext& context) {
  std::vector<NodeId> chain;
  for (std::size_t n = 1; n < context.graph().nodes.size(); ++n) chain.push_back(static_cast<NodeId>(n));
  context.fuse(static_cast<NodeId>(0), chain);
  lower_array(node, context);
}

/// A 1x1 convolution {2,6,5,4} -> {2,7,5,4} without bias, to be followed by a chain.
class Fused : public testing::TestWithParam<Machine> {
 protected:
  Fused() : h(GetParam()) {
    x = h.input({2, 6, 5, 4});
    w = h.constant({7, 6, 1, 1});
    conv = h.output(shape);
    ConvAttributes attributes;
    h.node(OpKind::Conv, {x, w}, {conv}, attributes);
  }

  TensorId then(OpKind op, std::vector<TensorId> inputs, Attributes attributes = NoAttributes()) {
    const TensorId y = h.output(shape);
    Node& node = h.node(op, std::move(inputs), {y}, std::move(attributes));
    node.name += std::to_string(h.graph.nodes.size());
    return y;
  }

  [[nodiscard]] double convolution(const std::vector<std::int64_t>& at) const {
    double sum = 0;
    for (std::int64_t ic = 0; ic < 6; ++ic) sum += h.at(x, {at[0], ic, at[2], at[3]}) * h.at(w, {at[1], ic, 0, 0});
    return sum;
  }

  void run() { ASSERT_NO_THROW(h.run(lower_fused)); }

  Shape shape{2, 7, 5, 4};
  LayerHarness h;
  TensorId x{}, w{}, conv{};
};

TEST_P(Fused, relu) {
  const TensorId y = then(OpKind::Relu, {conv});
  run();
  h.expect(
      y, [&](const auto& at) { return std::max(0.0, convolution(at)); }, 1e-5);
  for (const isa::Stream& stream : h.blocks().at(0).block.streams) {
    if (!stream.used || stream.buffer != isa::Buffer::obuf || stream.direction != isa::Direction::store) continue;
    EXPECT_EQ(stream.when.kind, isa::Condition::Kind::not_last) << "only partial sums leave OBUF for memory";
  }
}

TEST_P(Fused, residual_and_relu) {
  const TensorId residual = h.input(shape);
  const TensorId sum = then(OpKind::Add, {residual, conv});
  const TensorId y = then(OpKind::Relu, {sum});
  run();
  h.expect(
      y, [&](const auto& at) { return std::max(0.0, convolution(at) + h.at(residual, at)); }, 1e-5);
}

TEST_P(Fused, value_that_is_read_again) {
  const TensorId sum = then(OpKind::Sub, {h.input(shape), conv});
  const TensorId y = then(OpKind::HardSwish, {sum});
  run();
  const TensorId left = h.graph.nodes[1].inputs[0];
  h.expect(
      y,
      [&](const auto& at) {
        const double v = h.at(left, at) - convolution(at);
        return v * std::min(1.0, std::max(0.0, v / 6 + 0.5));
      },
      1e-5);
}

TEST_P(Fused, operands_that_broadcast) {
  const TensorId channels = h.constant({7, 1, 1});
  const TensorId gates = h.input({2, 7, 1, 1});
  const TensorId mask = h.input({1, 5, 1});
  const TensorId scaled = then(OpKind::Mul, {conv, channels});
  const TensorId gated = then(OpKind::Mul, {scaled, gates});
  const TensorId y = then(OpKind::Add, {gated, mask});
  run();
  h.expect(
      y,
      [&](const auto& at) {
        return convolution(at) * h.at(channels, {at[1], 0, 0}) * h.at(gates, {at[0], at[1], 0, 0}) +
               h.at(mask, {0, at[2], 0});
      },
      1e-5);
}

TEST_P(Fused, value_used_twice) {
  const TensorId square = then(OpKind::Mul, {conv, conv});
  const TensorId y = then(OpKind::Sum, {square, h.input(shape), square});
  run();
  const TensorId other = h.graph.nodes[2].inputs[1];
  h.expect(
      y,
      [&](const auto& at) {
        const double v = convolution(at);
        return 2 * v * v + h.at(other, at);
      },
      1e-5);
}

Machine sized(std::int64_t wbuf, std::int64_t ibuf, std::int64_t vmem, bool double_buffered) {
  Machine machine = small_machine(vmem);
  machine.wbuf_half_elements = wbuf;
  machine.ibuf_half_elements = ibuf;
  machine.vmem_double_buffered = double_buffered;
  return machine;
}

INSTANTIATE_TEST_SUITE_P(Machines, Fused,
                         testing::Values(sized(1024, 1024, 256, false),  // one tile
                                         sized(1024, 1024, 24, false),   // spatial tiles
                                         sized(16, 32, 40, true),        // partial sums through memory
                                         sized(16, 1024, 512, true)),    // partial sums that stay in OBUF
                         [](const auto& machine) { return "machine" + std::to_string(machine.index); });

}  // namespace

}  // namespace systole::test
