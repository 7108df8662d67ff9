#include "models/cycle/simd_opcodes.h"

#include "base/errors.h"

namespace systole {

SimdOpcodeTraits traits_of(isa::SimdOpcode opcode) {
  using Op = isa::SimdOpcode;
  using Class = SimdOperation;
  const auto unary = [](Class operation, SimdLatency latency = SimdLatency::one) {
    return SimdOpcodeTraits{latency, false, false, operation};
  };
  const auto binary = [](Class operation, SimdLatency latency = SimdLatency::one) {
    return SimdOpcodeTraits{latency, true, false, operation};
  };
  switch (opcode) {
    case Op::add:
    case Op::sub:
    case Op::max:
    case Op::min:
    case Op::equal:
    case Op::not_equal:
    case Op::greater:
    case Op::greater_equal:
    case Op::less:
    case Op::less_equal:
      return binary(Class::add);
    case Op::relu:
    case Op::floor:
    case Op::absolute:
    case Op::negate:
      return unary(Class::add);
    case Op::shift_left:
    case Op::shift_right:
    case Op::bit_and:
    case Op::bit_or:
    case Op::bit_xor:
      return binary(Class::logic);
    case Op::move:
    case Op::sign:
    case Op::cast:
      return unary(Class::logic);
    case Op::conditional_move:
      return {SimdLatency::one, true, true, Class::logic};
    case Op::mul:
    case Op::leaky_relu:
      return binary(Class::multiply);
    case Op::mac:
    case Op::requantize:
      return {SimdLatency::one, true, true, Class::multiply_add};
    case Op::sigmoid:
    case Op::tanh:
    case Op::log:
      return unary(Class::exponential);
    case Op::exp:
      return unary(Class::exponential, SimdLatency::exponential);
    case Op::sqrt:
    case Op::inverse_sqrt:
      return unary(Class::inverse_sqrt, SimdLatency::inverse_sqrt);
    case Op::reciprocal:
      return unary(Class::divide, SimdLatency::divide);
    case Op::divide:
      return binary(Class::divide, SimdLatency::divide);
  }
  fail_check("simd_unit", "opcode " + std::to_string(static_cast<int>(opcode)) + " is unknown");
}

}  // namespace systole
