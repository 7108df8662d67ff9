#include "models/cycle/configure.h"

#include <algorithm>
#include <cmath>

#include "isa/decoder.h"
#include "isa/instruction_places.h"
#include "isa/program.h"
#include "models/cycle/dram/dram_memory.h"
#include "models/cycle/ideal_memory.h"

namespace systole {

namespace {

constexpr int kInstructionBits = 32;

ArrayParameters array_parameters(const config::SystolicArray& array) {
  ArrayParameters parameters;
  parameters.rows = array.rows();
  parameters.columns = array.columns();
  parameters.weight_bits = array.weight_bits();
  parameters.activation_bits = array.activation_bits();
  parameters.bias_bits = array.bias_bits();
  parameters.accumulator_bits = array.accumulator_bits();
  parameters.obuf_accumulate_latency = array.obuf_accumulate_latency();
  return parameters;
}

SimdParameters simd_parameters(const config::Machine& machine) {
  SimdParameters parameters;
  parameters.lanes = machine.systolic_array().columns();
  parameters.divide_latency = machine.simd_unit().divide_latency();
  parameters.exponential_latency = machine.simd_unit().exponential_latency();
  parameters.inverse_sqrt_latency = machine.simd_unit().inverse_sqrt_latency();
  parameters.hazards = !machine.without().hazards();
  parameters.bank_conflicts = !machine.without().bank_conflicts();
  return parameters;
}

DmaParameters dma_parameters(const config::Machine& machine, int width_bits, bool walks) {
  const config::SystolicArray& array = machine.systolic_array();
  const int accumulator = array.accumulator_bits();
  DmaParameters parameters;
  parameters.width_bits = width_bits;
  parameters.max_burst_bytes = machine.dma().max_burst_bytes();
  parameters.max_outstanding_bursts = machine.dma().max_outstanding_bursts();
  parameters.columns = array.columns();
  parameters.transposes = !machine.without().transposes();
  parameters.setup_cycles = walks ? machine.dma().address_setup_cycles() : 0;
  parameters.buffer_bits = {array.weight_bits(), array.bias_bits(), array.activation_bits(),
                            accumulator,         accumulator,       accumulator};
  return parameters;
}

void add_faults(const isa::DecodeResult& decoded, int block, Diagnostics& diagnostics) {
  for (const isa::WordFault& fault : decoded.faults) {
    const std::string place = "block " + std::to_string(block) + ", word " + std::to_string(fault.word) + ": ";
    diagnostics.add({"", 0, 0, place + fault.message, ""});
  }
}

BlockLayers block_layers(const isa::EncodedBlock& block) {
  BlockLayers layers;
  layers.array = block.array_layer();
  layers.nests.assign(block.nest_layers().begin(), block.nest_layers().end());
  const auto streams = std::min<std::size_t>(isa::kMaxStreams, static_cast<std::size_t>(block.stream_layers_size()));
  std::copy_n(block.stream_layers().begin(), streams, layers.streams.begin());
  return layers;
}

}  // namespace

MachineParameters machine_parameters(const config::Machine& machine) {
  const config::Ports& ports = machine.ports();
  MachineParameters parameters;
  parameters.clock_period_ps = std::llround(1e6 / machine.clock_mhz());
  parameters.array = array_parameters(machine.systolic_array());
  parameters.simd = simd_parameters(machine);
  parameters.dma = {dma_parameters(machine, ports.parambuf(), true), dma_parameters(machine, ports.ibuf(), true),
                    dma_parameters(machine, ports.obuf(), true), dma_parameters(machine, ports.simd(), true),
                    dma_parameters(machine, ports.instruction(), false)};
  parameters.interconnect.request_latency = machine.interconnect().request_latency();
  parameters.interconnect.response_latency = machine.interconnect().response_latency();
  parameters.controller.half_words = static_cast<int>(machine.buffers().instruction_bits() / 2 / kInstructionBits);
  parameters.controller.decode_words_per_cycle = machine.controller().decode_words_per_cycle();
  parameters.controller.fetches = !machine.without().instruction_fetch();
  parameters.controller.dispatch_cycles = parameters.controller.fetches ? machine.controller().dispatch_cycles() : 0;
  return parameters;
}

std::unique_ptr<Memory> make_memory(const config::Memory& memory) {
  if (memory.has_dram()) return make_dram_memory("memory", memory);
  IdealMemoryParameters parameters;
  parameters.gbytes_per_second = memory.ideal().gbytes_per_second();
  parameters.latency_ns = memory.ideal().latency_ns();
  parameters.posted_writes = memory.ideal().posted_writes();
  parameters.capacity = Bytes{memory.ideal().capacity_mbytes() << 20};
  return std::make_unique<IdealMemory>("memory", parameters);
}

MachineProgram load_program(const isa::Program& program) {
  Diagnostics diagnostics;
  MachineProgram result;
  for (int b = 0; b < program.blocks_size(); ++b) {
    const isa::EncodedBlock& encoded = program.blocks(b);
    isa::DecodeResult decoded = isa::decode(encoded.words().data(), static_cast<std::size_t>(encoded.words_size()));
    add_faults(decoded, b, diagnostics);
    ProgramBlock block;
    block.block = std::move(decoded.block);
    block.layers = block_layers(encoded);
    block.words = static_cast<std::int64_t>(decoded.words);
    block.simd_begin = static_cast<std::int64_t>(decoded.simd_begin);
    block.simd_end = static_cast<std::int64_t>(decoded.simd_end);
    if (decoded.faults.empty()) block.places = isa::instruction_places(encoded);
    result.blocks.push_back(std::move(block));
  }
  diagnostics.throw_if_any();
  const isa::Region* const words = isa::instruction_region(program);
  result.address = words == nullptr ? 0 : words->address();
  result.layers = static_cast<std::size_t>(program.layers_size());
  return result;
}

}  // namespace systole
