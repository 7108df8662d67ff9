#include "kernels/graph/graph.h"

#include <algorithm>
#include <utility>

namespace systole {

const char* to_string(ElementType type) {
  switch (type) {
    case ElementType::Float32:
      return "float32";
    case ElementType::Float16:
      return "float16";
    case ElementType::BFloat16:
      return "bfloat16";
    case ElementType::Float64:
      return "float64";
    case ElementType::Int8:
      return "int8";
    case ElementType::UInt8:
      return "uint8";
    case ElementType::Int16:
      return "int16";
    case ElementType::UInt16:
      return "uint16";
    case ElementType::Int32:
      return "int32";
    case ElementType::UInt32:
      return "uint32";
    case ElementType::Int64:
      return "int64";
    case ElementType::UInt64:
      return "uint64";
    case ElementType::Bool:
      return "bool";
  }
  return "?";
}

std::int64_t element_count(const Shape& shape) {
  std::int64_t count = 1;
  for (const std::int64_t extent : shape) count *= extent;
  return count;
}

std::string to_string(const Shape& shape) {
  if (shape.empty()) return "scalar";
  std::string text;
  for (const std::int64_t extent : shape) text += (text.empty() ? "" : "x") + std::to_string(extent);
  return text;
}

std::optional<Shape> broadcast(const std::vector<Shape>& shapes) {
  std::size_t rank = 0;
  for (const Shape& shape : shapes) rank = std::max(rank, shape.size());
  Shape result(rank, 1);
  for (const Shape& shape : shapes) {
    const std::size_t offset = rank - shape.size();
    for (std::size_t i = 0; i < shape.size(); ++i) {
      std::int64_t& extent = result[offset + i];
      if (extent == 1) extent = shape[i];
      if (shape[i] != 1 && shape[i] != extent) return std::nullopt;
    }
  }
  return result;
}

TensorId Graph::add(Tensor tensor) {
  tensors.push_back(std::move(tensor));
  return static_cast<TensorId>(tensors.size() - 1);
}

NodeId Graph::add(Node node) {
  nodes.push_back(std::move(node));
  return static_cast<NodeId>(nodes.size() - 1);
}

std::optional<TensorId> Graph::find(const std::string& tensor_name) const {
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (tensors[i].name == tensor_name) return static_cast<TensorId>(i);
  }
  return std::nullopt;
}

bool Graph::is_output(TensorId id) const {
  return std::find(outputs.begin(), outputs.end(), id) != outputs.end();
}

std::optional<NodeId> Graph::producer(TensorId id) const {
  return Uses(*this).producer(id);
}

std::vector<NodeId> Graph::consumers(TensorId id) const {
  return Uses(*this).consumers(id);
}

Macs Graph::macs(const Node& node) const {
  if (!is_conv_or_gemm(node.op)) return Macs{0};
  if (node.op == OpKind::ConvInputGradient || node.op == OpKind::ConvWeightGradient) {
    // Each weight meets each pixel of dy once, as in the convolution itself.
    const Shape& weight = node.op == OpKind::ConvInputGradient ? shape(node.inputs.at(1)) : shape(node.outputs.at(0));
    return Macs{element_count(shape(node.inputs.at(0))) * (element_count(weight) / weight.at(0))};
  }
  const std::int64_t outputs_made = element_count(shape(node.outputs.at(0)));
  if (node.op == OpKind::Conv) {
    const Shape& weight = shape(node.inputs.at(1));
    return Macs{outputs_made * (element_count(weight) / weight.at(0))};
  }
  const Shape& a = shape(node.inputs.at(0));
  const auto* gemm = std::get_if<GemmAttributes>(&node.attributes);
  const std::int64_t reduction = gemm != nullptr && gemm->transpose_a ? a.at(0) : a.back();
  return Macs{outputs_made * reduction};
}

Macs Graph::macs() const {
  Macs total;
  for (const Node& node : nodes) total += macs(node);
  return total;
}

Uses::Uses(const Graph& graph) : producers_(graph.tensors.size()), consumers_(graph.tensors.size()) {
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const auto id = static_cast<NodeId>(i);
    for (const TensorId output : graph.nodes[i].outputs) producers_.at(static_cast<std::size_t>(output)) = id;
    for (const TensorId input : graph.nodes[i].inputs) {
      std::vector<NodeId>& readers = consumers_.at(static_cast<std::size_t>(input));
      if (readers.empty() || readers.back() != id) readers.push_back(id);
    }
  }
}

}  // namespace systole
