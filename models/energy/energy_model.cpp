#include "models/energy/energy_model.h"

#include "models/energy/parts.h"
#include "models/energy/sram_energy.h"

namespace systole {

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
  const auto& simd = is_floating(machine) ? table.float32() : table.fixed32();

  const int element_bits = element_register_bits(machine);
  mac_pj_ = mac_figure(table.mac(), machine).value() + element_bits * registers.write_bit().value();
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
    const double bytes = banks.bytes();
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
