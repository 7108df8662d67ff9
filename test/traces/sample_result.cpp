#include "test/traces/sample_result.h"

namespace systole {

namespace {

LayerResult sample_layer(int index, Cycles start) {
  const bool array = index % 2 == 0;
  LayerResult layer;
  layer.index = index;
  layer.name = index == 1 ? "relu \"</script>, 1" : (array ? "/stage/conv_" : "/stage/relu_") + std::to_string(index);
  layer.op = array ? "Conv" : "Relu";
  layer.unit = array ? LayerUnit::systolic_array : LayerUnit::simd_unit;
  layer.start = start;
  layer.cycles = Cycles{1000 + 137 * (index % 11)};
  layer.end = start + layer.cycles;
  layer.compute_cycles = Cycles{layer.cycles.count() * (3 + index % 6) / 10};
  layer.stall_cycles = layer.cycles - layer.compute_cycles;
  const Cycles drain{layer.stall_cycles->count() / 4};
  layer.stalls = {{array ? "wbuf_load" : "vmem_load", *layer.stall_cycles - drain}, {"drain", drain}};
  layer.macs = Macs{array ? 400000 + 9001 * index : 0};
  layer.ops = array ? 0 : 51000 + 100 * index;
  layer.dram_read = Bytes{20000 + 1700 * (index % 13)};
  layer.dram_write = Bytes{6000 + 900 * (index % 7)};
  layer.memory = LayerMemory{layer.cycles, {}};
  layer.memory->counters.row_hits = 300 + index;
  layer.sram_read = {{"WBUF", Bytes{array ? 64000 : 0}}, {"VMEM1", Bytes{array ? 0 : 32000}}};
  layer.sram_write = {{"WBUF", Bytes{array ? 4096 : 0}}, {"VMEM1", Bytes{array ? 0 : 32000}}};
  layer.energy = {{"systolic_array", Picojoules{array ? 80500.5 : 0.0}},
                  {"simd_unit", Picojoules{array ? 0.0 : 20100.25}},
                  {"dram", Picojoules{400.0 * static_cast<double>(60 + index % 9)}}};
  return layer;
}

UnitCycles split(Cycles all, int busy_percent, const Named<int>& stall_percents) {
  UnitCycles unit;
  unit.busy = Cycles{all.count() * busy_percent / 100};
  for (const auto& [reason, percent] : stall_percents)
    unit.stalls.emplace_back(reason, Cycles{all.count() * percent / 100});
  unit.idle = all - unit.busy - total(unit.stalls);
  return unit;
}

}  // namespace

RunResult sample_result(int layers) {
  RunResult run;
  run.model = "sample";
  run.hardware = "inference_64x64";
  run.memory = "ddr4_2400";
  run.arguments = {"sample"};
  run.clock_hz = 1.25e9;
  run.rows = 64;
  run.columns = 64;
  Named<Picojoules> energy = {{"systolic_array", {}}, {"simd_unit", {}}, {"dram", {}}};
  for (int i = 0; i < layers; ++i) {
    run.layers.push_back(sample_layer(i, run.cycles));
    const LayerResult& layer = run.layers.back();
    run.cycles += layer.cycles;
    run.macs += layer.macs;
    run.dram.read += layer.dram_read;
    run.dram.write += layer.dram_write;
    for (std::size_t part = 0; part < energy.size(); ++part)
      energy[part].second.value += layer.energy[part].second.value;
  }
  run.energy = energy;
  const Cycles third{run.cycles.count() / 3};
  run.cycles_by_kind = CyclesByKind{third, third, run.cycles - third - third};
  run.dram.counters = MemoryCounters();
  run.dram.counters->activates = 120;
  run.dram.counters->row_hits = 990;
  run.dram.peak_bytes_per_s = 19.2e9;
  run.footprint = Footprint{Bytes{9000000}, Bytes{0}, Bytes{5000000}, Bytes{12000}};
  run.sram = {{"WBUF", {Bytes{64000}, Bytes{4096}, 0}}, {"VMEM1", {Bytes{32000}, Bytes{32000}, 17}}};
  run.units = {{"systolic_array", split(run.cycles, 41, {{"obuf_hazard", 2}, {"wbuf_load", 23}, {"ibuf_load", 9}})},
               {"simd_unit", split(run.cycles, 22, {{"hazard", 4}, {"vmem_load", 31}, {"obuf_wait", 3}})},
               {"dma_parambuf", split(run.cycles, 30, {{"setup", 1}, {"memory", 25}, {"slot", 20}})},
               {"dma_ibuf", split(run.cycles, 18, {{"setup", 1}, {"memory", 12}, {"slot", 33}})},
               {"dma_obuf", split(run.cycles, 12, {{"setup", 1}, {"memory", 3}, {"slot", 50}})},
               {"dma_simd", split(run.cycles, 35, {{"setup", 2}, {"memory", 30}, {"slot", 10}})},
               {"dma_instruction", split(run.cycles, 1, {{"memory", 1}, {"slot", 90}})},
               {"controller", split(run.cycles, 3, {{"fetch", 2}, {"simd_memory", 11}, {"units", 84}})},
               {"dram", split(run.cycles, 71, {})}};
  return run;
}

RunResult sample_analytical_result() {
  RunResult run = sample_result();
  run.engine = Engine::analytical;
  run.dram.counters.reset();
  run.footprint.reset();
  run.sram.clear();
  run.units.clear();
  run.energy.clear();
  for (LayerResult& layer : run.layers) {
    layer.start.reset();
    layer.end.reset();
    layer.energy.clear();
  }
  return run;
}

}  // namespace systole
