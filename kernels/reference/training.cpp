#include <cmath>

#include "base/errors.h"
#include "kernels/reference/operators.h"

namespace systole::reference {

namespace {

/// The derivative of an activation where its input is x and its output y; the node reads only one of them, `t`.
double derivative(OpKind op, const Attributes& attributes, double t, double slope) {
  const auto alpha = [&] { return std::get<AlphaBeta>(attributes).alpha; };
  switch (op) {
    case OpKind::ReluGradient:
      return t > 0 ? 1 : 0;
    case OpKind::LeakyReluGradient:
      return t < 0 ? alpha() : 1;
    case OpKind::ClipGradient: {
      const auto& clip = std::get<ClipAttributes>(attributes);
      return t > clip.min && t < clip.max ? 1 : 0;
    }
    case OpKind::SigmoidGradient:
      return t * (1 - t);
    case OpKind::TanhGradient:
      return 1 - t * t;
    case OpKind::HardSigmoidGradient:
      return t > 0 && t < 1 ? alpha() : 0;
    case OpKind::HardSwishGradient:
      return t <= -3 ? 0 : t >= 3 ? 1 : t / 3 + 0.5;
    case OpKind::EluGradient:
      return t < 0 ? alpha() * std::exp(t) : 1;
    case OpKind::PReluGradient:
      return t < 0 ? slope : 1;
    default:
      fail_check("reference", std::string("no derivative for ") + to_string(op));
  }
}

}  // namespace

Array activation_gradient(OpKind op, const Attributes& attributes, const Operands& in, const Shape& out) {
  Array result = array_of(out);
  std::size_t place = 0;
  for_each_index(out, [&](const std::vector<std::int64_t>& at) {
    const double t = in[1]->data[place_of(in[1]->shape, at)];
    const double slope = in.size() > 2 ? in[2]->data[place_of(in[2]->shape, at)] : 0.0;
    result.data[place++] = in[0]->data[place_of(in[0]->shape, at)] * derivative(op, attributes, t, slope);
  });
  return result;
}

Array softmax_gradient(const SoftmaxAttributes& attributes, const Array& dy, const Array& y, bool logarithm) {
  Array result = array_of(y.shape);
  for_each_row(attributes, y.shape, [&](const std::vector<std::size_t>& row) {
    double sum = 0;
    for (const std::size_t i : row) sum += logarithm ? dy.data[i] : dy.data[i] * y.data[i];
    for (const std::size_t i : row) {
      result.data[i] = logarithm ? dy.data[i] - std::exp(y.data[i]) * sum : y.data[i] * (dy.data[i] - sum);
    }
  });
  return result;
}

std::vector<Array> optimize(OpKind op, const OptimizerAttributes& a, const Operands& in) {
  const std::size_t moments = moments_of(op);
  const auto scalar = [&](std::size_t i) {
    return in.size() > 2 + moments + i ? in[2 + moments + i]->data.at(0) : 1.0;
  };
  const double rate = a.rate * scalar(0);
  std::vector<Array> out{*in[0]};
  for (std::size_t i = 2; i < 2 + moments; ++i) out.push_back(*in[i]);
  for (std::size_t i = 0; i < in[0]->data.size(); ++i) {
    double& w = out[0].data[i];
    const double g = in[1]->data[i] + a.weight_decay * w;
    if (op == OpKind::Sgd) {
      w -= rate * g;
    } else if (op == OpKind::Momentum) {
      double& v = out[1].data[i];
      v = a.alpha * v + a.beta * scalar(1) * g;
      w -= rate * (a.nesterov ? g + a.alpha * v : v);
    } else if (op == OpKind::Adagrad) {
      double& h = out[1].data[i];
      h += g * g;
      w -= rate * g / (std::sqrt(h) + a.epsilon);
    } else {
      check(op == OpKind::Adam, "reference", "no such optimizer");
      double& v = out[1].data[i];
      double& h = out[2].data[i];
      v = a.alpha * v + (1 - a.alpha) * g;
      h = a.beta * h + (1 - a.beta) * g * g;
      w = (1 - a.final_decay) * (w - rate * v / (std::sqrt(h) + a.epsilon));
    }
  }
  return out;
}

}  // namespace systole::reference
