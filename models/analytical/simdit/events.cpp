#include "models/analytical/simdit/events.h"

#include <cmath>

namespace systole::simdit {

namespace {

constexpr double kBitsPerByte = 8;
constexpr double kInstructionBits = 32;

std::int64_t whole(double value) {
  return std::llround(value);
}

void add(EventCounts& events, Sram memory, double read_bits, double written_bits, std::int64_t word_bits) {
  SramCounts& counts = events.of(memory);
  counts.reads += whole(read_bits / static_cast<double>(word_bits));
  counts.writes += whole(written_bits / static_cast<double>(word_bits));
  counts.read_bytes += whole(read_bits / kBitsPerByte);
  counts.write_bytes += whole(written_bits / kBitsPerByte);
}

SimdOperation operation_of(Operation operation) {
  switch (operation) {
    case Operation::mean_var:
    case Operation::batch_norm:
    case Operation::batch_norm_grad:
    case Operation::sgd:
      return SimdOperation::multiply_add;
    default:
      return SimdOperation::add;
  }
}

void add_array(EventCounts& events, const Cost& c, const Machine& m, double count) {
  const double psums = c.dram_psum / 2;  // each goes out and comes back
  const double outputs = c.bbuf / static_cast<double>(m.bias_bits) * static_cast<double>(m.accumulator_bits);  // bits
  const double obuf_reads = (c.obuf - outputs) / 2;  // the first part of a sum is only written
  events.macs = whole(count * c.operations / 2);
  events.psum_adds = whole(count * (obuf_reads + outputs) / static_cast<double>(m.accumulator_bits));
  events.array_cycles = whole(count * c.array_compute);
  add(events, Sram::wbuf, count * c.wbuf, count * c.dram_filter, m.weight_bits);
  add(events, Sram::ibuf, count * c.ibuf, count * c.dram_ifmap, m.activation_bits);
  add(events, Sram::bbuf, count * c.bbuf, count * c.dram_bias, m.bias_bits);
  add(events, Sram::obuf, count * (obuf_reads + psums + c.dram_ofmap), count * (c.obuf - obuf_reads + psums),
      m.accumulator_bits);
}

void add_simd(EventCounts& events, const Layer& layer, const Cost& c, const Machine& m, double count) {
  events.of(operation_of(layer.operation)) = whole(count * c.operations);
  events.simd_cycles = whole(count * c.simd_compute);
  events.simd_instructions = whole(count * c.instruction_memory / kInstructionBits);
  add(events, Sram::inst, count * c.instruction_memory, 0, static_cast<std::int64_t>(kInstructionBits));
  add(events, Sram::imm, count * c.imm, 0, m.accumulator_bits);
  for (const Sram memory : {Sram::vmem1, Sram::vmem2}) {
    add(events, memory, count * (c.vmem * 2 / 3 + c.dram_ofmap) / 2, count * (c.vmem / 3 + c.dram_ifmap) / 2,
        m.accumulator_bits);
  }
}

}  // namespace

Work work_of(const Layer& layer, const Cost& cost, const Machine& machine, double count) {
  Work work;
  if (on_array(layer.operation)) {
    add_array(work.events, cost, machine, count);
  } else {
    add_simd(work.events, layer, cost, machine, count);
  }
  work.events.port_bytes = whole(count * cost.dram() / kBitsPerByte);
  work.read_bytes = count * (cost.dram_filter + cost.dram_ifmap + cost.dram_bias + cost.dram_psum / 2) / kBitsPerByte;
  work.write_bytes = count * (cost.dram_ofmap + cost.dram_psum / 2) / kBitsPerByte;
  return work;
}

}  // namespace systole::simdit
