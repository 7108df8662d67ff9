#include <gtest/gtest.h>

#include "test/kernels/onnx/model_builder.h"

namespace systole {
namespace {

using test::attribute;
using test::Ints;
using test::Model;

TEST(Folding, a_target_computed_from_a_shape_is_known_at_import) {
  const Graph graph = Model()
                          .input("x", {2, 3, 4, 5})
                          .ints("zero", {0})
                          .ints("rest", {-1})
                          .node("Shape", {"x"}, {"shape"})
                          .node("Gather", {"shape", "zero"}, {"batch"})
                          .node("Concat", {"batch", "rest"}, {"target"}, {attribute("axis", std::int64_t{0})})
                          .node("Reshape", {"x", "target"}, {"y"})
                          .output("y")
                          .import();
  ASSERT_EQ(graph.nodes.size(), 1U);
  EXPECT_EQ(graph.shape(graph.outputs[0]), (Shape{2, 60}));
  EXPECT_EQ(graph.tensors.size(), 2U) << "constants that nobody reads are gone";
}

/// y = x + (the constant that the nodes before make under the name "c"); returns that constant.
Tensor constant_after(Model model) {
  const Graph graph = model.input("x", {1}).node("Add", {"x", "c"}, {"y"}).output("y").import();
  return graph.tensor(graph.find("c").value());
}

std::vector<float> floats(const Tensor& tensor) {
  return as_floats(tensor.values, element_count(tensor.shape)).value();
}

TEST(Folding, moves_and_computes_values) {
  const auto matrix = [] { return Model().floats("m", {2, 3}, {1, 2, 3, 4, 5, 6}); };
  EXPECT_EQ(floats(constant_after(matrix().node("Transpose", {"m"}, {"c"}))), (std::vector<float>{1, 4, 2, 5, 3, 6}));
  EXPECT_EQ(floats(constant_after(matrix().floats("r", {3}, {1, 0, 2}).node("Mul", {"m", "r"}, {"c"}))),
            (std::vector<float>{1, 0, 6, 4, 0, 12}));
  EXPECT_EQ(floats(constant_after(
                matrix().ints("i", {2, 0}).node("Gather", {"m", "i"}, {"c"}, {attribute("axis", std::int64_t{1})}))),
            (std::vector<float>{3, 1, 6, 4}));
  EXPECT_EQ(floats(constant_after(matrix()
                                      .ints("s", {2})
                                      .ints("e", {-9})
                                      .ints("a", {1})
                                      .ints("st", {-2})
                                      .node("Slice", {"m", "s", "e", "a", "st"}, {"c"}))),
            (std::vector<float>{3, 1, 6, 4}));
  EXPECT_EQ(floats(constant_after(matrix().node("Concat", {"m", "m"}, {"c"}, {attribute("axis", std::int64_t{1})}))),
            (std::vector<float>{1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6}));
  EXPECT_EQ(floats(constant_after(Model()
                                      .floats("m", {1}, {7.9F})
                                      .node("Cast", {"m"}, {"i"}, {attribute("to", std::int64_t{7})})
                                      .node("Cast", {"i"}, {"c"}, {attribute("to", std::int64_t{1})}))),
            (std::vector<float>{7}));
}

TEST(Folding, a_fill_stays_a_fill) {
  const Tensor tensor =
      constant_after(Model().fill("a", {4, 4}, 0.5F).fill("b", {4, 4}, 3.0F).node("Mul", {"a", "b"}, {"c"}));
  ASSERT_TRUE(std::holds_alternative<Fill>(tensor.values));
  EXPECT_EQ(std::get<Fill>(tensor.values).value, 1.5);
}

TEST(Folding, absent_values_stay_absent_with_a_known_shape) {
  const Tensor tensor = constant_after(Model().no_values("w", {2, 3}).node("Transpose", {"w"}, {"c"}));
  EXPECT_EQ(tensor.shape, (Shape{3, 2}));
  EXPECT_FALSE(has_values(tensor.values));
}

TEST(Folding, a_trillion_elements_cost_nothing) {
  const std::int64_t million = 1000000;
  const Tensor tensor =
      constant_after(Model()
                         .fill("a", {million, million}, 1.0F)
                         .floats("b", {2, 1, 1}, {1, 2})
                         .ints("first", {0})
                         .node("Transpose", {"a"}, {"t"})
                         .node("Mul", {"t", "t"}, {"tt"})
                         .node("ReduceMax", {"b"}, {"unused"})
                         .node("Gather", {"tt", "first"}, {"row"})
                         .node("Gather", {"row", "first"}, {"c"}, {attribute("axis", std::int64_t{1})}));
  EXPECT_EQ(floats(tensor), std::vector<float>{1.0F});
}

TEST(Folding, dividing_an_integer_by_zero_is_the_files_fault) {
  const Model model = Model()
                          .input("x", {1, 4})
                          .ints("a", {4})
                          .ints("b", {0})
                          .node("Div", {"a", "b"}, {"target"})
                          .node("Reshape", {"x", "target"}, {"y"})
                          .output("y");
  EXPECT_EQ(model.faults(), "node 0 (Div): divides an integer by zero\n");
}

}  // namespace
}  // namespace systole
