#include "models/analytical/systole/machine_model.h"

#include <cmath>

namespace systole::analytical {

namespace {
constexpr std::int64_t kWordBits = 32;
constexpr double kPicosecondsOfMhz = 1e6;
constexpr double kPicosecondsOfSecond = 1e12;
}  // namespace

MachineModel machine_model(const config::Machine& machine) {
  const config::SystolicArray& array = machine.systolic_array();
  MachineModel model;
  model.rows = array.rows();
  model.columns = array.columns();
  model.accumulate_latency = array.obuf_accumulate_latency();
  const std::int64_t sums = array.accumulator_bits();
  model.element_bits = {array.weight_bits(), array.bias_bits(), array.activation_bits(), sums, sums, sums};

  model.divide_latency = machine.simd_unit().divide_latency();
  model.exponential_latency = machine.simd_unit().exponential_latency();
  model.inverse_sqrt_latency = machine.simd_unit().inverse_sqrt_latency();

  model.simd_hazards = !machine.without().hazards();
  model.bank_conflicts = !machine.without().bank_conflicts();

  set_ports(machine.ports(), model);
  model.burst_bytes = machine.dma().max_burst_bytes();
  model.outstanding_bursts = machine.dma().max_outstanding_bursts();
  model.setup = machine.dma().address_setup_cycles();
  model.transposes = !machine.without().transposes();

  model.half_words = machine.buffers().instruction_bits() / kWordBits / 2;
  model.decode_words = machine.controller().decode_words_per_cycle();
  model.fetches = !machine.without().instruction_fetch();
  model.dispatch = model.fetches ? machine.controller().dispatch_cycles() : 0;

  model.period_ps = std::llround(kPicosecondsOfMhz / machine.clock_mhz());
  model.clock_hz = kPicosecondsOfSecond / static_cast<double>(model.period_ps);
  return model;
}

void set_ports(const config::Ports& ports, MachineModel& machine) {
  machine.port_bits = {ports.parambuf(), ports.ibuf(), ports.obuf(), ports.simd(), ports.instruction()};
}

}  // namespace systole::analytical
