#include "kernels/graph/passes/channel_affine.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace systole {
namespace {

constexpr std::int64_t kWriteOutLimit = std::int64_t{1} << 24;

/// Above every network in use (vocabularies have 2^18); a declared size must not cost memory.
constexpr std::int64_t kMaxChannels = std::int64_t{1} << 20;

/// y = s*(x - mean)/sqrt(variance + epsilon) + b. In double, rounded once.
ChannelAffine of_batch_norm(const Graph& graph, const Node& node) {
  ChannelAffine affine{node.inputs[0], true, std::nullopt, std::nullopt};
  const ChannelVector s = to_channels(graph.tensor(node.inputs[1]));
  const ChannelVector b = to_channels(graph.tensor(node.inputs[2]));
  const ChannelVector mean = to_channels(graph.tensor(node.inputs[3]));
  const ChannelVector variance = to_channels(graph.tensor(node.inputs[4]));
  if (!s || !b || !mean || !variance) return affine;
  const double epsilon = std::get<BatchNormAttributes>(node.attributes).epsilon;
  affine.scale.emplace();
  affine.shift.emplace();
  for (std::size_t c = 0; c < s->size(); ++c) {
    const double scale = (*s)[c] / std::sqrt(static_cast<double>((*variance)[c]) + epsilon);
    affine.scale->push_back(static_cast<float>(scale));
    affine.shift->push_back(static_cast<float>((*b)[c] - scale * (*mean)[c]));
  }
  return affine;
}

/// Does the constant, aligned to the last dimensions of `shape`, vary along `axis` only?
bool varies_along_axis_only(const Tensor& constant, const Shape& shape, std::size_t axis) {
  if (constant.shape.size() > shape.size()) return false;
  const std::size_t offset = shape.size() - constant.shape.size();
  for (std::size_t i = 0; i < constant.shape.size(); ++i) {
    if (constant.shape[i] != 1 && (offset + i != axis || constant.shape[i] != shape[axis])) return false;
  }
  return true;
}

/// The constant's value for each of `channels`.
ChannelVector for_each_channel(const Tensor& constant, std::int64_t channels) {
  ChannelVector values = to_channels(constant);
  if (values && values->size() == 1) values->resize(static_cast<std::size_t>(channels), values->front());
  return values;
}

ChannelVector constant_vector(std::int64_t channels, float value) {
  return std::vector<float>(static_cast<std::size_t>(channels), value);
}

template <typename Function>
ChannelVector mapped(ChannelVector vector, Function function) {
  if (vector) std::transform(vector->begin(), vector->end(), vector->begin(), function);
  return vector;
}

/// Which input is the constant: 0 or 1; nullopt unless exactly one is.
std::optional<std::size_t> constant_operand(const Graph& graph, const Node& node) {
  if (node.inputs.size() != 2) return std::nullopt;
  const bool first = graph.tensor(node.inputs[0]).constant;
  const bool second = graph.tensor(node.inputs[1]).constant;
  if (first == second) return std::nullopt;
  return first ? 0 : 1;
}

}  // namespace

std::optional<ChannelAffine> channel_affine(const Graph& graph, const Node& node, std::size_t axis) {
  const Shape& made = graph.shape(node.outputs[0]);
  if (axis >= made.size() || made[axis] > kMaxChannels) return std::nullopt;
  if (node.op == OpKind::BatchNormalization) {
    return axis == 1 ? std::optional<ChannelAffine>(of_batch_norm(graph, node)) : std::nullopt;
  }
  const bool arithmetic =
      node.op == OpKind::Add || node.op == OpKind::Sub || node.op == OpKind::Mul || node.op == OpKind::Div;
  const std::optional<std::size_t> at = arithmetic ? constant_operand(graph, node) : std::nullopt;
  if (!at) return std::nullopt;
  const TensorId data = node.inputs[1 - *at];
  const Shape& shape = graph.shape(data);
  const Tensor& constant = graph.tensor(node.inputs[*at]);
  if (made != shape || !varies_along_axis_only(constant, shape, axis)) return std::nullopt;
  const std::int64_t channels = shape.at(axis);
  const ChannelVector values = for_each_channel(constant, channels);
  const ChannelVector ones = constant_vector(channels, 1.0F);
  const ChannelVector zeros = constant_vector(channels, 0.0F);
  const auto negated = [](float v) { return -v; };
  const auto inverse = [](float v) { return 1.0F / v; };
  switch (node.op) {
    case OpKind::Add:
      return ChannelAffine{data, false, ones, values};
    case OpKind::Sub:
      if (*at == 0) return ChannelAffine{data, true, mapped(ones, negated), values};
      return ChannelAffine{data, false, ones, mapped(values, negated)};
    case OpKind::Mul:
      return ChannelAffine{data, true, values, zeros};
    default:  // Div
      if (*at == 0) return std::nullopt;
      return ChannelAffine{data, true, mapped(values, inverse), zeros};
  }
}

Values scaled(const Values& values, const Shape& shape, std::size_t axis, const ChannelVector& factors) {
  if (!factors || !has_values(values)) return Absent{};
  const auto* fill = std::get_if<Fill>(&values);
  const bool uniform = std::all_of(factors->begin(), factors->end(), [&](float f) { return f == factors->front(); });
  if (fill != nullptr && uniform) return Fill{fill->value * static_cast<double>(factors->front())};
  const bool in_rows = axis == 0 && (fill != nullptr || std::holds_alternative<RowFill>(values));
  if (in_rows) {
    RowFill rows{*factors};
    for (std::size_t i = 0; i < rows.rows.size(); ++i) {
      rows.rows[i] *= fill != nullptr ? static_cast<float>(fill->value) : std::get<RowFill>(values).rows[i];
    }
    return rows;
  }
  const std::int64_t count = element_count(shape);
  if (fill != nullptr && count > kWriteOutLimit) return Absent{};
  std::optional<std::vector<float>> all = as_floats(values, count);
  if (!all) return Absent{};
  const Shape below(shape.begin() + static_cast<std::ptrdiff_t>(axis) + 1, shape.end());
  const auto run = static_cast<std::size_t>(element_count(below));
  for (std::size_t i = 0; i < all->size(); ++i) (*all)[i] *= (*factors)[i / run % factors->size()];
  return std::move(*all);
}

ChannelVector multiply_add(const ChannelVector& scale, const ChannelVector& x, const ChannelVector& shift) {
  if (!scale || !x || !shift) return std::nullopt;
  std::vector<float> result;
  for (std::size_t i = 0; i < x->size(); ++i) {
    result.push_back(static_cast<float>(static_cast<double>((*scale)[i]) * (*x)[i] + (*shift)[i]));
  }
  return result;
}

Values to_values(const ChannelVector& vector) {
  return vector ? Values(*vector) : Values(Absent{});
}

ChannelVector to_channels(const Tensor& tensor) {
  return as_floats(tensor.values, element_count(tensor.shape));
}

}  // namespace systole
