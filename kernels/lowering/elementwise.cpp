#include "kernels/lowering/elementwise.h"

#include <algorithm>
#include <cmath>

#include "base/errors.h"
#include "kernels/lowering/elementwise_emitter.h"

namespace systole {

namespace {

using Op = isa::SimdOpcode;
using Emitter = ElementwiseEmitter;

/// Integer powers up to this are multiplied out: at most seven multiplications.
constexpr double kLargestProductPower = 16;

void clip(const ClipAttributes& limits, Emitter& e) {
  Operand from = e.x();
  if (std::isfinite(limits.min)) {
    e.emit(Op::max, e.y(), from, e.number(limits.min));
    from = e.y();
  }
  if (std::isfinite(limits.max)) {
    e.emit(Op::min, e.y(), from, e.number(limits.max));
    from = e.y();
  }
  if (from == e.x()) e.emit(Op::move, e.y(), from);
}

void hard_sigmoid(double alpha, double beta, Emitter& e) {
  e.emit(Op::mul, e.y(), e.x(), e.number(alpha));
  e.emit(Op::add, e.y(), e.y(), e.number(beta));
  e.emit(Op::relu, e.y(), e.y());
  e.emit(Op::min, e.y(), e.y(), e.number(1));
}

/// x where x > 0, else alpha*(e^x - 1). For 0 <= alpha <= 1 that is the larger of x and alpha*(e^min(x,0) - 1), because
/// e^x - 1 >= x.
void elu(double alpha, Emitter& e) {
  e.emit(Op::min, e.y(), e.x(), e.number(0));
  e.emit(Op::exp, e.y(), e.y());
  e.emit(Op::sub, e.y(), e.y(), e.number(1));
  if (alpha != 1) e.emit(Op::mul, e.y(), e.y(), e.number(alpha));
  if (alpha >= 0 && alpha <= 1) {
    e.emit(Op::max, e.y(), e.y(), e.x());
  } else {
    e.emit(Op::greater, e.t(0), e.x(), e.number(0));
    e.emit(Op::conditional_move, e.y(), e.x(), e.t(0));
  }
}

/// Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26: with t = 1/(1 + p|x|),
/// erf(|x|) = 1 - (a1 t + a2 t^2 + a3 t^3 + a4 t^4 + a5 t^5) e^(-x^2), absolute error at most 1.5e-7.
void erf(Emitter& e) {
  constexpr double kP = 0.3275911;
  constexpr double kA[] = {0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429};
  e.emit(Op::absolute, e.y(), e.x());
  e.emit(Op::mul, e.y(), e.y(), e.number(kP));
  e.emit(Op::add, e.y(), e.y(), e.number(1));
  e.emit(Op::reciprocal, e.y(), e.y());
  e.emit(Op::mul, e.t(0), e.y(), e.number(kA[4]));
  for (int i = 3; i >= 0; --i) {
    e.emit(Op::add, e.t(0), e.t(0), e.number(kA[i]));
    e.emit(Op::mul, e.t(0), e.t(0), e.y());
  }
  e.emit(Op::mul, e.y(), e.x(), e.x());
  e.emit(Op::negate, e.y(), e.y());
  e.emit(Op::exp, e.y(), e.y());
  e.emit(Op::mul, e.y(), e.y(), e.t(0));
  e.emit(Op::sub, e.y(), e.number(1), e.y());
  e.emit(Op::sign, e.t(0), e.x());
  e.emit(Op::mul, e.y(), e.y(), e.t(0));
}

bool is_product_power(double exponent) {
  return exponent == std::floor(exponent) && std::fabs(exponent) >= 2 && std::fabs(exponent) <= kLargestProductPower;
}

/// x^n by squaring, the bits of n from the second highest down.
void product_power(int n, Emitter& e) {
  int bit = 1;
  while (bit * 2 <= n) bit *= 2;
  for (Operand from = e.x(); bit > 1; from = e.y()) {
    e.emit(Op::mul, e.y(), from, from);
    bit /= 2;
    if ((n & bit) != 0) e.emit(Op::mul, e.y(), e.y(), e.x());
  }
}

void constant_power(double p, Emitter& e) {
  if (p == 0) return e.emit(Op::move, e.y(), e.number(1));
  if (p == 1) return e.emit(Op::move, e.y(), e.x());
  if (p == -1) return e.emit(Op::reciprocal, e.y(), e.x());
  if (p == 0.5) return e.emit(Op::sqrt, e.y(), e.x());
  if (p == -0.5) return e.emit(Op::inverse_sqrt, e.y(), e.x());
  if (is_product_power(p)) {
    product_power(static_cast<int>(std::fabs(p)), e);
    if (p < 0) e.emit(Op::reciprocal, e.y(), e.y());
    return;
  }
  const bool integer = p == std::floor(p);
  const Operand base = integer ? e.y() : e.x();  // log of a negative base is not a number, which is right for others
  if (integer) e.emit(Op::absolute, e.y(), e.x());
  e.emit(Op::log, e.y(), base);
  e.emit(Op::mul, e.y(), e.y(), e.number(p));
  e.emit(Op::exp, e.y(), e.y());
  if (integer && std::fmod(p, 2) != 0) {
    e.emit(Op::sign, e.t(0), e.x());
    e.emit(Op::mul, e.y(), e.y(), e.t(0));
  }
}

/// a^b = e^(b log|a|), negative where a is and b is an odd integer. The smallest normal number is added to |a|, so that
/// 0^0 is 1 and 0^b vanishes. Where b is no integer the logarithm is of a itself: not a number when a is negative.
void tensor_power(Emitter& e) {
  const Operand b = e.input(1);
  e.emit(Op::floor, e.t(0), b);
  e.emit(Op::equal, e.t(0), e.t(0), b);
  e.emit(Op::absolute, e.t(1), e.x());
  e.emit(Op::move, e.y(), e.x());
  e.emit(Op::conditional_move, e.y(), e.t(1), e.t(0));
  e.emit(Op::add, e.y(), e.y(), e.number(1.17549435e-38));
  e.emit(Op::log, e.y(), e.y());
  e.emit(Op::mul, e.y(), e.y(), b);
  e.emit(Op::exp, e.y(), e.y());
  e.emit(Op::mul, e.t(0), b, e.number(0.5));
  e.emit(Op::floor, e.t(0), e.t(0));
  e.emit(Op::mul, e.t(0), e.t(0), e.number(2));
  e.emit(Op::sub, e.t(0), b, e.t(0));
  e.emit(Op::equal, e.t(0), e.t(0), e.number(1));
  e.emit(Op::sign, e.t(1), e.x());
  e.emit(Op::mul, e.t(1), e.t(1), e.y());
  e.emit(Op::conditional_move, e.y(), e.t(1), e.t(0));
}

/// x * scale / 2^shift rounded, moved by the zero point and limited.
void requantize(const RequantizeAttributes& limits, Emitter& e) {
  if (e.x() != e.y()) e.emit(Op::move, e.y(), e.x());
  e.emit(Op::requantize, e.y(), e.input(1), e.inputs() > 2 ? e.input(2) : e.number(0));
  if (limits.zero_point != 0) e.emit(Op::add, e.y(), e.y(), e.number(limits.zero_point));
  if (std::isfinite(limits.low)) e.emit(Op::max, e.y(), e.y(), e.number(limits.low));
  if (std::isfinite(limits.high)) e.emit(Op::min, e.y(), e.y(), e.number(limits.high));
}

void fold(Op opcode, Emitter& e) {
  if (e.inputs() == 1) return e.emit(Op::move, e.y(), e.x());
  e.emit(opcode, e.y(), e.x(), e.input(1));
  for (std::size_t i = 2; i < e.inputs(); ++i) e.emit(opcode, e.y(), e.y(), e.input(i));
}

std::optional<double> constant_exponent(const Graph& graph, const Node& node) {
  return node.op == OpKind::Pow ? uniform_constant(graph.tensor(node.inputs.at(1))) : std::nullopt;
}

bool elu_selects(const Node& node) {
  const double alpha = std::get<AlphaBeta>(node.attributes).alpha;
  return alpha < 0 || alpha > 1;
}

/// Does the result not care which of the inputs comes first?
bool commutes(OpKind op) {
  return op == OpKind::Add || op == OpKind::Mul || op == OpKind::Sum || op == OpKind::Max || op == OpKind::Min;
}

}  // namespace

bool is_elementwise(const Node& node) {
  return is_unary_elementwise(node.op) || is_broadcasting_elementwise(node.op);
}

int elementwise_scratch(const Graph& graph, const Node& node) {
  if (is_activation_gradient(node.op)) return gradient_scratch(node);
  if (node.op == OpKind::Erf) return 1;
  if (node.op == OpKind::Elu) return elu_selects(node) ? 1 : 0;
  if (node.op != OpKind::Pow) return 0;
  const std::optional<double> exponent = constant_exponent(graph, node);
  if (!exponent) return 2;
  return std::fabs(*exponent) > kLargestProductPower && std::fabs(std::fmod(*exponent, 2)) == 1 ? 1 : 0;
}

bool elementwise_in_place(const Graph& graph, const Node& node) {
  if (is_activation_gradient(node.op)) return false;
  if (node.op == OpKind::HardSwish || node.op == OpKind::Elu || node.op == OpKind::Erf) return false;
  if (node.op != OpKind::Pow) return true;
  const std::optional<double> exponent = constant_exponent(graph, node);
  if (!exponent || elementwise_scratch(graph, node) > 0) return false;
  const int power = is_product_power(*exponent) ? static_cast<int>(std::fabs(*exponent)) : 1;
  return (power & (power - 1)) == 0;  // squarings only
}

SimdBody elementwise_body(const Graph& graph, const Node& node, const ElementwiseOperands& operands,
                          SimdBuilder& builder) {
  Emitter e(operands, builder);
  if (is_activation_gradient(node.op)) {
    emit_gradient(node, e);
    return e.take();
  }
  const auto* numbers = std::get_if<AlphaBeta>(&node.attributes);
  switch (node.op) {
    case OpKind::Relu:
      e.emit(Op::relu, e.y(), e.x());
      break;
    case OpKind::LeakyRelu:
      e.emit(Op::leaky_relu, e.y(), e.x(), e.number(numbers->alpha));
      break;
    case OpKind::PRelu:
      e.emit(Op::leaky_relu, e.y(), e.x(), e.input(1));
      break;
    case OpKind::Clip:
      clip(std::get<ClipAttributes>(node.attributes), e);
      break;
    case OpKind::Sigmoid:
      e.emit(Op::sigmoid, e.y(), e.x());
      break;
    case OpKind::Tanh:
      e.emit(Op::tanh, e.y(), e.x());
      break;
    case OpKind::HardSigmoid:
      hard_sigmoid(numbers->alpha, numbers->beta, e);
      break;
    case OpKind::HardSwish:
      hard_sigmoid(1.0 / 6.0, 0.5, e);
      e.emit(Op::mul, e.y(), e.y(), e.x());
      break;
    case OpKind::Elu:
      elu(numbers->alpha, e);
      break;
    case OpKind::Sqrt:
      e.emit(Op::sqrt, e.y(), e.x());
      break;
    case OpKind::Exp:
      e.emit(Op::exp, e.y(), e.x());
      break;
    case OpKind::Erf:
      erf(e);
      break;
    case OpKind::Equal:
      fold(Op::equal, e);
      break;
    case OpKind::Add:
    case OpKind::Sum:
      fold(Op::add, e);
      break;
    case OpKind::Sub:
      fold(Op::sub, e);
      break;
    case OpKind::Mul:
      fold(Op::mul, e);
      break;
    case OpKind::Div:
      fold(Op::divide, e);
      break;
    case OpKind::Max:
      fold(Op::max, e);
      break;
    case OpKind::Min:
      fold(Op::min, e);
      break;
    case OpKind::Requantize:
      requantize(std::get<RequantizeAttributes>(node.attributes), e);
      break;
    case OpKind::Pow:
      if (const std::optional<double> exponent = constant_exponent(graph, node)) {
        constant_power(*exponent, e);
      } else {
        tensor_power(e);
      }
      break;
    default:
      fail_check("lowering", std::string(to_string(node.op)) + " is not element-wise");
  }
  return e.take();
}

std::vector<TensorId> ordered_inputs(const Node& node, TensorId running) {
  std::vector<TensorId> inputs = node.inputs;
  if (commutes(node.op)) std::iter_swap(inputs.begin(), std::find(inputs.begin(), inputs.end(), running));
  return inputs;
}

bool overwrites(const Graph& graph, const Node& node, TensorId running) {
  const std::vector<TensorId> inputs = ordered_inputs(node, running);
  return inputs.front() == running && std::count(inputs.begin(), inputs.end(), running) == 1 &&
         elementwise_in_place(graph, node);
}

std::optional<double> uniform_constant(const Tensor& tensor) {
  if (!tensor.constant) return std::nullopt;
  if (const auto* fill = std::get_if<Fill>(&tensor.values)) return fill->value;
  if (element_count(tensor.shape) != 1) return std::nullopt;
  if (const auto* integers = std::get_if<std::vector<std::int64_t>>(&tensor.values)) {
    return static_cast<double>(integers->front());
  }
  const std::optional<std::vector<float>> values = as_floats(tensor.values, 1);
  return values ? std::optional<double>(values->front()) : std::nullopt;
}

}  // namespace systole
