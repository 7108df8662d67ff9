#include "kernels/training/backward.h"

#include <fmt/format.h>

#include <utility>

namespace systole::training {

Backward::Backward(Graph& graph, std::vector<bool> wanted, std::set<TensorId> weights)
    : graph_(graph), wanted_(std::move(wanted)), weights_(std::move(weights)) {
  for (const Node& node : graph.nodes) names_.insert(node.name);
  for (const Tensor& tensor : graph.tensors) names_.insert(tensor.name);
}

bool Backward::wanted(TensorId id) const {
  const auto i = static_cast<std::size_t>(id);
  return i < wanted_.size() && wanted_[i];
}

std::optional<TensorId> Backward::gradient(TensorId id) {
  if (const auto known = sums_.find(id); known != sums_.end()) return known->second;
  const auto found = contributions_.find(id);
  if (found == contributions_.end()) return std::nullopt;
  const std::vector<TensorId>& parts = found->second;
  if (parts.size() == 1) return parts.front();
  const OpKind op = parts.size() == 2 ? OpKind::Add : OpKind::Sum;
  const TensorId sum = append(unique(graph_.tensor(id).name + "/grad_sum"), TrainingPhase::Grad, op, parts,
                              {graph_.shape(id)}, NoAttributes{})
                           .front();
  return sums_[id] = sum;
}

std::vector<TensorId> Backward::append(const std::string& name, TrainingPhase phase, OpKind op,
                                       std::vector<TensorId> inputs, const std::vector<Shape>& shapes,
                                       Attributes attributes) {
  Node node;
  node.name = name;
  node.onnx_op = to_string(op);
  node.op = op;
  node.inputs = std::move(inputs);
  node.attributes = std::move(attributes);
  node.phase = phase;
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    const std::string tensor = i == 0 ? name : unique(fmt::format("{}:{}", name, i));
    node.outputs.push_back(graph_.add(Tensor{tensor, shapes[i], ElementType::Float32, false, Absent{}}));
  }
  std::vector<TensorId> outputs = node.outputs;
  graph_.add(std::move(node));
  return outputs;
}

std::string Backward::unique(const std::string& name) {
  std::string candidate = name;
  for (int n = 2; !names_.insert(candidate).second; ++n) candidate = fmt::format("{}_{}", name, n);
  return candidate;
}

void NodeGradient::refuse(const std::string& reason) {
  backward_.refuse({"", 0, 0, fmt::format("{} '{}' cannot be trained: {}", node_.onnx_op, node_.name, reason), ""});
  for (std::size_t i = 0; i < node_.inputs.size(); ++i) {
    if (wants(i)) give(i, fill(0.0, in_shape(i)));
  }
}

std::vector<TensorId> NodeGradient::emit_all(const char* part, TrainingPhase phase, OpKind op,
                                             std::vector<TensorId> inputs, const std::vector<Shape>& shapes,
                                             Attributes attributes) {
  const std::string name = backward_.unique(node_.name + "/" + part);
  return backward_.append(name, phase, op, std::move(inputs), shapes, std::move(attributes));
}

std::optional<double> NodeGradient::uniform(TensorId id) const {
  const Tensor& tensor = backward_.graph().tensor(id);
  if (!tensor.constant) return std::nullopt;
  const std::optional<std::vector<float>> one =
      element_count(tensor.shape) == 1 ? as_floats(tensor.values, 1) : std::nullopt;
  if (one) return static_cast<double>(one->front());
  const auto* everywhere = std::get_if<Fill>(&tensor.values);
  return everywhere != nullptr ? std::optional(everywhere->value) : std::nullopt;
}

TensorId NodeGradient::fill(double value, const Shape& shape) {
  const std::string name = backward_.unique(node_.name + "/constant");
  return backward_.graph().add(Tensor{name, shape, ElementType::Float32, true, Fill{value}});
}

TensorId NodeGradient::mul(TensorId a, TensorId b) {
  const Shape result = broadcast({shape(a), shape(b)}).value();
  const std::optional<double> left = uniform(a);
  const std::optional<double> right = uniform(b);
  if (left && right) return fill(*left * *right, result);
  if (right == 1.0 && shape(a) == result) return a;
  if (left == 1.0 && shape(b) == result) return b;
  // A constant that is the same everywhere is an immediate: one element will do.
  if (left && shape(b) == result) a = fill(*left);
  if (right && shape(a) == result) b = fill(*right);
  return emit(OpKind::Mul, {a, b}, result);
}

TensorId NodeGradient::scaled(TensorId a, double factor) {
  return factor == 1.0 ? a : mul(a, fill(factor));
}

TensorId NodeGradient::summed_to(TensorId gradient, const Shape& to, const char* part) {
  const Shape from = shape(gradient);
  if (from == to) return gradient;
  const std::size_t lead = from.size() - to.size();
  ReduceAttributes reduce{{}, true};
  Shape kept = from;
  double copies = 1;
  for (std::size_t d = 0; d < from.size(); ++d) {
    if (from[d] == 1 || (d >= lead && to[d - lead] == from[d])) continue;
    reduce.axes.push_back(static_cast<std::int64_t>(d));
    copies *= static_cast<double>(from[d]);
    kept[d] = 1;
  }
  if (const std::optional<double> value = uniform(gradient)) return fill(*value * copies, to);
  if (reduce.axes.empty()) return reshaped(gradient, to);
  return reshaped(emit(part, TrainingPhase::Grad, OpKind::ReduceSum, {gradient}, kept, reduce), to);
}

TensorId NodeGradient::expanded(TensorId tensor, const Shape& to) {
  if (shape(tensor) == to) return tensor;
  if (const std::optional<double> value = uniform(tensor)) return fill(*value, to);
  return emit(OpKind::Expand, {tensor}, to);
}

TensorId NodeGradient::reshaped(TensorId tensor, const Shape& to) {
  if (shape(tensor) == to) return tensor;
  if (const std::optional<double> value = uniform(tensor)) return fill(*value, to);
  return emit(OpKind::Reshape, {tensor}, to);
}

}  // namespace systole::training
