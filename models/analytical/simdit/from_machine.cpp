#include "models/analytical/simdit/from_machine.h"

namespace systole::simdit {

Machine machine_of(const config::Machine& machine) {
  const config::SystolicArray& array = machine.systolic_array();
  Machine m;
  m.rows = array.rows();
  m.columns = array.columns();
  m.weight_bits = array.weight_bits();
  m.activation_bits = array.activation_bits();
  m.bias_bits = array.bias_bits();
  m.accumulator_bits = array.accumulator_bits();
  m.wbuf = machine.buffers().wbuf_bits();
  m.ibuf = machine.buffers().ibuf_bits();
  m.bbuf = machine.buffers().bbuf_bits();
  m.obuf_half = machine.buffers().obuf_bits();
  m.vmem = machine.buffers().vmem_bits();
  m.parambuf_width = machine.ports().parambuf();
  m.ibuf_width = machine.ports().ibuf();
  m.obuf_width = machine.ports().obuf();
  m.simd_width = machine.ports().simd();
  m.divide_latency = machine.simd_unit().divide_latency();
  m.exponential_latency = machine.simd_unit().exponential_latency();
  m.inverse_sqrt_latency = machine.simd_unit().inverse_sqrt_latency();
  return m;
}

}  // namespace systole::simdit
