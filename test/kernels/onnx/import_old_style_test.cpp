#include <gtest/gtest.h>

#include <algorithm>

#include "kernels/graph/passes/fold_affine.h"
#include "test/kernels/onnx/model_builder.h"

// Graphs as early exporters wrote them: opset 9, every weight and shape also a graph input, scale and shift spelled
// out.
namespace systole {
namespace {

using test::attribute;
using test::Ints;
using test::Model;

/// Lists every initializer as a graph input too, as files below IR version 4 must.
Model listed(Model model) {
  model.proto().set_ir_version(3);
  for (const auto& tensor : model.proto().graph().initializer()) {
    model.input(tensor.name(), Ints(tensor.dims().begin(), tensor.dims().end()), tensor.data_type());
  }
  return model;
}

std::int64_t count(const Graph& graph, OpKind op) {
  return std::count_if(graph.nodes.begin(), graph.nodes.end(), [&](const Node& node) { return node.op == op; });
}

Model scale_and_shift() {
  return listed(Model(9)
                    .input("x", {1, 3, 8, 8})
                    .fill("w", {4, 3, 1, 1}, 0.5F)
                    .floats("one", {4}, {1, 1, 1, 1})
                    .floats("s", {4}, {1, 2, 3, 4})
                    .fill("b", {4}, 0.25F)
                    .node("Conv", {"x", "w"}, {"c"})
                    .node("BatchNormalization", {"c", "one", "b", "b", "one"}, {"n"}, {attribute("epsilon", 0.0F)})
                    .node("Unsqueeze", {"s"}, {"s3"}, {attribute("axes", Ints{1, 2})})
                    .node("Mul", {"n", "s3"}, {"m"})
                    .node("Unsqueeze", {"b"}, {"b3"}, {attribute("axes", Ints{1, 2})})
                    .node("Add", {"m", "b3"}, {"a"})
                    .node("Relu", {"a"}, {"y"})
                    .output("y"));
}

TEST(OldStyle, scale_and_shift_fold_into_the_convolution) {
  for (const std::int64_t n : {1, 8}) {
    ImportOptions options;
    options.batch = n;
    Graph graph = scale_and_shift().import(options);
    fold_batch_norm(graph);
    graph.validate();
    ASSERT_EQ(graph.nodes.size(), 2U);
    const Node& conv = graph.nodes[0];
    EXPECT_EQ(conv.absorbed.size(), 3U);
    EXPECT_EQ(std::get<RowFill>(graph.tensor(conv.inputs[1]).values).rows,
              (std::vector<float>{0.5F, 1.0F, 1.5F, 2.0F}));
    // The mean is the shift here, so normalization adds nothing; only the last Add is left.
    EXPECT_EQ(std::get<std::vector<float>>(graph.tensor(conv.inputs[2]).values),
              (std::vector<float>{0.25F, 0.25F, 0.25F, 0.25F}));
    EXPECT_EQ(graph.shape(graph.outputs[0]), (Shape{n, 4, 8, 8}));
  }
}

Model channel_shuffle() {
  return listed(Model(9)
                    .input("gpu_0/data_0", {1, 6, 8, 8})
                    .fill("w", {6, 2, 1, 1}, 1.0F)
                    .fill("d", {6, 1, 3, 3}, 1.0F)
                    .fill("fc", {10, 12}, 1.0F)
                    .fill("fb", {10}, 1.0F)
                    .ints("to5", {1, 3, 2, 8, 8})
                    .ints("to4", {1, 6, 8, 8})
                    .ints("flat", {1, 12})
                    .node("Conv", {"gpu_0/data_0", "w"}, {"c"}, {attribute("group", std::int64_t{3})})
                    .node("Reshape", {"c", "to5"}, {"r"})
                    .node("Transpose", {"r"}, {"t"}, {attribute("perm", Ints{0, 2, 1, 3, 4})})
                    .node("Reshape", {"t", "to4"}, {"u"})
                    .node("Conv", {"u", "d"}, {"e"},
                          {attribute("group", std::int64_t{6}), attribute("pads", Ints{1, 1, 1, 1}),
                           attribute("strides", Ints{2, 2})})
                    .node("AveragePool", {"gpu_0/data_0"}, {"p"},
                          {attribute("kernel_shape", Ints{3, 3}), attribute("pads", Ints{1, 1, 1, 1}),
                           attribute("strides", Ints{2, 2})})
                    .node("Concat", {"p", "e"}, {"k"}, {attribute("axis", std::int64_t{1})})
                    .node("LRN", {"k"}, {"l"}, {attribute("size", std::int64_t{5})})
                    .node("MaxPool", {"l"}, {"m"},
                          {attribute("kernel_shape", Ints{3, 3}), attribute("pads", Ints{0, 0, 1, 1}),
                           attribute("strides", Ints{2, 2})})
                    .node("GlobalAveragePool", {"m"}, {"g"})
                    .node("Reshape", {"g", "flat"}, {"f"})
                    .node("Gemm", {"f", "fc", "fb"}, {"h"}, {attribute("transB", std::int64_t{1})})
                    .node("Dropout", {"h"}, {"i", "mask"})
                    .node("Softmax", {"i"}, {"prob"})
                    .output("prob"));
}

TEST(OldStyle, channel_shuffle_concat_and_lrn_import_at_batch_1_and_8) {
  for (const std::int64_t n : {1, 8}) {
    ImportOptions options;
    options.batch = n;
    const Graph graph = channel_shuffle().import(options);
    EXPECT_EQ(graph.inputs.size(), 1U);
    EXPECT_EQ(graph.shape(graph.outputs[0]), (Shape{n, 10}));
    EXPECT_EQ(count(graph, OpKind::Reshape), 4);
    EXPECT_EQ(graph.macs().count(), n * (6 * 64 * 2 + 6 * 16 * 9 + 10 * 12));
  }
}

TEST(OldStyle, nodes_without_names_are_named_after_operator_and_place) {
  const Graph graph = channel_shuffle().import();
  EXPECT_EQ(graph.nodes[0].name, "Conv_4");
}

}  // namespace
}  // namespace systole
