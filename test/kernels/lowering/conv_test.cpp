#include <gtest/gtest.h>

#include <algorithm>

#include "kernels/lowering/array_lowering.h"
#include "test/kernels/lowering/layer_harness.h"
#include "test/kernels/windows.h"

/// Convolutions on a small array give what the definition gives, whatever the tiles.
namespace systole::test {

namespace {

struct Case {
  Shape x;
  std::int64_t oc = 1;
  ConvAttributes conv;
  bool bias = true;
  std::optional<Order> trained = std::nullopt;  ///< weights and bias are no constants; the weights lie in this order
};

void expect_convolution(const Case& c, const Machine& machine, unsigned seed = 1) {
  const ConvAttributes& conv = c.conv;
  const std::int64_t group_ic = c.x[1] / conv.groups;
  const std::int64_t group_oc = c.oc / conv.groups;
  LayerHarness h(machine, seed);
  const TensorId x = h.input(c.x);
  const Shape filters{c.oc, group_ic, conv.kernel.height, conv.kernel.width};
  const TensorId w = c.trained ? h.input(filters, -2, 2, c.trained) : h.constant(filters);
  const TensorId b = c.trained ? h.input({c.oc}) : h.constant({c.oc});
  const TensorId y = h.output(windowed(c.x, c.oc, conv));
  std::vector<TensorId> inputs{x, w};
  if (c.bias) inputs.push_back(b);
  h.node(OpKind::Conv, inputs, {y}, conv);
  ASSERT_NO_THROW(h.run(lower_array, seed % 2 == 0 ? TilingRule::search : TilingRule::simdit));
  std::int64_t macs = 0;
  h.expect(
      y,
      [&](const std::vector<std::int64_t>& at) {
        double sum = c.bias ? h.at(b, {at[1]}) : 0.0;
        for (std::int64_t ic = 0; ic < group_ic; ++ic) {
          for (std::int64_t kh = 0; kh < conv.kernel.height; ++kh) {
            for (std::int64_t kw = 0; kw < conv.kernel.width; ++kw) {
              ++macs;
              const std::int64_t ih = at[2] * conv.strides.height + kh * conv.dilations.height - conv.pads.top;
              const std::int64_t iw = at[3] * conv.strides.width + kw * conv.dilations.width - conv.pads.left;
              if (ih < 0 || ih >= c.x[2] || iw < 0 || iw >= c.x[3]) continue;
              const std::int64_t channel = at[1] / group_oc * group_ic + ic;
              sum += h.at(x, {at[0], channel, ih, iw}) * h.at(w, {at[1], ic, kh, kw});
            }
          }
        }
        return sum;
      },
      1e-5);
  if (conv.groups > 1 || group_ic <= 2) return;  // merged groups and packed columns multiply zeros
  EXPECT_EQ(h.interpreter().macs, macs) << "every multiplication once, none for padding lanes";
}

TEST(Conv, of_one_tile) {
  expect_convolution({{1, 4, 4, 4}, 4, window(3, 1, 1)}, small_machine());
}
TEST(Conv, with_remainders_of_channels) {
  expect_convolution({{1, 6, 5, 5}, 7, window(3, 1, 1)}, small_machine());
}
TEST(Conv, without_bias) {
  expect_convolution({{2, 5, 4, 4}, 3, window(1, 1, 0), false}, small_machine());
}
TEST(Conv, with_trained_weights) {
  const Order by_outputs{2, 3, 1, 0};
  expect_convolution({{1, 6, 5, 5}, 7, window(3, 1, 1), true, by_outputs}, small_machine());
  expect_convolution({{2, 10, 7, 7}, 11, window(3, 1, 1), true, by_outputs}, tight_machine(96, 96, 8));
  expect_convolution({{2, 10, 7, 7}, 11, window(3, 1, 1), true, Order{2, 3, 0, 1}}, tight_machine(96, 96, 8));
  expect_convolution({{2, 10, 7, 7}, 12, window(3, 1, 1), true, Order{2, 3, 0, 1}}, tight_machine(192, 96, 8));
  expect_convolution({{2, 10, 7, 7}, 11, window(3, 1, 1), true, row_major(4)}, tight_machine(96, 96, 8));
}
TEST(Conv, tiled_in_every_dimension) {
  expect_convolution({{2, 10, 7, 7}, 11, window(3, 1, 1)}, tight_machine(96, 96, 8));
}
TEST(Conv, whose_kernel_does_not_fit_at_once) {
  expect_convolution({{1, 6, 6, 6}, 5, window(3, 1, 1)}, tight_machine(16, 64, 8));
}
TEST(Conv, whose_sums_stay_in_obuf) {
  expect_convolution({{1, 12, 3, 3}, 4, window(3, 1, 1)}, tight_machine(48, 1024, 16));
}
TEST(Conv, strided_fetches_only_what_it_needs) {
  expect_convolution({{1, 8, 7, 7}, 4, window(1, 2, 0)}, small_machine());
  expect_convolution({{1, 8, 9, 9}, 4, window(2, 3, 0)}, tight_machine(128, 64, 8));
}
TEST(Conv, strided_with_halo) {
  expect_convolution({{1, 5, 9, 9}, 6, window(3, 2, 1)}, tight_machine(208, 64, 8));
}
TEST(Conv, dilated) {
  expect_convolution({{1, 5, 9, 9}, 6, window(3, 1, 2, 2)}, tight_machine(400, 256, 8));
  expect_convolution({{1, 5, 9, 9}, 6, window(3, 2, 2, 2)}, tight_machine(400, 256, 8));
}
TEST(Conv, grouped) {
  expect_convolution({{1, 12, 5, 5}, 12, window(3, 1, 1, 1, 2)}, tight_machine(208, 128, 8));
  expect_convolution({{1, 6, 5, 5}, 6, window(3, 1, 1, 1, 3)}, small_machine());
}
TEST(Conv, depthwise) {
  expect_convolution({{2, 8, 5, 5}, 8, window(3, 1, 1, 1, 8)}, small_machine());
}
TEST(Conv, with_few_channels_packs_kernel_columns_onto_rows) {
  expect_convolution({{1, 1, 9, 9}, 5, window(5, 2, 2)}, small_machine());
  expect_convolution({{2, 2, 7, 8}, 5, window(3, 1, 1)}, tight_machine(64, 128, 8));
}
TEST(Conv, with_unequal_padding_and_windows) {
  ConvAttributes conv = window(3, 1, 0);
  conv.kernel = {2, 5};
  conv.strides = {2, 1};
  conv.pads = {0, 3, 1, 2};
  expect_convolution({{1, 5, 7, 6}, 6, conv}, tight_machine(208, 96, 8));
}

struct Traffic {
  std::int64_t weights = 0, ifmap = 0, results = 0, sums_out = 0, sums_in = 0;  ///< bytes
};

/// A convolution of {2, 10, 7, 7} to 11 channels on buffers that hold parts of everything.
Traffic traffic_of_a_cut_convolution(TilingRule rule) {
  LayerHarness h(tight_machine(96, 96, 8));
  const TensorId x = h.input({2, 10, 7, 7});
  const TensorId y = h.output({2, 11, 7, 7});
  h.node(OpKind::Conv, {x, h.constant({11, 10, 3, 3}), h.constant({11})}, {y}, window(3, 1, 1));
  h.run(lower_array, rule);
  const isa::Block& block = h.blocks().at(0).block;
  Traffic traffic;
  for (std::size_t s = 0; s < block.streams.size(); ++s) {
    const isa::Stream& stream = block.streams[s];
    if (!stream.used) continue;
    const std::int64_t bytes = h.interpreter().stream_bytes[s];
    const bool store = stream.direction == isa::Direction::store;
    if (stream.buffer == isa::Buffer::wbuf) traffic.weights += bytes;
    if (stream.buffer == isa::Buffer::ibuf) traffic.ifmap += bytes;
    if (stream.buffer != isa::Buffer::obuf) continue;
    const bool sums = stream.when.kind == isa::Condition::Kind::not_last;
    (!store ? traffic.sums_in : sums ? traffic.sums_out : traffic.results) += bytes;
  }
  return traffic;
}

TEST(Conv, moves_weights_and_results_once_and_sums_as_often_as_it_must) {
  const Traffic moved = traffic_of_a_cut_convolution(TilingRule::simdit);
  EXPECT_EQ(moved.weights, 11 * 10 * 9) << "8-bit weights";
  EXPECT_EQ(moved.results, 2 * 11 * 49 * 4);
  EXPECT_EQ(moved.sums_in, moved.sums_out);
  EXPECT_GT(moved.sums_out, 0);
  EXPECT_EQ(moved.sums_out % moved.results, 0) << "whole passes over the output";
}

TEST(Conv, loads_weights_again_where_sums_would_move_more) {
  const Traffic moved = traffic_of_a_cut_convolution(TilingRule::search);
  EXPECT_EQ(moved.sums_in + moved.sums_out, 0);
  EXPECT_GT(moved.weights, 11 * 10 * 9);
  EXPECT_EQ(moved.weights % (11 * 10 * 9), 0);
  EXPECT_EQ(moved.results, 2 * 11 * 49 * 4);
}

TEST(Conv, of_random_shapes_on_random_buffers) {
  std::mt19937 random(7);
  const auto pick = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); };
  for (unsigned round = 0; round < 150; ++round) {
    Case c;
    const std::int64_t groups = pick(0, 3) == 0 ? pick(2, 3) : 1;
    c.conv = window(1, 1, 0);
    c.conv.groups = groups;
    c.conv.kernel = {pick(1, 4), pick(1, 4)};
    c.conv.strides = {pick(1, 3), pick(1, 3)};
    c.conv.dilations = {pick(1, 2), pick(1, 2)};
    c.conv.pads = {pick(0, 2), pick(0, 2), pick(0, 2), pick(0, 2)};
    c.x = {pick(1, 3), groups * pick(1, 9), pick(7, 10), pick(7, 10)};
    c.oc = groups * pick(1, 9);
    c.bias = pick(0, 1) == 1;
    if (pick(0, 1) == 1) c.trained = pick(0, 1) == 1 ? Order{2, 3, 1, 0} : Order{2, 3, 0, 1};
    const Machine machine = tight_machine(16 * pick(1, 12), 4 * pick(4, 40), pick(2, 20));
    SCOPED_TRACE("round " + std::to_string(round));
    expect_convolution(c, machine, round);
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace

}  // namespace systole::test
