#include <limits>
#include <set>
#include <string>
#include <utility>

#include "kernels/graph/graph.h"

// Each operator's rule, stated independently of the importer and the passes. A file that breaks one is refused by it; a
// pass that breaks one shows at once and not as a wrong cycle count.
namespace systole {
namespace {

/// A rule that a node breaks.
struct Violation {
  std::string rule;
};

void require(bool holds, const std::string& rule) {
  if (!holds) throw Violation{rule};
}

template <typename T>
const T& attributes_of(const Node& node) {
  require(std::holds_alternative<T>(node.attributes), "wrong kind of attributes");
  return std::get<T>(node.attributes);
}

void require_arity(const Node& node, std::size_t least, std::size_t most) {
  require(node.inputs.size() >= least && node.inputs.size() <= most, std::to_string(node.inputs.size()) + " inputs");
}

std::int64_t window_count(std::int64_t extent, std::int64_t begin, std::int64_t end, std::int64_t kernel,
                          std::int64_t stride, std::int64_t dilation) {
  const std::int64_t room = extent + begin + end - (dilation * (kernel - 1) + 1);
  return room < 0 ? 0 : room / stride + 1;
}

template <typename Window>
void check_window(const Window& w, const Shape& in, const Shape& out) {
  require(in.size() == 4 && out.size() == 4, "images have four dimensions");
  require(in[0] == out[0], "batch changes");
  require(w.kernel.height >= 1 && w.kernel.width >= 1 && w.strides.height >= 1 && w.strides.width >= 1 &&
              w.dilations.height >= 1 && w.dilations.width >= 1,
          "kernel, strides and dilations are at least 1");
  const std::int64_t rows =
      window_count(in[2], w.pads.top, w.pads.bottom, w.kernel.height, w.strides.height, w.dilations.height);
  const std::int64_t columns =
      window_count(in[3], w.pads.left, w.pads.right, w.kernel.width, w.strides.width, w.dilations.width);
  require(rows >= 1 && columns >= 1, "the window is larger than the padded image " + to_string(in));
  require(out[2] == rows && out[3] == columns, "the output " + to_string(out) + " does not follow from the attributes");
}

void require_outputs(const Node& node, std::size_t count) {
  require(node.outputs.size() == count, std::to_string(node.outputs.size()) + " outputs");
}

/// The rule of a convolution from `in` to `out`, which its gradients keep as well.
void check_conv_shapes(const ConvAttributes& conv, const Shape& in, const Shape& weight, const Shape& out) {
  check_window(conv, in, out);
  require(weight.size() == 4 && weight[2] == conv.kernel.height && weight[3] == conv.kernel.width,
          "the kernel differs from the weight " + to_string(weight));
  require(conv.groups >= 1 && in[1] % conv.groups == 0 && weight[1] == in[1] / conv.groups &&
              weight[0] % conv.groups == 0 && weight[0] == out[1],
          "the weight " + to_string(weight) + " does not fit " + std::to_string(in[1]) + " input channels in " +
              std::to_string(conv.groups) + " groups");
}

void check_conv(const Graph& graph, const Node& node) {
  require_arity(node, 2, 3);
  const Shape& out = graph.shape(node.outputs[0]);
  check_conv_shapes(attributes_of<ConvAttributes>(node), graph.shape(node.inputs[0]), graph.shape(node.inputs[1]), out);
  if (node.inputs.size() == 3) require(graph.shape(node.inputs[2]) == Shape{out[1]}, "bias is not a vector of M");
}

void check_gemm(const Graph& graph, const Node& node) {
  require_arity(node, 2, 3);
  const auto& gemm = attributes_of<GemmAttributes>(node);
  Shape a = graph.shape(node.inputs[0]);
  Shape b = graph.shape(node.inputs[1]);
  require(a.size() == 2 && b.size() == 2, "operands have two dimensions");
  if (gemm.transpose_a) std::swap(a[0], a[1]);
  if (gemm.transpose_b) std::swap(b[0], b[1]);
  const Shape out{a[0], b[1]};
  require(a[1] == b[0] && graph.shape(node.outputs[0]) == out,
          "the inner dimensions of " + to_string(a) + " and " + to_string(b) + " differ");
  if (node.inputs.size() == 3) {
    require(broadcast({graph.shape(node.inputs[2]), out}) == out, "c does not broadcast to the output");
  }
}

void check_matmul(const Graph& graph, const Node& node) {
  require_arity(node, 2, 3);
  Shape a = graph.shape(node.inputs[0]);
  Shape b = graph.shape(node.inputs[1]);
  require(a.size() >= 2 && b.size() >= 2 && a.back() == b[b.size() - 2],
          "the inner dimensions of " + to_string(a) + " and " + to_string(b) + " differ");
  const std::int64_t rows = a[a.size() - 2];
  const std::int64_t columns = b.back();
  a.resize(a.size() - 2);
  b.resize(b.size() - 2);
  std::optional<Shape> out = broadcast({a, b});
  require(out.has_value(), "leading dimensions do not broadcast");
  out->insert(out->end(), {rows, columns});
  require(graph.shape(node.outputs[0]) == *out, "output shape");
  if (node.inputs.size() == 3) require(graph.shape(node.inputs[2]) == Shape{columns}, "bias is not a vector of N");
}

void check_channel_vectors(const Graph& graph, const Node& node) {
  require_arity(node, 5, 5);
  const Shape& in = graph.shape(node.inputs[0]);
  require(in.size() >= 2 && graph.shape(node.outputs[0]) == in, "shape changes");
  for (std::size_t i = 1; i < 5; ++i) {
    require(graph.shape(node.inputs[i]) == Shape{in[1]}, "parameters are not vectors of C");
  }
}

void check_vectors(const Graph& graph, const std::vector<TensorId>& tensors, std::size_t first, std::int64_t channels) {
  for (std::size_t i = first; i < tensors.size(); ++i) {
    require(graph.shape(tensors[i]) == Shape{channels}, "parameters are not vectors of C");
  }
}

void check_batch_norm_training(const Graph& graph, const Node& node) {
  require_arity(node, 5, 5);
  require_outputs(node, 5);
  attributes_of<BatchNormAttributes>(node);
  const Shape& in = graph.shape(node.inputs[0]);
  require(in.size() >= 2 && graph.shape(node.outputs[0]) == in, "shape changes");
  check_vectors(graph, node.inputs, 1, in[1]);
  check_vectors(graph, node.outputs, 1, in[1]);
}

void check_batch_norm_gradient(const Graph& graph, const Node& node) {
  require_arity(node, 5, 5);
  require_outputs(node, 3);
  const Shape& in = graph.shape(node.inputs[1]);
  require(in.size() >= 2 && graph.shape(node.inputs[0]) == in && graph.shape(node.outputs[0]) == in, "shape changes");
  check_vectors(graph, node.inputs, 2, in[1]);
  check_vectors(graph, node.outputs, 1, in[1]);
}

/// Gradient of a pool: from the shape of its output back to that of its input.
void check_pool_gradient(const Graph& graph, const Node& node, std::size_t inputs) {
  require_arity(node, inputs, inputs);
  const Shape& out = graph.shape(node.inputs[0]);
  const Shape& in = graph.shape(node.outputs[0]);
  require(in.size() == 4 && out.size() == 4 && in[1] == out[1], "channels change");
  require(inputs == 1 || graph.shape(node.inputs[1]) == out, "the index is not of the shape of dy");
  check_window(attributes_of<PoolAttributes>(node), in, out);
}

/// Operands and results that all have the first one's shape.
void check_same_shapes(const Graph& graph, const Node& node, std::size_t inputs, std::size_t outputs) {
  require_arity(node, inputs, inputs);
  require_outputs(node, outputs);
  const Shape& shape = graph.shape(node.inputs[0]);
  for (const TensorId id : node.inputs) require(graph.shape(id) == shape, "shapes of the operands differ");
  for (const TensorId id : node.outputs) require(graph.shape(id) == shape, "shape changes");
}

void check_optimizer(const Graph& graph, const Node& node) {
  attributes_of<OptimizerAttributes>(node);
  const std::size_t moments = moments_of(node.op);
  const std::size_t scalars = node.op == OpKind::Momentum ? 2 : 1;
  require_arity(node, 2 + moments, 2 + moments + scalars);
  require_outputs(node, 1 + moments);
  const Shape& shape = graph.shape(node.inputs[0]);
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    require(graph.shape(node.inputs[i]) == (i < 2 + moments ? shape : Shape{}), "shapes of the operands differ");
  }
  for (const TensorId id : node.outputs) require(graph.shape(id) == shape, "shape changes");
}

void check_reduce(const Graph& graph, const Node& node) {
  require_arity(node, 1, 1);
  const auto& reduce = attributes_of<ReduceAttributes>(node);
  Shape expected = graph.shape(node.inputs[0]);
  for (auto axis = reduce.axes.rbegin(); axis != reduce.axes.rend(); ++axis) {
    require(*axis >= 0 && *axis < static_cast<std::int64_t>(expected.size()), "axis out of range");
    if (reduce.keep_dims) {
      expected[static_cast<std::size_t>(*axis)] = 1;
    } else {
      expected.erase(expected.begin() + *axis);
    }
  }
  require(graph.shape(node.outputs[0]) == expected, "output shape");
}

/// The parts along one axis: inputs of a Concat, outputs of a Split.
void check_parts(const Graph& graph, const std::vector<TensorId>& parts, TensorId whole, std::int64_t axis) {
  Shape joined = graph.shape(whole);
  require(axis >= 0 && axis < static_cast<std::int64_t>(joined.size()), "axis out of range");
  const auto at = static_cast<std::size_t>(axis);
  std::int64_t extent = 0;
  for (const TensorId part : parts) {
    const Shape& shape = graph.shape(part);
    require(shape.size() == joined.size(), "ranks differ");
    extent += shape[at];
    joined[at] = shape[at];
    require(shape == joined, "shapes differ outside the axis");
  }
  require(extent == graph.shape(whole)[at], "parts do not add up");
}

void check_slice(const Graph& graph, const Node& node) {
  require_arity(node, 1, 1);
  const auto& slice = attributes_of<SliceAttributes>(node);
  const Shape& in = graph.shape(node.inputs[0]);
  const Shape& out = graph.shape(node.outputs[0]);
  require(in.size() == out.size() && slice.starts.size() == in.size() && slice.steps.size() == in.size(),
          "ranks differ");
  for (std::size_t i = 0; i < in.size(); ++i) {
    const std::int64_t last = slice.starts[i] + (out[i] - 1) * slice.steps[i];
    require(slice.steps[i] != 0 && slice.starts[i] >= 0 && slice.starts[i] < in[i] && last >= 0 && last < in[i],
            "reads outside its input");
  }
}

void check_pad(const Graph& graph, const Node& node) {
  require_arity(node, 1, 1);
  const auto& pad = attributes_of<PadAttributes>(node);
  Shape expected = graph.shape(node.inputs[0]);
  require(pad.begin.size() == expected.size() && pad.end.size() == expected.size(), "ranks differ");
  for (std::size_t i = 0; i < expected.size(); ++i) expected[i] += pad.begin[i] + pad.end[i];
  require(graph.shape(node.outputs[0]) == expected, "output shape");
}

void check_transpose(const Graph& graph, const Node& node) {
  require_arity(node, 1, 1);
  const auto& permutation = attributes_of<TransposeAttributes>(node).permutation;
  const Shape& in = graph.shape(node.inputs[0]);
  require(permutation.size() == in.size() &&
              std::set<std::int64_t>(permutation.begin(), permutation.end()).size() == in.size(),
          "not a permutation");
  Shape expected;
  for (const std::int64_t axis : permutation) {
    require(axis >= 0 && axis < static_cast<std::int64_t>(in.size()), "not a permutation");
    expected.push_back(in[static_cast<std::size_t>(axis)]);
  }
  require(graph.shape(node.outputs[0]) == expected, "output shape");
}

void check_elementwise(const Graph& graph, const Node& node) {
  std::vector<Shape> shapes;
  for (const TensorId input : node.inputs) shapes.push_back(graph.shape(input));
  require(broadcast(shapes) == graph.shape(node.outputs[0]), "inputs do not broadcast to the output");
}

void check_operator(const Graph& graph, const Node& node) {
  if (is_broadcasting_elementwise(node.op)) {
    require(node.inputs.size() >= 2, "needs two inputs or more");
    return check_elementwise(graph, node);
  }
  if (is_optimizer(node.op)) {
    return check_optimizer(graph, node);
  }
  const Shape& in = graph.shape(node.inputs[0]);
  const Shape& out = graph.shape(node.outputs[0]);
  switch (node.op) {
    case OpKind::Conv:
      return check_conv(graph, node);
    case OpKind::Gemm:
      return check_gemm(graph, node);
    case OpKind::MatMul:
      return check_matmul(graph, node);
    case OpKind::BatchNormalization:
      return check_channel_vectors(graph, node);
    case OpKind::ConvInputGradient:
      require_arity(node, 2, 2);
      return check_conv_shapes(attributes_of<ConvAttributes>(node), out, graph.shape(node.inputs[1]), in);
    case OpKind::ConvWeightGradient:
      require_arity(node, 2, 2);
      return check_conv_shapes(attributes_of<ConvAttributes>(node), graph.shape(node.inputs[1]), out, in);
    case OpKind::BatchNormTraining:
      return check_batch_norm_training(graph, node);
    case OpKind::BatchNormGradient:
      return check_batch_norm_gradient(graph, node);
    case OpKind::MaxPoolGradient:
      return check_pool_gradient(graph, node, 2);
    case OpKind::AveragePoolGradient:
      return check_pool_gradient(graph, node, 1);
    case OpKind::LrnGradient:
    case OpKind::SoftmaxGradient:
    case OpKind::LogSoftmaxGradient:
      return check_same_shapes(graph, node, 2, 1);
    case OpKind::Expand:
      require_arity(node, 1, 1);
      return require(broadcast({in, out}) == out, to_string(in) + " does not broadcast to " + to_string(out));
    case OpKind::MaxPool:
    case OpKind::AveragePool:
      require_arity(node, 1, 1);
      require(node.outputs.size() == 1 || (node.op == OpKind::MaxPool && graph.shape(node.outputs[1]) == out),
              "the index is not of the shape of the output");
      require(in.size() == 4 && out.size() == 4 && in[1] == out[1], "channels change");
      return check_window(attributes_of<PoolAttributes>(node), in, out);
    case OpKind::ReduceMean:
    case OpKind::ReduceSum:
    case OpKind::ReduceMax:
      return check_reduce(graph, node);
    case OpKind::Concat:
      return check_parts(graph, node.inputs, node.outputs[0], attributes_of<ConcatAttributes>(node).axis);
    case OpKind::Split:
      require_arity(node, 1, 1);
      return check_parts(graph, node.outputs, node.inputs[0], attributes_of<SplitAttributes>(node).axis);
    case OpKind::Slice:
      return check_slice(graph, node);
    case OpKind::Pad:
      return check_pad(graph, node);
    case OpKind::Transpose:
      return check_transpose(graph, node);
    case OpKind::Reshape:
      require_arity(node, 1, 1);
      return require(element_count(in) == element_count(out),
                     to_string(in) + " and " + to_string(out) + " have different numbers of elements");
    default:  // LRN, softmax and the unary element-wise operators
      require_arity(node, 1, 1);
      return require(in == out, "shape changes");
  }
}

std::size_t most_outputs(OpKind op) {
  switch (op) {
    case OpKind::Split:
      return std::numeric_limits<std::size_t>::max();
    case OpKind::BatchNormTraining:
      return 5;
    case OpKind::BatchNormGradient:
    case OpKind::Adam:
      return 3;
    case OpKind::MaxPool:
    case OpKind::Momentum:
    case OpKind::Adagrad:
      return 2;
    default:
      return 1;
  }
}

}  // namespace

std::string fault_of(const Graph& graph, const Node& node) {
  try {
    if (node.inputs.empty() || node.outputs.empty()) return "it has no inputs or no outputs";
    if (node.outputs.size() > most_outputs(node.op)) return "it has too many outputs";
    check_operator(graph, node);
    return "";
  } catch (const Violation& violation) {
    return violation.rule;
  }
}

}  // namespace systole
