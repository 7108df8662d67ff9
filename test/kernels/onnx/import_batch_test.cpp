#include <gtest/gtest.h>

#include "test/kernels/onnx/model_builder.h"

namespace systole {
namespace {

using test::attribute;
using test::Ints;
using test::Model;

ImportOptions batch(std::int64_t n) {
  ImportOptions options;
  options.batch = n;
  return options;
}

Shape output_shape(const Model& model, std::int64_t n) {
  const Graph graph = model.import(batch(n));
  return graph.shape(graph.outputs[0]);
}

TEST(Batch, replaces_a_fixed_and_a_symbolic_first_dimension) {
  EXPECT_EQ(output_shape(Model().input("x", {1, 3}).node("Relu", {"x"}, {"y"}).output("y"), 5), (Shape{5, 3}));
  EXPECT_EQ(output_shape(Model().input("x", {-1, 3}).node("Relu", {"x"}, {"y"}).output("y"), 5), (Shape{5, 3}));
}

TEST(Batch, adapts_reshape_targets_that_begin_with_the_old_batch) {
  const auto reshaped = [](const Ints& target) {
    return Model().input("x", {1, 6, 2, 2}).ints("t", target).node("Reshape", {"x", "t"}, {"y"}).output("y");
  };
  EXPECT_EQ(output_shape(reshaped({1, 24}), 4), (Shape{4, 24}));
  EXPECT_EQ(output_shape(reshaped({1, -1}), 4), (Shape{4, 24}));
  EXPECT_EQ(output_shape(reshaped({-1, 24}), 4), (Shape{4, 24}));
  EXPECT_EQ(output_shape(reshaped({0, -1}), 4), (Shape{4, 24}));
  EXPECT_EQ(output_shape(reshaped({1, 2, 3, 2, 2}), 4), (Shape{4, 2, 3, 2, 2}));
}

TEST(Batch, a_target_computed_from_a_shape_follows_by_itself) {
  // The first entry is the number of channels, which happens to be the old batch.
  const Model model = Model()
                          .input("x", {3, 3, 4})
                          .ints("i", {1})
                          .ints("j", {0})
                          .ints("k", {2})
                          .node("Shape", {"x"}, {"s"})
                          .node("Gather", {"s", "i"}, {"c"})
                          .node("Gather", {"s", "j"}, {"n"})
                          .node("Gather", {"s", "k"}, {"l"})
                          .node("Concat", {"c", "n", "l"}, {"t"}, {attribute("axis", std::int64_t{0})})
                          .node("Reshape", {"x", "t"}, {"y"})
                          .output("y");
  EXPECT_EQ(output_shape(model, 7), (Shape{3, 7, 4}));
}

TEST(Batch, a_target_that_cannot_be_adapted_is_a_fault_of_that_node) {
  const Model model =
      Model().input("x", {2, 6}).ints("t", {12}).node("Reshape", {"x", "t"}, {"y"}, {}, "flat").output("y");
  EXPECT_EQ(model.import().shape(model.import().outputs[0]), (Shape{12}));
  EXPECT_NE(model.faults(batch(4)).find("node 'flat' (Reshape): 4x6 and 12 have different numbers of elements"),
            std::string::npos)
      << model.faults(batch(4));
}

TEST(Batch, does_not_touch_weights_that_are_graph_inputs) {
  const Model model =
      Model().input("x", {1, 3, 8, 8}).input("w", {4, 3, 3, 3}).node("Conv", {"x", "w"}, {"y"}).output("y");
  EXPECT_EQ(output_shape(model, 2), (Shape{2, 4, 6, 6}));
}

TEST(Batch, below_one_is_refused) {
  const Model model = Model().input("x", {1, 3}).node("Relu", {"x"}, {"y"}).output("y");
  EXPECT_EQ(model.faults(batch(0)), "batch 0 is not possible | --batch is at least 1\n");
}

TEST(Batch, a_symbolic_dimension_without_batch_names_input_and_dimension) {
  const Model model = Model().input("data", {-1, 3, -1}).node("Relu", {"data"}, {"y"}).output("y");
  EXPECT_EQ(model.faults(),
            "graph input 'data': dimension 0 is symbolic ('N') | choose the batch with --batch N\n"
            "graph input 'data': dimension 2 is symbolic ('N') | export the network with fixed sizes; --batch sets "
            "only dimension 0\n");
  EXPECT_EQ(model.faults(batch(1)).rfind("graph input 'data': dimension 2", 0), 0U);
}

}  // namespace
}  // namespace systole
