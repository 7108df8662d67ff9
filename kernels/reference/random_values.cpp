#include <cmath>
#include <optional>
#include <random>

#include "kernels/graph/loss.h"
#include "kernels/reference/evaluate.h"

namespace systole {

namespace {

/// [0, 1), the same on every platform, unlike the distributions of the standard library.
float unit(std::mt19937& random) {
  return static_cast<float>(random() >> 8) * 0x1p-24F;
}

std::vector<float> uniform(std::mt19937& random, std::int64_t count, float low, float high) {
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& value : values) value = low + (high - low) * unit(random);
  return values;
}

/// Whole numbers in [low, high], for tensors of integers.
std::vector<std::int64_t> whole(std::mt19937& random, std::int64_t count, std::int64_t low, std::int64_t high) {
  std::vector<std::int64_t> values(static_cast<std::size_t>(count));
  const auto range = static_cast<std::uint64_t>(high - low + 1);
  for (std::int64_t& value : values) value = low + static_cast<std::int64_t>(random() % range);
  return values;
}

bool is_byte(ElementType type) {
  return type == ElementType::Int8 || type == ElementType::UInt8;
}

bool is_absent(const Tensor& tensor) {
  return !has_values(tensor.values);
}
bool is_uniform(const Tensor& tensor) {
  return std::holds_alternative<Fill>(tensor.values) || std::holds_alternative<RowFill>(tensor.values);
}
bool is_weighted(OpKind op) {
  return is_conv_or_gemm(op) || op == OpKind::BatchNormalization || op == OpKind::BatchNormTraining;
}

/// Elements that one result sums over.
std::int64_t reduction_length(const Graph& graph, const Node& node) {
  const Shape& weights = graph.shape(node.inputs[1]);
  if (node.op == OpKind::Conv) return element_count(weights) / weights[0];
  if (node.op == OpKind::MatMul) return weights[weights.size() - 2];
  return weights[std::get<GemmAttributes>(node.attributes).transpose_b ? 1 : 0];
}

}  // namespace

int randomise_weights(Graph& graph, std::uint32_t seed) {
  std::mt19937 random(seed);
  int filled = 0;
  for (const Node& node : graph.nodes) {
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      Tensor& tensor = graph.tensor(node.inputs[i]);
      if (!tensor.constant || !(is_absent(tensor) || (i > 0 && is_weighted(node.op) && is_uniform(tensor)))) continue;
      if (tensor.type == ElementType::Int32 || is_byte(tensor.type)) {
        tensor.values = whole(random, element_count(tensor.shape), -127, 127);
        ++filled;
        continue;
      }
      float low = -0.5F;
      float high = 0.5F;
      if (is_conv_or_gemm(node.op) && i == 1) {
        high = static_cast<float>(std::sqrt(3.0 / static_cast<double>(reduction_length(graph, node))));
        low = -high;
      } else if ((node.op == OpKind::BatchNormalization || node.op == OpKind::BatchNormTraining) &&
                 (i == 1 || i == 4)) {
        low = 0.5F;
        high = 1.5F;
      }
      tensor.values = uniform(random, element_count(tensor.shape), low, high);
      ++filled;
    }
  }
  return filled;
}

NamedElements random_inputs(const Graph& graph, std::uint32_t seed) {
  std::mt19937 random(seed);
  NamedElements inputs;
  const std::map<TensorId, std::int64_t> classes = class_inputs(graph);
  for (const TensorId id : graph.inputs) {
    const Tensor& tensor = graph.tensor(id);
    const std::int64_t count = element_count(tensor.shape);
    const std::optional<std::vector<float>> held = as_floats(tensor.values, count);
    if (held) {
      inputs[tensor.name] = {held->begin(), held->end()};
    } else if (const auto found = classes.find(id); found != classes.end()) {
      std::vector<double>& labels = inputs[tensor.name];
      for (std::int64_t i = 0; i < count; ++i) labels.push_back(static_cast<double>(i % found->second));
    } else if (is_byte(tensor.type)) {
      const std::int64_t low = tensor.type == ElementType::Int8 ? -128 : 0;
      const std::vector<std::int64_t> values = whole(random, count, low, low + 255);
      inputs[tensor.name] = {values.begin(), values.end()};
    } else {
      const std::vector<float> values = uniform(random, count, -1, 1);
      inputs[tensor.name] = {values.begin(), values.end()};
    }
  }
  return inputs;
}

}  // namespace systole
