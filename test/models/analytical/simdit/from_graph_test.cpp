#include "models/analytical/simdit/from_graph.h"

#include <gtest/gtest.h>

#include "models/analytical/simdit/csv.h"

namespace systole::simdit {
namespace {

TensorId tensor(Graph& graph, const std::string& name, Shape shape) {
  Tensor t;
  t.name = name;
  t.shape = std::move(shape);
  return graph.add(std::move(t));
}

void add(Graph& graph, OpKind op, const std::string& name, std::vector<TensorId> inputs, TensorId output,
         Attributes attributes = NoAttributes{}) {
  Node node;
  node.name = name;
  node.onnx_op = to_string(op);
  node.op = op;
  node.inputs = std::move(inputs);
  node.outputs = {output};
  node.attributes = std::move(attributes);
  graph.add(std::move(node));
}

ConvAttributes three_by_three(std::int64_t groups) {
  ConvAttributes a;
  a.kernel = {3, 3};
  a.pads = {1, 1, 1, 1};
  a.groups = groups;
  return a;
}

TEST(SimditProgram, a_convolution_and_its_relu_become_two_layers_with_the_papers_dimensions) {
  Graph graph;
  const TensorId x = tensor(graph, "x", {2, 16, 8, 8});
  const TensorId w = tensor(graph, "w", {32, 16, 3, 3});
  const TensorId y = tensor(graph, "y", {2, 32, 8, 8});
  const TensorId z = tensor(graph, "z", {2, 32, 8, 8});
  add(graph, OpKind::Conv, "c", {x, w}, y, three_by_three(1));
  add(graph, OpKind::Relu, "r", {y}, z);
  const Program program = program_of(graph);
  EXPECT_TRUE(program.unmodelled.empty());
  ASSERT_EQ(program.layers.size(), 2U);
  EXPECT_EQ(program.layers[0].operation, Operation::convolution);
  EXPECT_EQ(program.layers[0].in_channels, 16);
  EXPECT_EQ(program.layers[0].out_channels, 32);
  EXPECT_EQ(program.layers[0].batch, 2);
  EXPECT_EQ(program.layers[0].kernel_height, 3);
  EXPECT_EQ(program.layers[1].operation, Operation::relu);
  EXPECT_EQ(program.layers[1].out_width, 8);
}

TEST(SimditProgram, what_has_no_model_is_listed_with_its_reason_and_costs_zero) {
  Graph graph;
  const TensorId x = tensor(graph, "x", {1, 16, 8, 8});
  const TensorId w = tensor(graph, "w", {16, 1, 3, 3});
  const TensorId y = tensor(graph, "y", {1, 16, 8, 8});
  const TensorId z = tensor(graph, "z", {1, 16, 8, 8});
  add(graph, OpKind::Conv, "depthwise", {x, w}, y, three_by_three(16));
  add(graph, OpKind::Sigmoid, "gate", {y}, z);
  const Program program = program_of(graph);
  ASSERT_EQ(program.unmodelled.size(), 2U);
  EXPECT_EQ(program.unmodelled[0].node, "depthwise");
  EXPECT_NE(program.unmodelled[0].reason.find("depthwise"), std::string::npos);
  EXPECT_EQ(program.layers[1].operation, Operation::ignored);
  const std::string csv = table_csv(program.layers, {Cost{}, Cost{}});
  EXPECT_NE(csv.find("\nsigmoid_ignored,0,"), std::string::npos);
}

}  // namespace
}  // namespace systole::simdit
