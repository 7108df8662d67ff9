#pragma once

#include <optional>
#include <utility>

#include "kernels/lowering/elementwise.h"

namespace systole {

/// Appends the instructions of one element-wise node; unary opcodes name their source twice, which costs no second
/// read.
class ElementwiseEmitter {
 public:
  ElementwiseEmitter(const ElementwiseOperands& operands, SimdBuilder& builder)
      : operands_(operands), builder_(builder) {}

  void emit(isa::SimdOpcode opcode, Operand destination, Operand source1, Operand source2) {
    body_.push_back({opcode, destination, source1, source2});
  }
  void emit(isa::SimdOpcode opcode, Operand destination, Operand source) { emit(opcode, destination, source, source); }

  /// x: the first input; y: the result; t(i): scratch.
  [[nodiscard]] Operand x() const { return operands_.inputs.at(0); }
  [[nodiscard]] Operand y() const { return operands_.result; }
  [[nodiscard]] Operand t(std::size_t i) const { return operands_.scratch.at(i); }
  [[nodiscard]] Operand input(std::size_t i) const { return operands_.inputs.at(i); }
  [[nodiscard]] std::size_t inputs() const { return operands_.inputs.size(); }
  Operand number(double value) { return builder_.immediate(value); }

  SimdBody take() { return std::move(body_); }

 private:
  const ElementwiseOperands& operands_;
  SimdBuilder& builder_;
  SimdBody body_;
};

/// Gradients of activations (is_activation_gradient); elementwise_gradient.cpp. They write their result before they
/// have read every input, so it never takes the place of one.
int gradient_scratch(const Node& node);
void emit_gradient(const Node& node, ElementwiseEmitter& emitter);

}  // namespace systole
