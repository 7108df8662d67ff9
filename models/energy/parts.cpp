#include "models/energy/parts.h"

namespace systole {

std::array<Banks, kSrams> banks_of(const config::Machine& machine) {
  const auto& array = machine.systolic_array();
  const auto& b = machine.buffers();
  const std::int64_t rows = array.rows();
  const std::int64_t columns = array.columns();
  const int sum_bits = array.accumulator_bits();
  const std::int64_t instruction_bits = std::max(b.simd_instruction_bits(), b.instruction_bits() / 2);
  return {{{Sram::wbuf, b.wbuf_bits() / (rows * columns), rows * columns, array.weight_bits()},
           {Sram::ibuf, b.ibuf_bits() / rows, rows, array.activation_bits()},
           {Sram::obuf, b.obuf_bits() / columns, 2 * columns, sum_bits},
           {Sram::bbuf, b.bbuf_bits() / columns, columns, array.bias_bits()},
           {Sram::vmem1, b.vmem_bits() / columns, columns, sum_bits},
           {Sram::vmem2, b.vmem_bits() / columns, columns, sum_bits},
           {Sram::imm, b.imm_bits(), 1, kSimdWordBits},
           {Sram::inst, instruction_bits, 3, kSimdWordBits}}};
}

int element_register_bits(const config::Machine& machine) {
  const auto& array = machine.systolic_array();
  const std::int64_t scratchpad_words =
      machine.buffers().wbuf_bits() / (std::int64_t{array.rows()} * array.columns() * array.weight_bits());
  int address_bits = 0;
  while ((std::int64_t{1} << address_bits) < scratchpad_words) ++address_bits;
  return array.activation_bits() + array.accumulator_bits() + 1 + address_bits;
}

bool is_floating(const config::Machine& machine) {
  return machine.simd_unit().number_format() == config::float32;
}

}  // namespace systole
