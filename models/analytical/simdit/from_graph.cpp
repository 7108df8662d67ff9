#include "models/analytical/simdit/from_graph.h"

#include <cctype>

namespace systole::simdit {
namespace {

Reading unmodelled(std::string reason) {
  return {Layer{}, std::move(reason)};
}

Reading convolution(const Graph& graph, const Node& node) {
  const auto& a = std::get<ConvAttributes>(node.attributes);
  if (a.groups != 1) return unmodelled("grouped and depthwise convolutions have no model");
  if (a.dilations.height != 1 || a.dilations.width != 1) return unmodelled("dilated convolutions have no model");
  if (a.strides.height != a.strides.width) return unmodelled("there is one stride for both directions");
  Layer layer;
  layer.operation = Operation::convolution;
  layer.name = node.inputs.size() > 2 ? "conv_bias" : "conv";
  read_image(graph.shape(node.outputs[0]), layer);
  layer.in_channels = graph.shape(node.inputs[0])[1];
  layer.kernel_height = a.kernel.height;
  layer.kernel_width = a.kernel.width;
  layer.stride = a.strides.height;
  return {layer, std::nullopt};
}

Reading matrix_product(const Graph& graph, const Node& node) {
  const Shape& out = graph.shape(node.outputs[0]);
  if (out.size() != 2) return unmodelled("only products of two matrices have a model");
  const bool transposed = node.op == OpKind::Gemm && std::get<GemmAttributes>(node.attributes).transpose_a;
  Layer layer;
  layer.operation = Operation::gemm;
  layer.name = node.inputs.size() > 2 ? "gemm" : "gemm_no_bias";
  layer.batch = out[0];
  layer.out_channels = out[1];
  layer.in_channels = graph.shape(node.inputs[0])[transposed ? 0 : 1];
  return {layer, std::nullopt};
}

Reading pool(const Graph& graph, const Node& node) {
  const auto& a = std::get<PoolAttributes>(node.attributes);
  if (a.dilations.height != 1 || a.dilations.width != 1) return unmodelled("dilated pooling has no model");
  if (a.strides.height != a.strides.width && !a.global) return unmodelled("there is one stride for both directions");
  Layer layer;
  const bool average = node.op == OpKind::AveragePool;
  layer.operation = average ? Operation::avg_pool : Operation::max_pool;
  read_image(graph.shape(node.outputs[0]), layer);
  const bool whole_image = layer.out_height == 1 && layer.out_width == 1;
  layer.name = average ? (whole_image ? "global_avg_pool" : "avg_pool") : "max_pool";
  layer.kernel_height = a.kernel.height;
  layer.kernel_width = a.kernel.width;
  layer.stride = whole_image ? 1 : a.strides.height;
  return {layer, std::nullopt};
}

Reading elementwise(const Graph& graph, const Node& node, Operation operation, const char* name) {
  const Shape& out = graph.shape(node.outputs[0]);
  if (out.size() < 2) return unmodelled("a tensor without a channel dimension has no model");
  if (out.size() > 4) return unmodelled("a tensor of more than four dimensions has no model");
  if (operation == Operation::elem_add && graph.shape(node.inputs[0]) != graph.shape(node.inputs[1])) {
    return unmodelled("broadcasting has no model");
  }
  Layer layer;
  layer.operation = operation;
  layer.name = name;
  read_image(out, layer);
  return {layer, std::nullopt};
}

Reading read(const Graph& graph, const Node& node) {
  switch (node.op) {
    case OpKind::Conv:
      return convolution(graph, node);
    case OpKind::Gemm:
    case OpKind::MatMul:
      return matrix_product(graph, node);
    case OpKind::MaxPool:
    case OpKind::AveragePool:
      return pool(graph, node);
    case OpKind::Relu:
      return elementwise(graph, node, Operation::relu, "relu");
    case OpKind::Add:
      return elementwise(graph, node, Operation::elem_add, "elem_add");
    case OpKind::BatchNormalization:
      return elementwise(graph, node, Operation::batch_norm, "batch_norm");
    case OpKind::Reshape: {
      Layer layer;
      layer.name = "coarse_flatten";
      return {layer, std::nullopt};
    }
    default:
      return unmodelled("the operator has no model");
  }
}

std::string lower_case(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

}  // namespace

void read_image(const Shape& shape, Layer& layer) {
  layer.batch = shape[0];
  layer.out_channels = shape[1];
  layer.out_height = shape.size() > 2 ? shape[2] : 1;
  layer.out_width = shape.size() > 3 ? shape[3] : 1;
}

Reading read_node(const Graph& graph, const Node& node) {
  Reading reading = read(graph, node);
  if (reading.reason) reading.layer.name = lower_case(node.onnx_op);
  return reading;
}

Program program_of(const Graph& graph) {
  Program program;
  for (const Node& node : graph.nodes) {
    Reading reading = read_node(graph, node);
    if (reading.reason) program.unmodelled.push_back({node.name, node.onnx_op, *reading.reason});
    program.add(std::move(reading.layer), node.name, Phase::forward);
  }
  return program;
}

}  // namespace systole::simdit
