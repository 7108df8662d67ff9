#include "kernels/reference/evaluate.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/errors.h"
#include "kernels/reference/operators.h"

namespace systole {

namespace {

using reference::Array;
using reference::Operands;

double hard_sigmoid(double x, double alpha, double beta) {
  return std::clamp(alpha * x + beta, 0.0, 1.0);
}

class Evaluator {
 public:
  explicit Evaluator(const Graph& graph) : graph_(graph) {
    for (const Node& node : graph.nodes) {
      for (const TensorId input : node.inputs) ++readers_[input];
    }
  }

  NamedElements run(const NamedElements& inputs) {
    for (const TensorId id : graph_.inputs) {
      const Tensor& tensor = graph_.tensor(id);
      arrays_[id] = {tensor.shape, inputs.at(tensor.name)};
    }
    NamedElements outputs;
    for (const Node& node : graph_.nodes) {
      Operands operands;
      for (const TensorId input : node.inputs) operands.push_back(&operand(input));
      std::vector<Array> results = compute_all(node, operands);
      for (std::size_t i = 0; i < node.outputs.size(); ++i) {
        if (graph_.tensor(node.outputs[i]).type == ElementType::Int32) wrap(results.at(i).data);
        arrays_[node.outputs[i]] = std::move(results.at(i));
      }
      for (const TensorId input : node.inputs) {
        if (--readers_[input] == 0 && !graph_.is_output(input)) arrays_.erase(input);
      }
    }
    for (const TensorId id : graph_.outputs) outputs[graph_.tensor(id).name] = operand(id).data;
    return outputs;
  }

 private:
  template <typename Kind>
  static const Kind& get(const Node& node) {
    return std::get<Kind>(node.attributes);
  }

  const Array& operand(TensorId id) {
    const auto found = arrays_.find(id);
    if (found != arrays_.end()) return found->second;
    const Tensor& tensor = graph_.tensor(id);
    if (const auto* integers = std::get_if<std::vector<std::int64_t>>(&tensor.values)) {
      return arrays_[id] = {tensor.shape, {integers->begin(), integers->end()}};
    }
    const std::optional<std::vector<float>> values = as_floats(tensor.values, element_count(tensor.shape));
    if (!values) {
      throw UserError({"", 0, 0, "weights of '" + tensor.name + "' are not in the model",
                       "give random ones with --random-weights SEED"});
    }
    return arrays_[id] = {tensor.shape, {values->begin(), values->end()}};
  }

  /// Integers of 32 bits.
  static void wrap(std::vector<double>& elements) {
    for (double& element : elements) {
      if (!(std::fabs(element) < 0x1p63)) continue;
      element = static_cast<std::int32_t>(static_cast<std::uint32_t>(static_cast<std::int64_t>(element)));
    }
  }

  /// Every output of a node.
  [[nodiscard]] std::vector<Array> compute_all(const Node& node, const Operands& in) const {
    const Shape& out = graph_.shape(node.outputs[0]);
    switch (node.op) {
      case OpKind::Split:
        return parts(node, *in[0]);
      case OpKind::MaxPool:
        return reference::max_pool(get<PoolAttributes>(node), *in[0], out);
      case OpKind::BatchNormTraining:
        return reference::batch_norm_training(get<BatchNormAttributes>(node), in);
      case OpKind::BatchNormGradient:
        return reference::batch_norm_gradient(in);
      default:
        return is_optimizer(node.op) ? reference::optimize(node.op, get<OptimizerAttributes>(node), in)
                                     : std::vector<Array>{compute(node, in, out)};
    }
  }

  [[nodiscard]] std::vector<Array> parts(const Node& node, const Array& in) const {
    const auto& attributes = get<SplitAttributes>(node);
    std::vector<Array> results;
    std::int64_t start = 0;
    for (const TensorId output : node.outputs) {
      const Shape& shape = graph_.shape(output);
      results.push_back(reference::split(attributes, in, start, shape));
      start += shape.at(static_cast<std::size_t>(attributes.axis));
    }
    return results;
  }

  static Array compute(const Node& node, const Operands& in, const Shape& out) {
    switch (node.op) {
      case OpKind::Conv:
        return reference::convolution(get<ConvAttributes>(node), in, out);
      case OpKind::Gemm:
        return reference::gemm(get<GemmAttributes>(node), in, out);
      case OpKind::MatMul:
        return reference::matmul(zero_point_of(node.attributes), in, out);
      case OpKind::BatchNormalization:
        return reference::batch_norm(get<BatchNormAttributes>(node), in);
      case OpKind::ConvInputGradient:
        return reference::conv_input_gradient(get<ConvAttributes>(node), *in[0], *in[1], out);
      case OpKind::ConvWeightGradient:
        return reference::conv_weight_gradient(get<ConvAttributes>(node), *in[0], *in[1], out);
      case OpKind::MaxPoolGradient:
        return reference::max_pool_gradient(get<PoolAttributes>(node), *in[0], *in[1], out);
      case OpKind::AveragePoolGradient:
        return reference::average_pool_gradient(get<PoolAttributes>(node), *in[0], out);
      case OpKind::LrnGradient:
        return reference::lrn_gradient(get<LrnAttributes>(node), *in[0], *in[1]);
      case OpKind::SoftmaxGradient:
      case OpKind::LogSoftmaxGradient:
        return reference::softmax_gradient(get<SoftmaxAttributes>(node), *in[0], *in[1],
                                           node.op == OpKind::LogSoftmaxGradient);
      case OpKind::Expand:
        return reference::expand(*in[0], out);
      case OpKind::AveragePool:
        return reference::average_pool(get<PoolAttributes>(node), *in[0], out);
      case OpKind::Lrn:
        return reference::lrn(get<LrnAttributes>(node), *in[0]);
      case OpKind::Softmax:
      case OpKind::LogSoftmax:
        return reference::softmax(get<SoftmaxAttributes>(node), *in[0], node.op == OpKind::LogSoftmax);
      case OpKind::ReduceMean:
      case OpKind::ReduceSum:
      case OpKind::ReduceMax:
        return reference::reduce(get<ReduceAttributes>(node), node.op, *in[0], out);
      case OpKind::Concat:
        return reference::concat(get<ConcatAttributes>(node), in, out);
      case OpKind::Slice:
        return reference::slice(get<SliceAttributes>(node), *in[0], out);
      case OpKind::Pad:
        return reference::pad(get<PadAttributes>(node), *in[0], out);
      case OpKind::Transpose:
        return reference::transpose(get<TransposeAttributes>(node), *in[0], out);
      case OpKind::Requantize:
        return reference::fold(in, out, requantized(get<RequantizeAttributes>(node)));
      case OpKind::Reshape:
        return {out, in[0]->data};
      default:
        if (is_activation_gradient(node.op)) {
          return reference::activation_gradient(node.op, node.attributes, in, out);
        }
        return is_unary_elementwise(node.op) ? reference::map(*in[0], unary(node))
                                             : reference::fold(in, out, binary(node.op));
    }
  }

  static std::function<double(double, double)> requantized(const RequantizeAttributes& a) {
    return [a](double x, double scale) {
      return std::min(a.high, std::max(a.low, std::nearbyint(x * scale) + a.zero_point));
    };
  }

  static std::function<double(double)> unary(const Node& node) {
    const auto ab = [&] { return get<AlphaBeta>(node); };
    switch (node.op) {
      case OpKind::Relu:
        return [](double x) { return std::max(0.0, x); };
      case OpKind::LeakyRelu:
        return [a = ab()](double x) { return x < 0 ? a.alpha * x : x; };
      case OpKind::Clip:
        return [c = get<ClipAttributes>(node)](double x) { return std::min(c.max, std::max(c.min, x)); };
      case OpKind::Sigmoid:
        return [](double x) { return 1 / (1 + std::exp(-x)); };
      case OpKind::Tanh:
        return [](double x) { return std::tanh(x); };
      case OpKind::HardSigmoid:
        return [a = ab()](double x) { return hard_sigmoid(x, a.alpha, a.beta); };
      case OpKind::HardSwish:
        return [](double x) { return x * hard_sigmoid(x, 1.0 / 6, 0.5); };
      case OpKind::Elu:
        return [a = ab()](double x) { return x < 0 ? a.alpha * std::expm1(x) : x; };
      case OpKind::Sqrt:
        return [](double x) { return std::sqrt(x); };
      case OpKind::Exp:
        return [](double x) { return std::exp(x); };
      case OpKind::Erf:
        return [](double x) { return std::erf(x); };
      default:
        fail_check("reference", std::string("no definition of ") + to_string(node.op));
    }
  }

  static std::function<double(double, double)> binary(OpKind op) {
    switch (op) {
      case OpKind::PRelu:
        return [](double x, double slope) { return x < 0 ? slope * x : x; };
      case OpKind::Equal:
        return [](double a, double b) { return a == b ? 1.0 : 0.0; };
      case OpKind::Add:
      case OpKind::Sum:
        return [](double a, double b) { return a + b; };
      case OpKind::Sub:
        return [](double a, double b) { return a - b; };
      case OpKind::Mul:
        return [](double a, double b) { return a * b; };
      case OpKind::Div:
        return [](double a, double b) { return a / b; };
      case OpKind::Pow:
        return [](double a, double b) { return std::pow(a, b); };
      case OpKind::Max:
        return [](double a, double b) { return std::max(a, b); };
      case OpKind::Min:
        return [](double a, double b) { return std::min(a, b); };
      default:
        fail_check("reference", std::string("no definition of ") + to_string(op));
    }
  }

  const Graph& graph_;
  std::map<TensorId, Array> arrays_;
  std::map<TensorId, int> readers_;
};

}  // namespace

NamedElements evaluate(const Graph& graph, const NamedElements& inputs) {
  return Evaluator(graph).run(inputs);
}

}  // namespace systole
