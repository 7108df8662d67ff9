#include <gtest/gtest.h>

#include "base/errors.h"
#include "test/kernels/graph/small_graph.h"

namespace systole {
namespace {

using test::SmallGraph;

/// What breaks the rule of a node with these operands and this output.
std::string fault(OpKind op, const std::vector<Shape>& inputs, const Shape& output,
                  Attributes attributes = NoAttributes{}) {
  SmallGraph g;
  std::vector<TensorId> ids;
  for (const Shape& shape : inputs) ids.push_back(g.input("in" + std::to_string(ids.size()), shape));
  g.node("node", op, ids, output, std::move(attributes));
  return fault_of(g.graph, g.graph.nodes[0]);
}

TEST(Rules, accept_what_is_right) {
  EXPECT_EQ(fault(OpKind::Relu, {{2, 3}}, {2, 3}), "");
  EXPECT_EQ(fault(OpKind::Add, {{2, 3}, {3}}, {2, 3}), "");
  EXPECT_EQ(fault(OpKind::Gemm, {{2, 3}, {3, 4}}, {2, 4}, GemmAttributes{}), "");
  EXPECT_EQ(fault(OpKind::MatMul, {{5, 2, 3}, {3, 4}, {4}}, {5, 2, 4}), "");
  EXPECT_EQ(fault(OpKind::Transpose, {{2, 3, 4}}, {4, 2, 3}, TransposeAttributes{{2, 0, 1}}), "");
  EXPECT_EQ(fault(OpKind::Concat, {{2, 3}, {2, 5}}, {2, 8}, ConcatAttributes{1}), "");
  EXPECT_EQ(fault(OpKind::Slice, {{8}}, {3}, SliceAttributes{{7}, {-3}}), "");
  EXPECT_EQ(fault(OpKind::Pad, {{2, 3}}, {2, 6}, PadAttributes{{0, 1}, {0, 2}, PadMode::Constant, 0.0}), "");
  EXPECT_EQ(fault(OpKind::ReduceMean, {{2, 3, 4}}, {2, 4}, ReduceAttributes{{1}, false}), "");
  EXPECT_EQ(fault(OpKind::Reshape, {{2, 6}}, {3, 4}), "");
}

TEST(Rules, refuse_what_is_wrong) {
  EXPECT_NE(fault(OpKind::Relu, {{2, 3}}, {3, 2}), "");
  EXPECT_NE(fault(OpKind::Add, {{2, 3}, {2}}, {2, 3}), "");
  EXPECT_NE(fault(OpKind::Add, {{2, 3}}, {2, 3}), "") << "one operand";
  EXPECT_EQ(fault(OpKind::Gemm, {{2, 3}, {4, 5}}, {2, 5}, GemmAttributes{}),
            "the inner dimensions of 2x3 and 4x5 differ");
  EXPECT_NE(fault(OpKind::Gemm, {{2, 3}, {3, 4}, {3}}, {2, 4}, GemmAttributes{}), "") << "c";
  EXPECT_NE(fault(OpKind::Gemm, {{2, 3}, {3, 4}}, {2, 4}), "") << "attributes of another operator";
  EXPECT_NE(fault(OpKind::MatMul, {{5, 2, 3}, {4, 3, 4}}, {5, 2, 4}), "");
  EXPECT_NE(fault(OpKind::Transpose, {{2, 3}}, {3, 2}, TransposeAttributes{{1, 1}}), "");
  EXPECT_NE(fault(OpKind::Concat, {{2, 3}, {3, 5}}, {2, 8}, ConcatAttributes{1}), "");
  EXPECT_NE(fault(OpKind::Slice, {{8}}, {4}, SliceAttributes{{7}, {-3}}), "") << "reads element -2";
  EXPECT_NE(fault(OpKind::Pad, {{2, 3}}, {2, 5}, PadAttributes{{0, 1}, {0, 2}, PadMode::Constant, 0.0}), "");
  EXPECT_NE(fault(OpKind::ReduceMean, {{2, 3, 4}}, {2, 1, 4}, ReduceAttributes{{1}, false}), "");
  EXPECT_EQ(fault(OpKind::Reshape, {{2, 6}}, {3, 5}), "2x6 and 3x5 have different numbers of elements");
}

TEST(Rules, of_windows_tie_the_output_to_the_attributes) {
  ConvAttributes conv;
  conv.kernel = {3, 3};
  conv.strides = {2, 2};
  conv.pads = {1, 1, 0, 0};
  EXPECT_EQ(fault(OpKind::Conv, {{1, 4, 8, 8}, {6, 4, 3, 3}, {6}}, {1, 6, 4, 4}, conv), "");
  EXPECT_NE(fault(OpKind::Conv, {{1, 4, 8, 8}, {6, 4, 3, 3}}, {1, 6, 5, 4}, conv), "");
  EXPECT_NE(fault(OpKind::Conv, {{1, 4, 8, 8}, {6, 2, 3, 3}}, {1, 6, 4, 4}, conv), "") << "channels";
  EXPECT_NE(fault(OpKind::Conv, {{1, 4, 8, 8}, {6, 4, 3, 5}}, {1, 6, 4, 4}, conv), "") << "kernel";
  EXPECT_NE(fault(OpKind::Conv, {{1, 4, 8, 8}, {6, 4, 3, 3}, {5}}, {1, 6, 4, 4}, conv), "") << "bias";
  PoolAttributes pool;
  pool.kernel = {9, 9};
  EXPECT_EQ(fault(OpKind::MaxPool, {{1, 4, 8, 8}}, {1, 4, 1, 1}, pool),
            "the window is larger than the padded image 1x4x8x8");
}

TEST(Validate, a_graph_that_breaks_its_own_order_or_names_is_a_bug) {
  SmallGraph g;
  const TensorId x = g.input("x", {4});
  const TensorId a = g.node("a", OpKind::Relu, {x}, {4});
  Graph good = g.output(g.node("b", OpKind::Relu, {a}, {4}));
  EXPECT_NO_THROW(good.validate());

  Graph swapped = good;
  std::swap(swapped.nodes[0], swapped.nodes[1]);
  EXPECT_THROW(swapped.validate(), InternalError);

  Graph twins = good;
  twins.nodes[1].name = "a";
  EXPECT_THROW(twins.validate(), InternalError);

  Graph endless = good;
  endless.outputs.clear();
  EXPECT_THROW(endless.validate(), InternalError);

  Graph misfit = good;
  misfit.add(Tensor{"c", {3}, ElementType::Float32, true, std::vector<float>{1.0F}});
  EXPECT_THROW(misfit.validate(), InternalError);
}

}  // namespace
}  // namespace systole
