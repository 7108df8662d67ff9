#include "models/energy/energy_model.h"

#include <algorithm>

namespace systole {
namespace {

constexpr int kSimdWordBits = 32;
constexpr int kLaneRegisterBits = 3 * kSimdWordBits;  // two operands and a result on their way through a lane

/// The banks of one on-chip memory: equal memories with one port each.
struct Banks {
  Sram memory;
  std::int64_t bits;  // of one bank, both ping-pong halves where they share it
  std::int64_t count;
  int word_bits;
};

std::array<Banks, kSrams> banks_of(const config::Machine& machine) {
  const auto& array = machine.systolic_array();
  const auto& b = machine.buffers();
  const std::int64_t rows = array.rows();
  const std::int64_t columns = array.columns();
  const int sum_bits = array.accumulator_bits();
  // The two halves of OBUF are separate banks; IMM and INST are single memories. INST is three: the halves of the
  // controller's memory and the SIMD unit's; an access is charged at the largest.
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

const config::Figure& mac_figure(const config::MacEnergy& mac, int operand_bits, bool floating) {
  if (floating) return operand_bits <= 16 ? mac.fp16() : mac.fp32();
  if (operand_bits <= 4) return mac.int4();
  if (operand_bits <= 8) return mac.int8();
  return operand_bits <= 16 ? mac.int16() : mac.int32();
}

/// Flip-flops of one element: activation, partial sum, and the read request and address it passes on to its neighbour.
int element_register_bits(const config::Machine& machine) {
  const auto& array = machine.systolic_array();
  const std::int64_t scratchpad_words =
      machine.buffers().wbuf_bits() / (std::int64_t{array.rows()} * array.columns() * array.weight_bits());
  int address_bits = 0;
  while ((std::int64_t{1} << address_bits) < scratchpad_words) ++address_bits;
  return array.activation_bits() + array.accumulator_bits() + 1 + address_bits;
}

}  // namespace

Picojoules EnergyReport::total() const {
  Picojoules sum;
  for (const auto& [component, energy] : by_component) sum.value += energy.value;
  return sum;
}

double EnergyReport::average_power_w(std::int64_t cycles, double clock_mhz) const {
  if (cycles == 0) return 0;
  const double seconds = static_cast<double>(cycles) / (clock_mhz * 1e6);
  return total().value * 1e-12 / seconds;
}

EnergyModel::EnergyModel(const config::Machine& machine) {
  price_units(machine);
  price_memories(machine);
}

void EnergyModel::price_units(const config::Machine& machine) {
  const auto& table = machine.energy_table();
  const auto& array = machine.systolic_array();
  const auto& registers = table.registers();
  const bool floating = machine.simd_unit().number_format() == config::float32;
  const auto& simd = floating ? table.float32() : table.fixed32();

  const int element_bits = element_register_bits(machine);
  const int operand_bits = std::max(array.weight_bits(), array.activation_bits());
  mac_pj_ = mac_figure(table.mac(), operand_bits, floating).value() + element_bits * registers.write_bit().value();
  psum_add_pj_ = simd.add().value();

  const auto operation = [&](SimdOperation op, double arithmetic_pj) {
    simd_pj_[static_cast<std::size_t>(op)] = arithmetic_pj + kLaneRegisterBits * registers.write_bit().value();
  };
  operation(SimdOperation::logic, simd.logic().value());
  operation(SimdOperation::add, simd.add().value());
  operation(SimdOperation::multiply, simd.multiply().value());
  operation(SimdOperation::multiply_add, simd.multiply().value() + simd.add().value());
  operation(SimdOperation::divide, simd.divide().value());
  operation(SimdOperation::exponential, simd.exponential().value());
  operation(SimdOperation::inverse_sqrt, simd.inverse_sqrt().value());

  decode_pj_ = table.decode_word().value();
  address_pj_ = table.address_step().value();
  port_byte_pj_ = 8 * table.port_bit().value();

  const double array_bits = static_cast<double>(array.rows()) * array.columns() * element_bits;
  const double simd_bits = static_cast<double>(array.columns()) * kLaneRegisterBits;
  array_clock_pj_ = array_bits * registers.clock_bit().value();
  array_gated_pj_ = array_bits * registers.gated_clock_bit().value();
  simd_clock_pj_ = simd_bits * registers.clock_bit().value();
  simd_gated_pj_ = simd_bits * registers.gated_clock_bit().value();

  const double cycle_ns = 1000.0 / machine.clock_mhz();
  leakage_pj_ = (array_bits + simd_bits) * registers.leakage_bit().value() * 1e-6 * cycle_ns;  // nW -> mW; mW x ns = pJ
}

void EnergyModel::price_memories(const config::Machine& machine) {
  const auto& table = machine.energy_table();
  const SramEnergy sram(table.sram(), table.registers().write_bit().value());
  const double cycle_ns = 1000.0 / machine.clock_mhz();
  for (const Banks& banks : banks_of(machine)) {
    const double bytes = static_cast<double>(banks.bits) / 8;
    MemoryPrice& price = memories_[static_cast<std::size_t>(banks.memory)];
    price.read_pj = sram.read_pj(bytes, banks.word_bits);
    price.write_pj = sram.write_pj(bytes, banks.word_bits);
    leakage_pj_ += static_cast<double>(banks.count) * sram.leakage_mw(bytes) * cycle_ns;
  }
}

EnergyReport EnergyModel::price(const EventCounts& counts, Picojoules dram) const {
  const auto times = [](std::int64_t count, double pj) { return static_cast<double>(count) * pj; };
  std::map<std::string, double> pj;
  pj["systolic_array"] = times(counts.macs, mac_pj_) + times(counts.psum_adds, psum_add_pj_);
  double& simd = pj["simd_unit"] = times(counts.simd_instructions, decode_pj_);
  for (std::size_t op = 0; op < kSimdOperations; ++op) simd += times(counts.simd_operations[op], simd_pj_[op]);
  for (std::size_t memory = 0; memory < kSrams; ++memory) {
    pj[kSramNames[memory]] = times(counts.sram[memory].reads, memories_[memory].read_pj) +
                             times(counts.sram[memory].writes, memories_[memory].write_pj);
  }
  pj["controller"] = times(counts.array_words_decoded, decode_pj_);
  pj["address_walkers"] = times(counts.address_steps, address_pj_);
  pj["interconnect"] = times(counts.port_bytes, port_byte_pj_);
  pj["clock"] = times(counts.array_cycles, array_clock_pj_) +
                times(counts.cycles - counts.array_cycles, array_gated_pj_) +
                times(counts.simd_cycles, simd_clock_pj_) + times(counts.cycles - counts.simd_cycles, simd_gated_pj_);
  pj["leakage"] = times(counts.cycles, leakage_pj_);
  pj["dram"] = dram.value;

  EnergyReport report;
  for (const auto& [component, value] : pj) report.by_component[component] = Picojoules{value};
  return report;
}

}  // namespace systole
