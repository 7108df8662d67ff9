#include <cmath>

#include "kernels/training/gradients.h"

namespace systole::training {

namespace {

/// The gradient's kind, and whether it reads the activation's output (else its input).
struct ActivationRule {
  OpKind gradient;
  bool reads_output;
};

ActivationRule rule_of(OpKind activation) {
  switch (activation) {
    case OpKind::Relu:
      return {OpKind::ReluGradient, true};
    case OpKind::LeakyRelu:
      return {OpKind::LeakyReluGradient, false};
    case OpKind::Clip:
      return {OpKind::ClipGradient, true};
    case OpKind::Sigmoid:
      return {OpKind::SigmoidGradient, true};
    case OpKind::Tanh:
      return {OpKind::TanhGradient, true};
    case OpKind::HardSigmoid:
      return {OpKind::HardSigmoidGradient, true};
    case OpKind::HardSwish:
      return {OpKind::HardSwishGradient, false};
    default:
      return {OpKind::EluGradient, false};
  }
}

}  // namespace

void activation_gradient(NodeGradient& g) {
  const ActivationRule rule = rule_of(g.node().op);
  const TensorId read = rule.reads_output ? g.out() : g.in(0);
  g.give(0, g.emit(rule.gradient, {g.dy(), read}, g.in_shape(0), g.node().attributes));
}

void sqrt_gradient(NodeGradient& g) {
  g.give(0, g.emit(OpKind::Div, {g.scaled(g.dy(), 0.5), g.out()}, g.in_shape(0)));
}

void exp_gradient(NodeGradient& g) {
  g.give(0, g.mul(g.dy(), g.out()));
}

void erf_gradient(NodeGradient& g) {
  const TensorId squares = g.scaled(g.mul(g.in(0), g.in(0)), -1.0);
  const TensorId bell = g.emit(OpKind::Exp, {squares}, g.in_shape(0));
  g.give(0, g.mul(g.scaled(g.dy(), 2.0 / std::sqrt(std::acos(-1.0))), bell));
}

void prelu_gradient(NodeGradient& g) {
  const TensorId dy = g.dy();
  if (g.wants(0)) g.give(0, g.emit(OpKind::PReluGradient, {dy, g.in(0), g.in(1)}, g.in_shape(0)));
  if (!g.wants(1)) return;
  const TensorId negative = g.emit(OpKind::Min, {g.in(0), g.fill(0.0)}, g.in_shape(0));
  g.give(1, g.summed_to(g.mul(dy, negative), g.in_shape(1)));
}

void add_gradient(NodeGradient& g) {
  const TensorId dy = g.dy();
  for (std::size_t i = 0; i < g.node().inputs.size(); ++i) {
    if (g.wants(i)) g.give(i, g.summed_to(dy, g.in_shape(i)));
  }
}

void sub_gradient(NodeGradient& g) {
  const TensorId dy = g.dy();
  if (g.wants(0)) g.give(0, g.summed_to(dy, g.in_shape(0)));
  if (g.wants(1)) g.give(1, g.scaled(g.summed_to(dy, g.in_shape(1)), -1.0));
}

void mul_gradient(NodeGradient& g) {
  const TensorId dy = g.dy();
  for (std::size_t i = 0; i < 2; ++i) {
    if (g.wants(i)) g.give(i, g.summed_to(g.mul(dy, g.in(1 - i)), g.in_shape(i)));
  }
}

void div_gradient(NodeGradient& g) {
  const TensorId share = g.emit(OpKind::Div, {g.dy(), g.in(1)}, g.shape(g.out()));
  if (g.wants(0)) g.give(0, g.summed_to(share, g.in_shape(0)));
  if (g.wants(1)) g.give(1, g.scaled(g.summed_to(g.mul(share, g.out()), g.in_shape(1)), -1.0));
}

void pow_gradient(NodeGradient& g) {
  if (g.wants(1)) return g.refuse("its exponent depends on what is trained");
  const std::optional<double> exponent = g.uniform(g.in(1));
  if (!exponent) return g.refuse("its exponent is not one constant number");
  TensorId slope = g.in(0);
  if (*exponent != 2.0) slope = g.emit(OpKind::Pow, {slope, g.fill(*exponent - 1.0)}, g.in_shape(0));
  g.give(0, g.summed_to(g.mul(g.scaled(g.dy(), *exponent), slope), g.in_shape(0)));
}

void extremum_gradient(NodeGradient& g) {
  // The first operand that is the largest takes all of it; the last one takes what the others have left.
  TensorId left = g.dy();
  const Shape shape = g.shape(g.out());
  const std::size_t count = g.node().inputs.size();
  for (std::size_t i = 0; i < count; ++i) {
    if (i + 1 == count) {
      if (g.wants(i)) g.give(i, g.summed_to(left, g.in_shape(i)));
      return;
    }
    const TensorId chosen = g.emit(OpKind::Equal, {g.in(i), g.out()}, shape);
    const TensorId share = g.mul(left, chosen);
    if (g.wants(i)) g.give(i, g.summed_to(share, g.in_shape(i)));
    left = g.emit(OpKind::Sub, {left, share}, shape);
  }
}

}  // namespace systole::training
