#include <cmath>
#include <string>

#include "base/errors.h"
#include "kernels/lowering/elementwise_emitter.h"

namespace systole {

namespace {

using Op = isa::SimdOpcode;
using Emitter = ElementwiseEmitter;

/// dy where the derivative is 1 and nothing elsewhere: the flag times dy.
void masked(Emitter& e) {
  e.emit(Op::mul, e.y(), e.y(), e.x());
}

/// dy where x >= 0, else what is in y.
void unless_negative(Emitter& e) {
  e.emit(Op::greater_equal, e.t(0), e.input(1), e.number(0));
  e.emit(Op::conditional_move, e.y(), e.x(), e.t(0));
}

/// y = 1 where `low` < the forward result < `high`, else 0; limits that are infinite are not asked for.
void between(double low, double high, Emitter& e) {
  if (std::isfinite(low)) e.emit(Op::greater, e.y(), e.input(1), e.number(low));
  if (!std::isfinite(high)) {
    if (!std::isfinite(low)) e.emit(Op::move, e.y(), e.number(1));
    return;
  }
  const Operand flag = std::isfinite(low) ? e.t(0) : e.y();
  e.emit(Op::less, flag, e.input(1), e.number(high));
  if (flag != e.y()) e.emit(Op::mul, e.y(), e.y(), flag);
}

void hard_swish(Emitter& e) {
  e.emit(Op::mul, e.y(), e.input(1), e.number(1.0 / 3.0));
  e.emit(Op::add, e.y(), e.y(), e.number(0.5));
  e.emit(Op::greater, e.t(0), e.input(1), e.number(-3));
  e.emit(Op::mul, e.y(), e.y(), e.t(0));
  e.emit(Op::greater_equal, e.t(0), e.input(1), e.number(3));
  e.emit(Op::conditional_move, e.y(), e.number(1), e.t(0));
  masked(e);
}

/// With alpha = 1 the derivative is e^min(x, 0) on both sides.
void elu(double alpha, Emitter& e) {
  e.emit(Op::min, e.y(), e.input(1), e.number(0));
  e.emit(Op::exp, e.y(), e.y());
  if (alpha == 1) return masked(e);
  e.emit(Op::mul, e.y(), e.y(), e.number(alpha));
  masked(e);
  unless_negative(e);
}

}  // namespace

int gradient_scratch(const Node& node) {
  switch (node.op) {
    case OpKind::LeakyReluGradient:
    case OpKind::PReluGradient:
    case OpKind::HardSigmoidGradient:
    case OpKind::HardSwishGradient:
      return 1;
    case OpKind::EluGradient:
      return std::get<AlphaBeta>(node.attributes).alpha == 1 ? 0 : 1;
    case OpKind::ClipGradient: {
      const auto& limits = std::get<ClipAttributes>(node.attributes);
      return std::isfinite(limits.min) && std::isfinite(limits.max) ? 1 : 0;
    }
    default:
      return 0;
  }
}

void emit_gradient(const Node& node, Emitter& e) {
  const auto* numbers = std::get_if<AlphaBeta>(&node.attributes);
  const Operand of_forward = e.input(1);
  switch (node.op) {
    case OpKind::ReluGradient:
      e.emit(Op::greater, e.y(), of_forward, e.number(0));
      return masked(e);
    case OpKind::LeakyReluGradient:
      e.emit(Op::mul, e.y(), e.x(), e.number(numbers->alpha));
      return unless_negative(e);
    case OpKind::PReluGradient:
      e.emit(Op::mul, e.y(), e.x(), e.input(2));
      return unless_negative(e);
    case OpKind::ClipGradient: {
      const auto& limits = std::get<ClipAttributes>(node.attributes);
      between(limits.min, limits.max, e);
      return masked(e);
    }
    case OpKind::SigmoidGradient:
      e.emit(Op::sub, e.y(), e.number(1), of_forward);
      e.emit(Op::mul, e.y(), e.y(), of_forward);
      return masked(e);
    case OpKind::TanhGradient:
      e.emit(Op::mul, e.y(), of_forward, of_forward);
      e.emit(Op::sub, e.y(), e.number(1), e.y());
      return masked(e);
    case OpKind::HardSigmoidGradient:
      between(0, 1, e);
      e.emit(Op::mul, e.y(), e.y(), e.number(numbers->alpha));
      return masked(e);
    case OpKind::HardSwishGradient:
      return hard_swish(e);
    case OpKind::EluGradient:
      return elu(numbers->alpha, e);
    default:
      fail_check("lowering", std::string(to_string(node.op)) + " is no gradient of an activation");
  }
}

}  // namespace systole
