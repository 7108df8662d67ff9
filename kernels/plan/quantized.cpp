#include "kernels/plan/quantized.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "base/errors.h"

namespace systole {

namespace {

using Integers = std::vector<std::int64_t>;

bool is_byte(ElementType type) {
  return type == ElementType::Int8 || type == ElementType::UInt8;
}

bool is_product(OpKind op) {
  return op == OpKind::Conv || op == OpKind::MatMul;
}

/// Operators on integers that mean the same when every element is 128 lower, or that see signed elements only.
bool keeps_its_meaning(const Graph& graph, const Node& node) {
  const auto constant = [&](TensorId id) { return graph.tensor(id).constant; };
  const ElementType in = graph.tensor(node.inputs.front()).type;
  switch (node.op) {
    case OpKind::Conv:
    case OpKind::MatMul:
      return is_byte(in) && !constant(node.inputs[0]) && constant(node.inputs[1]);
    case OpKind::Requantize:
      return in == ElementType::Int32 && is_byte(graph.tensor(node.outputs.front()).type);
    case OpKind::Relu:
      return in != ElementType::UInt8;
    case OpKind::Add:
    case OpKind::Sub:
    case OpKind::Mul:
      return in == ElementType::Int32;
    case OpKind::MaxPool:
    case OpKind::Concat:
    case OpKind::Split:
    case OpKind::Slice:
    case OpKind::Transpose:
    case OpKind::Reshape:
      return std::none_of(node.inputs.begin(), node.inputs.end(), constant);
    default:
      return false;
  }
}

/// Sums of the weights of each output channel, of every matrix of a batch: what a bias needs for each unit of the zero
/// point. Conv weights are {M, ..}, MatMul's {.., K, N}.
Integers channel_sums(const Node& node, const Shape& shape, const Integers& weights) {
  const std::int64_t count = element_count(shape);
  if (node.op == OpKind::Conv) {
    Integers sums(static_cast<std::size_t>(shape.front()), 0);
    const std::int64_t filter = count / shape.front();
    for (std::int64_t i = 0; i < count; ++i) {
      sums[static_cast<std::size_t>(i / filter)] += weights[static_cast<std::size_t>(i)];
    }
    return sums;
  }
  const std::int64_t columns = shape.back();
  const std::int64_t matrix = columns * shape[shape.size() - 2];
  Integers sums(static_cast<std::size_t>(count / matrix * columns), 0);
  for (std::int64_t i = 0; i < count; ++i) {
    sums[static_cast<std::size_t>(i / matrix * columns + i % columns)] += weights[static_cast<std::size_t>(i)];
  }
  return sums;
}

class Preparation {
 public:
  Preparation(Graph& graph, const Machine& machine, bool integers)
      : graph_(graph), machine_(machine), integers_(integers) {}

  std::map<std::string, std::string> run() {
    std::vector<Node> nodes = std::move(graph_.nodes);
    graph_.nodes.clear();
    for (Node& node : nodes) {
      if (is_product(node.op)) {
        product(std::move(node));
      } else {
        if (integers_ && node.op == OpKind::Requantize) requantize(node);
        graph_.nodes.push_back(std::move(node));
      }
    }
    return std::move(origins_);
  }

 private:
  TensorId constant(const std::string& name, const Shape& shape, Values values) {
    return graph_.add(Tensor{name, shape, ElementType::Int32, true, std::move(values)});
  }

  TensorId intermediate(const Node& origin) {
    return graph_.add(Tensor{fmt::format("{}/{}", origin.name, graph_.tensors.size()),
                             graph_.shape(origin.outputs.front()), ElementType::Int32, false, Absent{}});
  }

  void append_add(const Node& origin, TensorId a, TensorId b, TensorId sum) {
    Node add;
    add.name = fmt::format("{}/add{}", origin.name, graph_.nodes.size());
    add.onnx_op = "Add";
    add.op = OpKind::Add;
    add.inputs = {a, b};
    add.outputs = {sum};
    origins_[add.name] = origin.name;
    graph_.nodes.push_back(std::move(add));
  }

  void product(Node node) {
    const ElementType type = graph_.tensor(node.inputs[0]).type;
    if (integers_ && machine_.activation_bits < 8) {
      throw UserError({"", 0, 0,
                       fmt::format("{} '{}' has 8-bit operands, and {} has activations of {} bits", node.onnx_op,
                                   node.name, machine_.name, machine_.activation_bits),
                       "a machine with at least 8 bits"});
    }
    const TensorId result = node.outputs.front();
    const std::optional<TensorId> correction = take_zero_point(node, integers_ ? offset_of(type) : 0);
    const std::vector<TensorId> terms = integers_ ? weight_terms(node) : std::vector<TensorId>{node.inputs[1]};
    const Node original = node;
    std::optional<TensorId> running;
    for (std::size_t t = 0; t < terms.size(); ++t) {
      const bool last = t + 1 == terms.size() && !correction;
      Node part = original;
      part.inputs[1] = terms[t];
      if (t > 0) {
        part.name = fmt::format("{}/part{}", original.name, t);
        part.inputs.resize(2);
        part.absorbed.clear();
        origins_[part.name] = original.name;
      }
      const TensorId made = last && !running ? result : intermediate(original);
      part.outputs = {made};
      graph_.nodes.push_back(std::move(part));
      if (running) {
        const TensorId sum = last ? result : intermediate(original);
        append_add(original, *running, made, sum);
        running = sum;
      } else {
        running = made;
      }
    }
    if (correction) append_add(original, *running, *correction, result);
  }

  /// Sets the node's zero point to 0 and lowers what it reads by `offset`. What that changes goes into its bias; where
  /// matrices of a batch differ there is no bias for all, and the result is a constant to add.
  std::optional<TensorId> take_zero_point(Node& node, std::int64_t offset) {
    std::int64_t zero = 0;
    if (auto* conv = std::get_if<ConvAttributes>(&node.attributes)) {
      zero = static_cast<std::int64_t>(std::exchange(conv->zero_point, 0));
      conv->pad_value -= static_cast<double>(offset);
    } else {
      zero = static_cast<std::int64_t>(zero_point_of(node.attributes));
      node.attributes = NoAttributes{};
    }
    if (zero == offset) return std::nullopt;
    const Tensor& weights = graph_.tensor(node.inputs[1]);
    const std::optional<Integers> values = as_integers(weights.values, element_count(weights.shape));
    const bool batch = node.op == OpKind::MatMul && weights.shape.size() > 2;
    const std::int64_t channels = node.op == OpKind::Conv ? weights.shape.front() : weights.shape.back();
    Values bias = Absent{};
    const bool has_bias = !batch && node.inputs.size() > 2;
    std::optional<Integers> added;
    if (has_bias) added = as_integers(graph_.tensor(node.inputs[2]).values, channels);
    if (values && (added || !has_bias)) {
      Integers sums = channel_sums(node, weights.shape, *values);
      for (std::int64_t& sum : sums) sum *= offset - zero;
      for (std::size_t i = 0; added && i < sums.size(); ++i) sums[i] += (*added)[i];
      if (integers_) {  // a bias wraps as the sums do that begin with it
        for (std::int64_t& sum : sums) sum = static_cast<std::int32_t>(static_cast<std::uint32_t>(sum));
      }
      bias = std::move(sums);
    }
    Shape shape{channels};
    if (batch) {
      shape = weights.shape;
      shape[shape.size() - 2] = 1;
    }
    const TensorId made = constant(node.name + "/zero_point", shape, std::move(bias));
    if (batch) return made;
    node.inputs.resize(2);
    node.inputs.push_back(made);
    return std::nullopt;
  }

  /// The node's weights as tensors of weight_bits that add up to them; weights without values are taken to fit.
  std::vector<TensorId> weight_terms(const Node& node) {
    const Tensor weights = graph_.tensor(node.inputs[1]);
    std::optional<Integers> rest = as_integers(weights.values, element_count(weights.shape));
    if (!rest) return {node.inputs[1]};
    const std::int64_t limit = std::int64_t{1} << (machine_.weight_bits - 1);
    std::vector<TensorId> terms;
    do {
      Integers term = *rest;
      for (std::size_t i = 0; i < term.size(); ++i) {
        term[i] = std::clamp(term[i], -limit, limit - 1);
        (*rest)[i] -= term[i];
      }
      terms.push_back(constant(fmt::format("{}/{}", weights.name, terms.size()), weights.shape, std::move(term)));
    } while (std::any_of(rest->begin(), rest->end(), [](std::int64_t v) { return v != 0; }));
    return terms;
  }

  /// Each scale is multiplier / 2^shift, exactly: it has 24 significant bits.
  void requantize(Node& node) {
    auto& attributes = std::get<RequantizeAttributes>(node.attributes);
    const auto offset = static_cast<double>(offset_of(graph_.tensor(node.outputs.front()).type));
    attributes.zero_point -= offset;
    attributes.low -= offset;
    attributes.high -= offset;
    const Tensor scale = graph_.tensor(node.inputs[1]);
    const std::optional<std::vector<float>> scales = as_floats(scale.values, element_count(scale.shape));
    check(scales.has_value(), "plan", [&] { return "the scale " + scale.name + " has no values"; });
    Integers multipliers;
    Integers shifts;
    for (const float value : *scales) {
      constexpr int kLargestShift = 63;  // of the instruction
      const int shift = std::clamp(23 - std::ilogb(value), 0, kLargestShift);
      const double multiplier = std::nearbyint(std::ldexp(static_cast<double>(value), shift));
      multipliers.push_back(static_cast<std::int64_t>(std::min(multiplier, 2147483647.0)));
      shifts.push_back(shift);
    }
    node.inputs = {node.inputs[0], constant(scale.name + "/multiplier", scale.shape, std::move(multipliers)),
                   constant(scale.name + "/shift", scale.shape, std::move(shifts))};
  }

  Graph& graph_;
  const Machine& machine_;
  const bool integers_;
  std::map<std::string, std::string> origins_;
};

}  // namespace

std::int64_t offset_of(ElementType type) {
  return type == ElementType::UInt8 ? 128 : 0;
}

bool is_integer_network(const Graph& graph) {
  const bool integers = std::all_of(graph.nodes.begin(), graph.nodes.end(), [&](const Node& node) {
    const auto whole = [&](TensorId id) {
      const ElementType type = graph.tensor(id).type;
      return is_byte(type) || type == ElementType::Int32;
    };
    return std::all_of(node.outputs.begin(), node.outputs.end(), whole) && whole(node.inputs.front()) &&
           keeps_its_meaning(graph, node);
  });
  return integers &&
         std::any_of(graph.nodes.begin(), graph.nodes.end(), [](const Node& node) { return is_product(node.op); });
}

std::map<std::string, std::string> prepare_quantized(Graph& graph, const Machine& machine, bool integers) {
  return Preparation(graph, machine, integers).run();
}

}  // namespace systole
