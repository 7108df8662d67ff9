#include <gtest/gtest.h>

#include "test/kernels/onnx/model_builder.h"

// What older opsets say in attributes and newer ones in inputs becomes the same node.
namespace systole {
namespace {

using test::attribute;
using test::Ints;
using test::Model;

Graph one_node(int opset, const std::string& op, const std::vector<std::string>& more_inputs,
               const std::vector<onnx::AttributeProto>& attributes, Model model) {
  std::vector<std::string> inputs{"x"};
  inputs.insert(inputs.end(), more_inputs.begin(), more_inputs.end());
  model.proto().mutable_opset_import(0)->set_version(opset);
  return model.input("x", {2, 3, 4, 5}).node(op, inputs, {"y"}, attributes).output("y").import();
}

template <typename T>
const T& attributes_of(const Graph& graph) {
  return std::get<T>(graph.nodes.at(0).attributes);
}

TEST(Opsets, clip_takes_its_limits_from_attributes_or_inputs) {
  const Graph old = one_node(7, "Clip", {}, {attribute("min", 0.0F), attribute("max", 6.0F)}, Model());
  const Graph now =
      one_node(13, "Clip", {"min", "max"}, {}, Model().floats("min", {}, {0.0F}).floats("max", {}, {6.0F}));
  for (const Graph* graph : {&old, &now}) {
    EXPECT_EQ(attributes_of<ClipAttributes>(*graph).min, 0.0);
    EXPECT_EQ(attributes_of<ClipAttributes>(*graph).max, 6.0);
    EXPECT_EQ(graph->nodes[0].inputs.size(), 1U);
  }
  const Graph open = one_node(13, "Clip", {"", "max"}, {}, Model().floats("max", {}, {6.0F}));
  EXPECT_EQ(attributes_of<ClipAttributes>(open).min, -std::numeric_limits<double>::infinity());
}

TEST(Opsets, slice_is_one_start_and_step_a_dimension) {
  const Graph old = one_node(
      9, "Slice", {}, {attribute("starts", Ints{1}), attribute("ends", Ints{-1}), attribute("axes", Ints{2})}, Model());
  const Graph now = one_node(13, "Slice", {"s", "e", "a", "st"}, {},
                             Model().ints("s", {1}).ints("e", {-1}).ints("a", {-2}).ints("st", {1}));
  for (const Graph* graph : {&old, &now}) {
    EXPECT_EQ(attributes_of<SliceAttributes>(*graph).starts, (Ints{0, 0, 1, 0}));
    EXPECT_EQ(graph->shape(graph->outputs[0]), (Shape{2, 3, 2, 5}));
  }
}

TEST(Opsets, a_slice_may_run_backwards) {
  const Graph graph = one_node(13, "Slice", {"s", "e", "a", "st"}, {},
                               Model().ints("s", {100}).ints("e", {-100}).ints("a", {3}).ints("st", {-2}));
  EXPECT_EQ(attributes_of<SliceAttributes>(graph).starts, (Ints{0, 0, 0, 4}));
  EXPECT_EQ(attributes_of<SliceAttributes>(graph).steps, (Ints{1, 1, 1, -2}));
  EXPECT_EQ(graph.shape(graph.outputs[0]), (Shape{2, 3, 4, 3}));
}

TEST(Opsets, pad_takes_its_pads_from_attributes_or_inputs) {
  const Ints pads{0, 0, 1, 2, 0, 0, 3, -1};
  const Graph old = one_node(10, "Pad", {}, {attribute("pads", pads), attribute("value", 2.0F)}, Model());
  const Graph now = one_node(13, "Pad", {"p", "v"}, {}, Model().ints("p", pads).floats("v", {}, {2.0F}));
  for (const Graph* graph : {&old, &now}) {
    EXPECT_EQ(attributes_of<PadAttributes>(*graph).begin, (Ints{0, 0, 1, 2}));
    EXPECT_EQ(attributes_of<PadAttributes>(*graph).end, (Ints{0, 0, 3, -1}));
    EXPECT_EQ(attributes_of<PadAttributes>(*graph).value, 2.0);
    EXPECT_EQ(graph->shape(graph->outputs[0]), (Shape{2, 3, 8, 6}));
  }
}

TEST(Opsets, reduce_sum_takes_its_axes_from_an_attribute_or_an_input) {
  const Graph old =
      one_node(11, "ReduceSum", {}, {attribute("axes", Ints{-1, 1}), attribute("keepdims", std::int64_t{0})}, Model());
  const Graph now =
      one_node(13, "ReduceSum", {"a"}, {attribute("keepdims", std::int64_t{0})}, Model().ints("a", {3, 1}));
  for (const Graph* graph : {&old, &now}) {
    EXPECT_EQ(attributes_of<ReduceAttributes>(*graph).axes, (Ints{1, 3}));
    EXPECT_EQ(graph->shape(graph->outputs[0]), (Shape{2, 4}));
  }
  const Graph all = one_node(13, "ReduceMean", {}, {}, Model());
  EXPECT_EQ(attributes_of<ReduceAttributes>(all).axes, (Ints{0, 1, 2, 3}));
}

TEST(Opsets, softmax_flattens_below_13) {
  const Graph old = one_node(11, "Softmax", {}, {}, Model());
  EXPECT_EQ(attributes_of<SoftmaxAttributes>(old).first_axis, 1);
  EXPECT_EQ(attributes_of<SoftmaxAttributes>(old).last_axis, 4);
  const Graph now = one_node(13, "Softmax", {}, {}, Model());
  EXPECT_EQ(attributes_of<SoftmaxAttributes>(now).first_axis, 3);
  EXPECT_EQ(attributes_of<SoftmaxAttributes>(now).last_axis, 4);
}

TEST(Opsets, every_operator_that_keeps_the_elements_in_order_is_a_reshape) {
  const Graph flatten = one_node(9, "Flatten", {}, {attribute("axis", std::int64_t{2})}, Model());
  const Graph unsqueeze_old = one_node(11, "Unsqueeze", {}, {attribute("axes", Ints{0, -1})}, Model());
  const Graph unsqueeze_now = one_node(13, "Unsqueeze", {"a"}, {}, Model().ints("a", {0, -1}));
  const Graph dropout_old = one_node(7, "Dropout", {}, {attribute("ratio", 0.5F)}, Model());
  const Graph dropout_now = one_node(13, "Dropout", {"r"}, {}, Model().floats("r", {}, {0.5F}));
  const Graph reshape = one_node(13, "Reshape", {"s"}, {}, Model().ints("s", {0, -1, 2}));
  for (const Graph* graph : {&flatten, &unsqueeze_old, &unsqueeze_now, &dropout_old, &dropout_now, &reshape}) {
    EXPECT_EQ(graph->nodes[0].op, OpKind::Reshape);
    EXPECT_EQ(graph->nodes[0].inputs.size(), 1U);
  }
  EXPECT_EQ(flatten.shape(flatten.outputs[0]), (Shape{6, 20}));
  EXPECT_EQ(unsqueeze_now.shape(unsqueeze_now.outputs[0]), (Shape{1, 2, 3, 4, 5, 1}));
  EXPECT_EQ(unsqueeze_old.shape(unsqueeze_old.outputs[0]), unsqueeze_now.shape(unsqueeze_now.outputs[0]));
  EXPECT_EQ(reshape.shape(reshape.outputs[0]), (Shape{2, 30, 2}));
  EXPECT_EQ(dropout_old.nodes[0].onnx_op, "Dropout");
}

TEST(Opsets, split_takes_its_sizes_from_an_attribute_an_input_or_equally) {
  const auto split = [](Model model, int opset, const std::vector<std::string>& inputs,
                        const std::vector<onnx::AttributeProto>& attributes) {
    model.proto().mutable_opset_import(0)->set_version(opset);
    return model.input("x", {2, 6}).node("Split", inputs, {"y", "z"}, attributes).output("y").output("z").import();
  };
  const auto axis = attribute("axis", std::int64_t{-1});
  const Graph old = split(Model(), 11, {"x"}, {axis, attribute("split", Ints{2, 4})});
  const Graph now = split(Model().ints("s", {2, 4}), 13, {"x", "s"}, {axis});
  const Graph equal = split(Model(), 13, {"x"}, {axis});
  EXPECT_EQ(old.shape(old.outputs[1]), (Shape{2, 4}));
  EXPECT_EQ(now.shape(now.outputs[1]), (Shape{2, 4}));
  EXPECT_EQ(equal.shape(equal.outputs[1]), (Shape{2, 3}));
  EXPECT_EQ(attributes_of<SplitAttributes>(now).axis, 1);
}

}  // namespace
}  // namespace systole
