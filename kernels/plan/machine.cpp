#include "kernels/plan/machine.h"

#include <algorithm>
#include <numeric>

#include "base/units.h"

namespace systole {

double Machine::channel_share(std::int64_t piece_bytes, std::int64_t stride_bytes) const {
  const std::int64_t period = memory_channels * channel_bytes;
  const std::int64_t places = period / std::gcd(period, stride_bytes);
  const std::int64_t reached = std::min(memory_channels, places * ceil_div(piece_bytes, channel_bytes));
  return static_cast<double>(reached) / static_cast<double>(memory_channels);
}

isa::Target target_of(const Machine& machine) {
  isa::Target target;
  target.set_rows(static_cast<std::int32_t>(machine.rows));
  target.set_columns(static_cast<std::int32_t>(machine.columns));
  target.set_weight_bits(machine.weight_bits);
  target.set_activation_bits(machine.activation_bits);
  target.set_bias_bits(machine.bias_bits);
  target.set_accumulator_bits(machine.accumulator_bits);
  target.set_wbuf_half_elements(machine.wbuf_half_elements);
  target.set_ibuf_half_elements(machine.ibuf_half_elements);
  target.set_bbuf_half_elements(machine.bbuf_half_elements);
  target.set_obuf_half_words(machine.obuf_half_words);
  target.set_vmem_words(machine.vmem_words);
  target.set_imm_words(machine.imm_words);
  target.set_simd_instruction_words(machine.simd_instruction_words);
  target.set_float32(machine.float32);
  target.set_memory_bytes(machine.memory_bytes);
  return target;
}

}  // namespace systole
