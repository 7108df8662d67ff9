#include "cli/run_result.h"

#include "isa/program.h"
#include "models/energy/dram_energy.h"
#include "models/energy/energy_model.h"

namespace systole {

namespace {

Phase phase_of(isa::LayerInfo::Phase phase) {
  switch (phase) {
    case isa::LayerInfo::grad_data:
      return Phase::grad_data;
    case isa::LayerInfo::grad_weight:
      return Phase::grad_weight;
    case isa::LayerInfo::grad:
      return Phase::grad;
    case isa::LayerInfo::update:
      return Phase::update;
    default:
      return Phase::forward;
  }
}

Named<Cycles> named(const StallCycles& stalls, const std::vector<Stall>& reasons) {
  Named<Cycles> result;
  for (const Stall reason : reasons) result.emplace_back(kStallNames[static_cast<std::size_t>(reason)], stalls[reason]);
  return result;
}

Named<Picojoules> named(const EnergyReport& report) {
  return {report.by_component.begin(), report.by_component.end()};
}

/// The reasons that a layer's cycles can have, by what it ran on.
std::vector<Stall> layer_stalls(LayerUnit unit) {
  std::vector<Stall> reasons;
  if (unit == LayerUnit::systolic_array) reasons = stalls_of(Unit::systolic_array);
  if (unit == LayerUnit::simd_unit) reasons = stalls_of(Unit::simd_unit);
  reasons.insert(reasons.end(), {Stall::shared, Stall::drain});
  return reasons;
}

/// The off-chip memory's part of each layer, by index: that of the blocks it leads. A block that nobody leads goes with
/// the next one.
std::vector<LayerMemory> memory_by_layer(const RunCounters& run) {
  std::vector<LayerMemory> layers(run.layers.size());
  LayerMemory pending;
  Cycles last_end;
  std::size_t leader = 0;
  for (const BlockCounters& block : run.blocks) {
    pending.cycles += block.end - last_end;
    pending.counters -= MemoryCounters{} - block.memory;  // adds: counters can only be taken off one another
    last_end = block.end;
    if (block.layer >= 0) leader = static_cast<std::size_t>(block.layer);
    if (block.layer < 0 && &block != &run.blocks.back()) continue;
    layers.at(leader).cycles += pending.cycles;
    layers.at(leader).counters -= MemoryCounters{} - pending.counters;
    pending = {};
  }
  return layers;
}

/// The memory's energy for each layer: what it counted, and of the rest, which is standby, the part of its time.
std::vector<double> memory_energy_by_layer(const Simulation& simulation, const config::Memory& memory,
                                           const std::vector<LayerMemory>& layers) {
  std::vector<double> energy(layers.size(), 0.0);
  if (!memory.has_dram()) return energy;
  const dram::Prices prices = dram::make_prices(memory.dram());
  const auto counted_pj = [&](const MemoryCounters& counted) { return prices.of(counted, 0).total_pj(); };
  const RunCounters& run = simulation.counters;
  const double rest_pj_per_cycle =
      (simulation.memory_energy.value - counted_pj(run.memory)) / static_cast<double>(run.cycles.count());
  for (std::size_t i = 0; i < layers.size(); ++i) {
    energy[i] = counted_pj(layers[i].counters) + rest_pj_per_cycle * static_cast<double>(layers[i].cycles.count());
  }
  return energy;
}

LayerResult layer_of(const isa::LayerInfo& info, const LayerCounters& counted, const isa::Program& program) {
  LayerResult layer;
  layer.index = info.index();
  layer.name = info.name();
  layer.op = info.op();
  layer.note = info.note();
  layer.phase = phase_of(info.phase());
  if (info.unit() == isa::LayerInfo::systolic_array) layer.unit = LayerUnit::systolic_array;
  if (info.unit() == isa::LayerInfo::simd_unit) layer.unit = LayerUnit::simd_unit;
  if (info.fused_into() >= 0) layer.fused_into = isa::layer_name(program, info.fused_into());
  layer.start = counted.start;
  layer.end = counted.end;
  layer.cycles = counted.end - counted.start;
  layer.compute_cycles = counted.compute;
  layer.stall_cycles = counted.stalls.total();
  layer.stalls = named(counted.stalls, layer_stalls(layer.unit));
  // The operator's own count. What the machine counted is the work of its active lanes, which can have zero weights
  // (merged groups, kernel columns packed onto rows): that is what energy is priced from.
  layer.macs = Macs{counted.ran ? info.macs() : 0};
  for (const std::int64_t operations : counted.events.simd_operations) layer.ops += operations;
  layer.dram_read = counted.dram_read;
  layer.dram_write = counted.dram_write;
  for (std::size_t s = 0; s < kSrams; ++s) {
    layer.sram_read.emplace_back(kSramNames[s], Bytes{counted.events.sram[s].read_bytes});
    layer.sram_write.emplace_back(kSramNames[s], Bytes{counted.events.sram[s].write_bytes});
  }
  return layer;
}

void add_layers(const Simulation& simulation, const isa::Program& program, const config::Machine& machine,
                const EnergyModel& prices, const std::vector<int>& layers, RunResult& result) {
  const std::vector<LayerCounters>& counted = simulation.counters.layers;
  const std::vector<LayerMemory> memory = memory_by_layer(simulation.counters);
  const std::vector<double> memory_pj = memory_energy_by_layer(simulation, machine.memory_description(), memory);
  for (const int layer : layers) {
    const auto index = static_cast<std::size_t>(layer);
    result.layers.push_back(layer_of(program.layers(layer), counted.at(index), program));
    if (machine.memory_description().has_dram()) result.layers.back().memory = memory.at(index);
    result.layers.back().energy = named(prices.price(counted.at(index).events, Picojoules{memory_pj.at(index)}));
  }
}

Footprint footprint_of(const isa::Program& program) {
  Footprint footprint;
  for (const isa::Region& region : program.regions()) {
    const Bytes bytes{region.bytes()};
    footprint.peak = std::max(footprint.peak, Bytes{region.address()} + bytes);
    if (region.kind() == isa::Region::state) footprint.states += bytes;
    if (region.kind() == isa::Region::constant) footprint.constants += bytes;
    if (region.kind() == isa::Region::instruction) footprint.instructions += bytes;
  }
  return footprint;
}

}  // namespace

RunResult result_of(const Simulation& simulation, const isa::Program& program, const config::Machine& machine,
                    const std::vector<int>& layers) {
  const RunCounters& run = simulation.counters;
  const EnergyModel prices(machine);
  RunResult result;
  result.model = program.model();
  result.hardware = machine.name();
  result.memory = machine.memory_description().name();
  result.mode = program.mode();
  result.batch = program.batch();
  result.clock_hz = 1e12 / static_cast<double>(run.clock_period_ps);
  result.rows = machine.systolic_array().rows();
  result.columns = machine.systolic_array().columns();
  result.cycles = run.cycles;
  result.cycles_by_kind = CyclesByKind{run.conv_gemm, run.other, run.overlap};
  result.footprint = footprint_of(program);
  result.dram = {Bytes{run.memory.read_bytes}, Bytes{run.memory.write_bytes}, run.memory,
                 run.memory_peak_bytes_per_second};
  for (std::size_t s = 0; s < kSrams; ++s) {
    const SramCounts& counts = run.events.sram[s];
    result.sram.emplace_back(kSramNames[s],
                             SramTraffic{Bytes{counts.read_bytes}, Bytes{counts.write_bytes}, counts.conflicts});
  }
  for (std::size_t u = 0; u < kUnits; ++u) {
    const UnitTime& time = run.units[u];
    result.units.emplace_back(kUnitNames[u],
                              UnitCycles{time.busy, time.idle, named(time.stalls, stalls_of(static_cast<Unit>(u)))});
  }
  result.energy = named(prices.price(run.events, simulation.memory_energy));
  add_layers(simulation, program, machine, prices, layers, result);
  for (const LayerResult& layer : result.layers) result.macs += layer.macs;
  return result;
}

}  // namespace systole
