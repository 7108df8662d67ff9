#include "kernels/plan/machine_config.h"

#include <cmath>
#include <map>
#include <sstream>
#include <string>

namespace systole {

namespace {

/// Read latency of an idle memory, in picoseconds: row activation, column access and the data of one burst.
double idle_latency_ps(const config::Memory& memory) {
  if (memory.has_ideal()) return memory.ideal().latency_ns() * 1000;
  const config::DramTiming& t = memory.dram().timing();
  const config::DramOrganization& o = memory.dram().organization();
  return static_cast<double>(t.trcd_read() + t.rl() + o.burst_length() / o.beats_per_clock()) * t.clock_ps();
}

std::int64_t burst_bytes(const config::Memory& memory) {
  if (memory.has_ideal()) return 1;
  const config::DramOrganization& o = memory.dram().organization();
  return std::int64_t{o.channel_bits()} * o.burst_length() / 8;
}

/// The bytes below the channel's field of the address map.
std::int64_t channel_bytes(const config::Memory& memory) {
  const config::DramOrganization& o = memory.dram().organization();
  const std::map<std::string, std::int64_t> all{{"column", o.columns() / o.burst_length()},
                                                {"bankgroup", o.bank_groups()},
                                                {"bank", o.banks_per_group()},
                                                {"rank", o.ranks()}};
  std::istringstream fields(memory.dram().address_map().fields());
  std::int64_t bytes = 0;  // 0: the channel's field has not come yet
  for (std::string field; std::getline(fields, field, '-');) {
    const std::size_t colon = field.find(':');  // a part of a field: its bits
    if (field == "channel") {
      bytes = burst_bytes(memory);
    } else if (colon != std::string::npos) {
      bytes <<= std::stoi(field.substr(colon + 1));
    } else {
      bytes *= all.count(field) > 0 ? all.at(field) : 1;
    }
  }
  return bytes;
}

}  // namespace

double peak_bytes_per_cycle(const config::Memory& memory, double clock_mhz) {
  if (memory.has_ideal()) return memory.ideal().gbytes_per_second() * 1000 / clock_mhz;
  const config::DramOrganization& o = memory.dram().organization();
  const auto bytes_per_clock = static_cast<double>(o.channels() * o.channel_bits() / 8 * o.beats_per_clock());
  return bytes_per_clock * 1e6 / memory.dram().timing().clock_ps() / clock_mhz;
}

std::int64_t capacity_bytes(const config::Memory& memory) {
  if (memory.has_ideal()) return memory.ideal().capacity_mbytes() << 20;
  const config::DramOrganization& o = memory.dram().organization();
  const std::int64_t devices = o.channel_bits() / o.device_bits();
  return (o.device_megabits() << 17) * devices * o.ranks() * o.channels();
}

Machine machine_of(const config::Machine& machine) {
  const config::SystolicArray& array = machine.systolic_array();
  const config::Buffers& buffers = machine.buffers();
  const config::Memory& memory = machine.memory_description();
  Machine m;
  m.name = machine.name();
  m.rows = array.rows();
  m.columns = array.columns();
  m.weight_bits = array.weight_bits();
  m.activation_bits = array.activation_bits();
  m.bias_bits = array.bias_bits();
  m.accumulator_bits = array.accumulator_bits();
  m.float32 = machine.simd_unit().number_format() == config::float32;
  m.wbuf_half_elements = buffers.wbuf_bits() / 2 / array.weight_bits();
  m.ibuf_half_elements = buffers.ibuf_bits() / 2 / array.activation_bits();
  m.bbuf_half_elements = buffers.bbuf_bits() / 2 / array.bias_bits();
  m.obuf_half_words = buffers.obuf_bits() / array.accumulator_bits() / array.columns();  // the key counts one half
  m.vmem_words = buffers.vmem_bits() / array.accumulator_bits() / array.columns();
  m.vmem_double_buffered = buffers.vmem_double_buffered();
  m.imm_words = buffers.imm_bits() / 32;
  m.simd_instruction_words = buffers.simd_instruction_bits() / 32;
  m.memory_bytes = capacity_bytes(memory);
  m.parambuf_port_bits = machine.ports().parambuf();
  m.ibuf_port_bits = machine.ports().ibuf();
  m.obuf_port_bits = machine.ports().obuf();
  m.simd_port_bits = machine.ports().simd();
  m.obuf_accumulate_latency = array.obuf_accumulate_latency();
  m.walker_setup = machine.dma().address_setup_cycles();
  const double way =
      memory.has_ideal() ? 0 : machine.interconnect().request_latency() + machine.interconnect().response_latency();
  m.memory_latency = std::llround(way + idle_latency_ps(memory) * machine.clock_mhz() / 1e6);
  m.memory_bytes_per_cycle = peak_bytes_per_cycle(memory, machine.clock_mhz());
  m.burst_bytes = burst_bytes(memory);
  if (!memory.has_ideal() && memory.dram().organization().channels() > 1) {
    m.memory_channels = memory.dram().organization().channels();
    m.channel_bytes = channel_bytes(memory);
  }
  m.divide_latency = machine.simd_unit().divide_latency();
  m.exponential_latency = machine.simd_unit().exponential_latency();
  m.inverse_sqrt_latency = machine.simd_unit().inverse_sqrt_latency();
  return m;
}

}  // namespace systole
