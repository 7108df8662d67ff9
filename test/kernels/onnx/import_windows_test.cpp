#include <gtest/gtest.h>

#include "test/kernels/onnx/model_builder.h"

namespace systole {
namespace {

using test::attribute;
using test::Ints;
using test::Model;

const ConvAttributes& conv_of(const Graph& graph) {
  return std::get<ConvAttributes>(graph.nodes.back().attributes);
}

Graph conv(const Ints& image, const Ints& weight, const std::vector<onnx::AttributeProto>& attributes) {
  return Model()
      .input("x", image)
      .fill("w", weight, 1.0F)
      .node("Conv", {"x", "w"}, {"y"}, attributes)
      .output("y")
      .import();
}

Graph pool(const std::string& op, const Ints& image, const std::vector<onnx::AttributeProto>& attributes) {
  return Model().input("x", image).node(op, {"x"}, {"y"}, attributes).output("y").import();
}

TEST(Conv, keeps_asymmetric_pads_dilations_and_groups) {
  const Graph graph = conv({1, 4, 9, 9}, {8, 2, 3, 3},
                           {attribute("pads", Ints{1, 0, 2, 3}), attribute("dilations", Ints{2, 1}),
                            attribute("group", std::int64_t{2}), attribute("strides", Ints{1, 2})});
  const ConvAttributes& c = conv_of(graph);
  EXPECT_EQ(c.pads.top, 1);
  EXPECT_EQ(c.pads.left, 0);
  EXPECT_EQ(c.pads.bottom, 2);
  EXPECT_EQ(c.pads.right, 3);
  EXPECT_EQ(c.dilations.height, 2);
  EXPECT_EQ(c.strides.width, 2);
  EXPECT_EQ(c.groups, 2);
  EXPECT_EQ(graph.shape(graph.outputs[0]), (Shape{1, 8, 8, 5}));
  EXPECT_EQ(graph.macs().count(), 8 * 8 * 5 * 2 * 9);
}

TEST(Conv, same_upper_puts_the_odd_row_at_the_end_and_same_lower_at_the_begin) {
  const Graph upper =
      conv({1, 1, 6, 6}, {1, 1, 3, 3}, {attribute("auto_pad", "SAME_UPPER"), attribute("strides", Ints{2, 2})});
  EXPECT_EQ(conv_of(upper).pads.top, 0);
  EXPECT_EQ(conv_of(upper).pads.bottom, 1);
  const Graph lower =
      conv({1, 1, 6, 6}, {1, 1, 3, 3}, {attribute("auto_pad", "SAME_LOWER"), attribute("strides", Ints{2, 2})});
  EXPECT_EQ(conv_of(lower).pads.left, 1);
  EXPECT_EQ(conv_of(lower).pads.right, 0);
  EXPECT_EQ(lower.shape(lower.outputs[0]), (Shape{1, 1, 3, 3}));
}

TEST(Conv, of_one_dimension_becomes_one_row) {
  const Graph graph = conv({2, 3, 10}, {4, 3, 3}, {attribute("pads", Ints{1, 0})});
  ASSERT_EQ(graph.nodes.size(), 3U);
  EXPECT_EQ(graph.nodes[1].op, OpKind::Conv);
  EXPECT_EQ(graph.shape(graph.nodes[1].outputs[0]), (Shape{2, 4, 1, 9}));
  EXPECT_EQ(graph.shape(graph.outputs[0]), (Shape{2, 4, 9}));
  EXPECT_EQ(graph.macs().count(), 2 * 4 * 9 * 9);
}

TEST(Pool, ceil_mode_becomes_padding_that_an_average_does_not_count) {
  const Graph graph = pool("AveragePool", {1, 1, 6, 6},
                           {attribute("kernel_shape", Ints{3, 3}), attribute("strides", Ints{2, 2}),
                            attribute("ceil_mode", std::int64_t{1}), attribute("count_include_pad", std::int64_t{1})});
  const auto& attributes = std::get<PoolAttributes>(graph.nodes[0].attributes);
  EXPECT_EQ(graph.shape(graph.outputs[0]), (Shape{1, 1, 3, 3}));
  EXPECT_EQ(attributes.pads.bottom, 1);
  EXPECT_TRUE(attributes.count_include_pad);
  EXPECT_EQ(attributes.counted.bottom, 0);
}

TEST(Pool, global_pools_cover_the_image) {
  const Graph graph = pool("GlobalAveragePool", {1, 8, 7, 5}, {});
  const auto& attributes = std::get<PoolAttributes>(graph.nodes[0].attributes);
  EXPECT_EQ(graph.nodes[0].op, OpKind::AveragePool);
  EXPECT_EQ(graph.nodes[0].onnx_op, "GlobalAveragePool");
  EXPECT_TRUE(attributes.global);
  EXPECT_EQ(attributes.kernel.height, 7);
  EXPECT_EQ(attributes.kernel.width, 5);
}

TEST(Pool, a_window_wholly_in_padding_is_refused) {
  const Model model =
      Model()
          .input("x", {1, 1, 4, 4})
          .node("MaxPool", {"x"}, {"y"}, {attribute("kernel_shape", Ints{2, 2}), attribute("pads", Ints{2, 0, 0, 0})})
          .output("y");
  EXPECT_NE(model.faults().find("a pooling window lies wholly in padding"), std::string::npos);
}

TEST(Conv, a_kernel_larger_than_the_padded_image_is_refused) {
  const Model model =
      Model().input("x", {1, 1, 2, 2}).fill("w", {1, 1, 3, 3}, 1.0F).node("Conv", {"x", "w"}, {"y"}).output("y");
  EXPECT_NE(model.faults().find("node 1 (Conv): "), std::string::npos) << model.faults();
}

TEST(Conv, channels_that_do_not_fit_the_groups_are_refused) {
  const Model model = Model()
                          .input("x", {1, 6, 8, 8})
                          .fill("w", {4, 2, 3, 3}, 1.0F)
                          .node("Conv", {"x", "w"}, {"y"}, {attribute("group", std::int64_t{2})})
                          .output("y");
  EXPECT_NE(model.faults().find("6 input channels in 2 groups"), std::string::npos) << model.faults();
}

}  // namespace
}  // namespace systole
