#include <gtest/gtest.h>

#include "test/kernels/onnx/model_builder.h"

namespace systole {
namespace {

using test::attribute;
using test::Ints;
using test::Model;

Model with_conv(Model model) {
  return model.input("x", {1, 1, 4, 4}).node("Conv", {"x", "w"}, {"y"}).output("y");
}

Tensor weight(const Graph& graph) {
  return graph.tensor(graph.nodes.back().inputs.at(1));
}

TEST(Weights, may_be_initializers_with_values) {
  const Tensor w = weight(with_conv(Model().floats("w", {1, 1, 1, 2}, {3, 4})).import());
  EXPECT_TRUE(w.constant);
  EXPECT_EQ(std::get<std::vector<float>>(w.values), (std::vector<float>{3, 4}));
}

TEST(Weights, may_be_initializers_without_values) {
  const Tensor w = weight(with_conv(Model().no_values("w", {1, 1, 2, 2})).import());
  EXPECT_TRUE(w.constant);
  EXPECT_FALSE(has_values(w.values));
}

TEST(Weights, may_be_constant_of_shape) {
  const Tensor w = weight(with_conv(Model().fill("w", {1, 1, 2, 2}, 0.25F)).import());
  EXPECT_EQ(std::get<Fill>(w.values).value, 0.25);
}

TEST(Weights, may_be_graph_inputs_perhaps_behind_a_transpose) {
  const Graph plain = with_conv(Model().input("w", {1, 1, 2, 2})).import();
  EXPECT_TRUE(weight(plain).constant);
  EXPECT_EQ(plain.inputs.size(), 1U);
  const Graph turned = Model()
                           .input("x", {1, 3})
                           .input("w", {5, 3})
                           .node("Transpose", {"w"}, {"wt"})
                           .node("MatMul", {"x", "wt"}, {"y"})
                           .output("y")
                           .import();
  ASSERT_EQ(turned.nodes.size(), 1U);
  EXPECT_EQ(weight(turned).shape, (Shape{3, 5}));
  EXPECT_FALSE(has_values(weight(turned).values));
}

TEST(Weights, may_also_be_listed_as_inputs_beside_their_initializer) {
  const Graph graph = with_conv(Model().input("w", {1, 1, 2, 2}).floats("w", {1, 1, 2, 2}, {1, 2, 3, 4})).import();
  EXPECT_EQ(graph.inputs.size(), 1U);
  EXPECT_TRUE(has_values(weight(graph).values));
}

TEST(Weights, may_be_given_by_the_caller) {
  ImportOptions options;
  options.constants["w"] = Tensor{"", {1, 1, 1, 1}, ElementType::Float32, true, std::vector<float>{9}};
  const Tensor w = weight(with_conv(Model().input("w", {1, 1, 1, 1})).import(options));
  EXPECT_EQ(w.name, "w");
  EXPECT_EQ(std::get<std::vector<float>>(w.values), std::vector<float>{9});
}

TEST(Weights, whose_data_do_not_fit_the_shape_are_refused) {
  EXPECT_EQ(with_conv(Model().floats("w", {1, 1, 2, 2}, {1, 2, 3})).faults(),
            "tensor 'w' 1x1x2x2 has data of another size than its shape\n");
}

TEST(Weights, of_half_precision_are_read_exactly) {
  Model model = with_conv(Model().no_values("w", {1, 1, 1, 4}));
  model.proto().mutable_graph()->mutable_input(0)->mutable_type()->mutable_tensor_type()->set_elem_type(
      onnx::TensorProto::FLOAT16);
  auto* tensor = model.proto().mutable_graph()->mutable_initializer(0);
  tensor->set_data_type(onnx::TensorProto::FLOAT16);
  tensor->set_raw_data(std::string("\x00\x3C\x00\xC0\x01\x00\xFF\x7B", 8));  // 1, -2, 2^-24, 65504
  const Tensor w = weight(model.import());
  EXPECT_EQ(std::get<std::vector<float>>(w.values), (std::vector<float>{1.0F, -2.0F, 0x1p-24F, 65504.0F}));
}

}  // namespace
}  // namespace systole
