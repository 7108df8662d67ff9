#include "kernels/graph/graph.h"

#include <gtest/gtest.h>

#include "test/kernels/graph/small_graph.h"

namespace systole {
namespace {

using test::SmallGraph;

TEST(Shapes, broadcast_as_numpy_does) {
  EXPECT_EQ(broadcast({{2, 3}, {3}}), (Shape{2, 3}));
  EXPECT_EQ(broadcast({{2, 1, 4}, {3, 1}}), (Shape{2, 3, 4}));
  EXPECT_EQ(broadcast({{}, {5}}), (Shape{5}));
  EXPECT_EQ(broadcast({{2, 3}, {2}}), std::nullopt);
}

TEST(Shapes, print_and_count) {
  EXPECT_EQ(to_string(Shape{1, 3, 224, 224}), "1x3x224x224");
  EXPECT_EQ(to_string(Shape{}), "scalar");
  EXPECT_EQ(element_count({}), 1);
  EXPECT_EQ(element_count({2, 3, 4}), 24);
}

TEST(Values, are_written_out_on_request) {
  EXPECT_EQ(as_floats(Fill{2.5}, 3), (std::vector<float>{2.5F, 2.5F, 2.5F}));
  EXPECT_EQ(as_floats(RowFill{{1.0F, 2.0F}}, 4), (std::vector<float>{1.0F, 1.0F, 2.0F, 2.0F}));
  EXPECT_EQ(as_floats(Absent{}, 3), std::nullopt);
  EXPECT_EQ(as_integers(Fill{3.0}, 2), (std::vector<std::int64_t>{3, 3}));
  EXPECT_EQ(as_integers(Fill{3.5}, 2), std::nullopt);
  EXPECT_EQ(as_floats(Fill{1.0}, kMaterialiseLimit + 1), std::nullopt) << "too large to write out";
}

TEST(Macs, of_a_convolution_count_every_tap_of_every_output_image_padding_included) {
  SmallGraph g;
  const TensorId x = g.input("x", {2, 4, 5, 5});
  ConvAttributes conv;
  conv.kernel = {3, 3};
  conv.pads = {1, 1, 1, 1};
  conv.groups = 2;
  const TensorId w = g.constant("w", {6, 2, 3, 3}, Absent{});
  const Graph& graph = g.output(g.node("conv", OpKind::Conv, {x, w}, {2, 6, 5, 5}, conv));
  EXPECT_EQ(graph.macs().count(), 2 * 6 * 25 * 2 * 9);
}

TEST(Macs, of_matrix_products_are_outputs_times_the_inner_dimension) {
  SmallGraph g;
  const TensorId a = g.input("a", {7, 3});
  GemmAttributes gemm;
  gemm.transpose_a = true;
  const TensorId m = g.node("gemm", OpKind::Gemm, {a, g.constant("b", {7, 5}, Absent{})}, {3, 5}, gemm);
  const TensorId y = g.node("matmul", OpKind::MatMul, {m, g.constant("c", {4, 5, 2}, Absent{})}, {4, 3, 2});
  const Graph& graph = g.output(g.node("relu", OpKind::Relu, {y}, {4, 3, 2}));
  EXPECT_EQ(graph.macs(graph.nodes[0]).count(), 3 * 5 * 7);
  EXPECT_EQ(graph.macs(graph.nodes[1]).count(), 4 * 3 * 2 * 5);
  EXPECT_EQ(graph.macs(graph.nodes[2]).count(), 0);
}

TEST(Uses, know_producer_and_consumers) {
  SmallGraph g;
  const TensorId x = g.input("x", {4});
  const TensorId a = g.node("a", OpKind::Relu, {x}, {4});
  const TensorId b = g.node("b", OpKind::Add, {a, a}, {4});
  const TensorId c = g.node("c", OpKind::Mul, {a, b}, {4});
  const Graph& graph = g.output(c);
  const Uses uses(graph);
  EXPECT_EQ(uses.producer(x), std::nullopt);
  EXPECT_EQ(uses.producer(c), NodeId{2});
  EXPECT_EQ(uses.consumers(a), (std::vector<NodeId>{NodeId{1}, NodeId{2}}));
  EXPECT_EQ(graph.consumers(c), std::vector<NodeId>{});
  EXPECT_EQ(graph.find("b"), b);
  EXPECT_EQ(graph.find("nobody"), std::nullopt);
}

}  // namespace
}  // namespace systole
