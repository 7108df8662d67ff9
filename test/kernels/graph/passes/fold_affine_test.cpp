#include "kernels/graph/passes/fold_affine.h"

#include <gtest/gtest.h>

#include "test/kernels/graph/small_graph.h"

namespace systole {
namespace {

using test::SmallGraph;
using Floats = std::vector<float>;

TensorId batch_norm(SmallGraph& g, const std::string& name, TensorId x, std::int64_t channels, const Shape& shape) {
  const Floats two(static_cast<std::size_t>(channels), 2.0F);
  const std::vector<TensorId> inputs{
      x, g.constant(name + ".s", {channels}, two), g.constant(name + ".b", {channels}, Fill{1.0}),
      g.constant(name + ".m", {channels}, Floats{4.0F, 8.0F}), g.constant(name + ".v", {channels}, Fill{4.0})};
  return g.node(name, OpKind::BatchNormalization, inputs, shape, BatchNormAttributes{0.0, 0.9});
}

Floats values(const Graph& graph, TensorId id) {
  return as_floats(graph.tensor(id).values, element_count(graph.shape(id))).value();
}

TEST(FoldBatchNorm, becomes_weight_and_bias_of_the_convolution) {
  SmallGraph g;
  const TensorId y = g.conv(Floats{1, 2, 3, 4});
  Graph& graph = g.output(batch_norm(g, "bn", y, 2, {1, 2, 1, 1}));
  fold_batch_norm(graph);
  graph.validate();
  ASSERT_EQ(graph.nodes.size(), 1U);
  // y = 2*(x - mean)/sqrt(4) + 1 = x - mean + 1
  EXPECT_EQ(values(graph, graph.nodes[0].inputs[1]), (Floats{1, 2, 3, 4}));
  EXPECT_EQ(values(graph, graph.nodes[0].inputs[2]), (Floats{-3, -7}));
  ASSERT_EQ(graph.nodes[0].absorbed.size(), 1U);
  EXPECT_EQ(graph.nodes[0].absorbed[0].name, "bn");
  EXPECT_EQ(graph.tensor(graph.outputs[0]).name, "bn");
}

TEST(FoldBatchNorm, takes_in_a_chain_of_scale_and_shift) {
  SmallGraph g;
  TensorId y = g.conv(Floats{1, 2, 3, 4});
  y = batch_norm(g, "bn", y, 2, {1, 2, 1, 1});
  y = g.node("mul", OpKind::Mul, {y, g.constant("s", {2, 1, 1}, Floats{10, 100})}, {1, 2, 1, 1});
  y = g.node("sub", OpKind::Sub, {g.constant("t", {1, 2, 1, 1}, Floats{5, 6}), y}, {1, 2, 1, 1});
  Graph& graph = g.output(y);
  fold_batch_norm(graph);
  graph.validate();
  ASSERT_EQ(graph.nodes.size(), 1U);
  EXPECT_EQ(values(graph, graph.nodes[0].inputs[1]), (Floats{-10, -20, -300, -400}));
  EXPECT_EQ(values(graph, graph.nodes[0].inputs[2]), (Floats{35, 706}));
  EXPECT_EQ(graph.nodes[0].absorbed.size(), 3U);
}

TEST(FoldBatchNorm, keeps_a_fill_small) {
  SmallGraph g;
  TensorId y = g.conv(Fill{0.5});
  Graph& graph = g.output(g.node("mul", OpKind::Mul, {y, g.constant("s", {2, 1, 1}, Floats{2, 4})}, {1, 2, 1, 1}));
  fold_batch_norm(graph);
  const Values& weight = graph.tensor(graph.nodes[0].inputs[1]).values;
  ASSERT_TRUE(std::holds_alternative<RowFill>(weight));
  EXPECT_EQ(std::get<RowFill>(weight).rows, (Floats{1, 2}));
}

TEST(FoldBatchNorm, of_absent_values_leaves_absent_values) {
  SmallGraph g;
  TensorId y = g.conv(Floats{1, 2, 3, 4});
  Graph& graph = g.output(g.node("mul", OpKind::Mul, {y, g.constant("s", {2, 1, 1}, Absent{})}, {1, 2, 1, 1}));
  fold_batch_norm(graph);
  graph.validate();
  ASSERT_EQ(graph.nodes.size(), 1U);
  EXPECT_FALSE(has_values(graph.tensor(graph.nodes[0].inputs[1]).values));
  EXPECT_FALSE(has_values(graph.tensor(graph.nodes[0].inputs[2]).values));
}

TEST(FoldBatchNorm, does_nothing_when_something_else_reads_the_convolution) {
  SmallGraph g;
  const TensorId y = g.conv(Floats{1, 2, 3, 4});
  const TensorId n = batch_norm(g, "bn", y, 2, {1, 2, 1, 1});
  Graph& graph = g.output(g.node("add", OpKind::Add, {y, n}, {1, 2, 1, 1}));
  fold_batch_norm(graph);
  EXPECT_EQ(graph.nodes.size(), 3U);
  graph.outputs.push_back(y);
  SmallGraph other;
  const TensorId z = other.conv(Floats{1, 2, 3, 4});
  Graph& shown = other.output(batch_norm(other, "bn", z, 2, {1, 2, 1, 1}));
  shown.outputs.push_back(z);
  fold_batch_norm(shown);
  EXPECT_EQ(shown.nodes.size(), 2U) << "the convolution's result is an output of the graph";
}

TEST(FoldBatchNorm, does_not_change_a_weight_that_two_convolutions_share) {
  SmallGraph g;
  const TensorId x = g.input("x", {1, 2, 1, 1});
  const TensorId w = g.constant("w", {2, 2, 1, 1}, Floats{1, 2, 3, 4});
  TensorId a = g.node("a", OpKind::Conv, {x, w}, {1, 2, 1, 1}, ConvAttributes{});
  TensorId b = g.node("b", OpKind::Conv, {x, w}, {1, 2, 1, 1}, ConvAttributes{});
  a = g.node("mul", OpKind::Mul, {a, g.constant("s", {}, Floats{3})}, {1, 2, 1, 1});
  Graph& graph = g.output(g.node("add", OpKind::Add, {a, b}, {1, 2, 1, 1}));
  fold_batch_norm(graph);
  graph.validate();
  EXPECT_EQ(values(graph, graph.nodes[0].inputs[1]), (Floats{3, 6, 9, 12}));
  EXPECT_EQ(values(graph, graph.nodes[1].inputs[1]), (Floats{1, 2, 3, 4}));
}

TEST(FoldBatchNorm, leaves_a_constant_alone_that_differs_within_a_channel) {
  SmallGraph g;
  const TensorId x = g.input("x", {1, 1, 2, 2});
  const TensorId w = g.constant("w", {1, 1, 1, 1}, Fill{1.0});
  const TensorId y = g.node("conv", OpKind::Conv, {x, w}, {1, 1, 2, 2}, ConvAttributes{});
  Graph& graph = g.output(g.node("mul", OpKind::Mul, {y, g.constant("s", {2, 2}, Floats{1, 2, 3, 4})}, {1, 1, 2, 2}));
  fold_batch_norm(graph);
  EXPECT_EQ(graph.nodes.size(), 2U);
}

TEST(FoldBatchNorm, scales_the_columns_of_a_matrix_and_folds_beta) {
  SmallGraph g;
  const TensorId x = g.input("x", {1, 2});
  GemmAttributes gemm;
  gemm.beta = 0.5;
  const TensorId y =
      g.node("fc", OpKind::Gemm,
             {x, g.constant("w", {2, 2}, Floats{1, 2, 3, 4}), g.constant("c", {1, 2}, Floats{2, 4})}, {1, 2}, gemm);
  Graph& graph = g.output(g.node("mul", OpKind::Mul, {y, g.constant("s", {2}, Floats{10, 100})}, {1, 2}));
  fold_batch_norm(graph);
  graph.validate();
  EXPECT_EQ(values(graph, graph.nodes[0].inputs[1]), (Floats{10, 200, 30, 400}));
  EXPECT_EQ(values(graph, graph.nodes[0].inputs[2]), (Floats{10, 200}));
  EXPECT_EQ(std::get<GemmAttributes>(graph.nodes[0].attributes).beta, 1.0);
}

TEST(FoldBatchNorm, takes_scale_and_shift_after_a_batch_normalization_that_has_no_convolution) {
  SmallGraph g;
  TensorId y = batch_norm(g, "bn", g.input("x", {1, 2, 3, 3}), 2, {1, 2, 3, 3});
  y = g.node("mul", OpKind::Mul, {y, g.constant("s", {2, 1, 1}, Floats{2, 3})}, {1, 2, 3, 3});
  Graph& graph = g.output(g.node("add", OpKind::Add, {y, g.constant("t", {2, 1, 1}, Floats{5, 7})}, {1, 2, 3, 3}));
  fold_batch_norm(graph);
  graph.validate();
  ASSERT_EQ(graph.nodes.size(), 1U);
  EXPECT_EQ(values(graph, graph.nodes[0].inputs[1]), (Floats{4, 6}));
  EXPECT_EQ(values(graph, graph.nodes[0].inputs[2]), (Floats{7, 10}));
}

TEST(FoldBias, of_a_trillion_channels_costs_nothing) {
  const std::int64_t channels = 1000000000000;
  SmallGraph g;
  const TensorId x = g.input("x", {1, 1});
  const TensorId y =
      g.node("fc", OpKind::Gemm, {x, g.constant("w", {1, channels}, Fill{1.0})}, {1, channels}, GemmAttributes{});
  Graph& graph = g.output(g.node("add", OpKind::Add, {y, g.constant("b", {channels}, Fill{1.0})}, {1, channels}));
  fold_bias(graph);
  EXPECT_EQ(graph.nodes.size(), 2U);
}

TEST(FoldBias, takes_additions_and_leaves_scales) {
  SmallGraph g;
  TensorId y = g.conv(Floats{1, 2, 3, 4});
  y = g.node("add", OpKind::Add, {g.constant("b", {1, 2, 1, 1}, Floats{5, 6}), y}, {1, 2, 1, 1});
  Graph& graph = g.output(g.node("mul", OpKind::Mul, {y, g.constant("s", {2, 1, 1}, Floats{2, 4})}, {1, 2, 1, 1}));
  fold_bias(graph);
  graph.validate();
  ASSERT_EQ(graph.nodes.size(), 2U);
  EXPECT_EQ(values(graph, graph.nodes[0].inputs[2]), (Floats{5, 6}));
}

TEST(FoldBias, makes_a_bias_of_what_is_added_to_a_matrix_product) {
  SmallGraph g;
  const TensorId x = g.input("x", {4, 3, 2});
  const TensorId y = g.node("mm", OpKind::MatMul, {x, g.constant("w", {2, 5}, Absent{})}, {4, 3, 5});
  Graph& graph = g.output(g.node("add", OpKind::Add, {y, g.constant("b", {5}, Floats{1, 2, 3, 4, 5})}, {4, 3, 5}));
  fold_bias(graph);
  graph.validate();
  ASSERT_EQ(graph.nodes.size(), 1U);
  EXPECT_EQ(values(graph, graph.nodes[0].inputs[2]), (Floats{1, 2, 3, 4, 5}));
  EXPECT_FALSE(has_values(graph.tensor(graph.nodes[0].inputs[1]).values));
}

}  // namespace
}  // namespace systole
