#include "traces/summary_writer.h"

namespace systole {

using Json = nlohmann::ordered_json;

namespace {

template <typename Unit>
Json json_of(const Named<Quantity<Unit>>& values) {
  Json json = Json::object();
  for (const auto& [name, value] : values) json[name] = value.count();
  return json;
}

void add_counters(const MemoryCounters& counters, Json& json) {
  json["activates"] = counters.activates;
  json["precharges"] = counters.precharges;
  json["reads"] = counters.reads;
  json["writes"] = counters.writes;
  json["refreshes"] = counters.refreshes;
  json["row_hits"] = counters.row_hits;
  json["row_misses"] = counters.row_misses;
  json["row_conflicts"] = counters.row_conflicts;
  json["refresh_clocks"] = counters.refresh_clocks;
  json["turnaround_clocks"] = counters.turnaround_clocks;
}

Json json_of(const DramTraffic& dram, double bandwidth) {
  Json json = {{"read_bytes", dram.read.count()}, {"write_bytes", dram.write.count()}};
  if (const auto& counters = dram.counters) add_counters(*counters, json);
  json["bandwidth_bytes_per_s"] = bandwidth;
  json["peak_bytes_per_s"] = dram.peak_bytes_per_s;
  return json;
}

Json json_of(const LayerMemory& memory, double clock_hz, double peak) {
  const MemoryCounters& counters = memory.counters;
  Json json = {
      {"cycles", memory.cycles.count()}, {"read_bytes", counters.read_bytes}, {"write_bytes", counters.write_bytes}};
  add_counters(counters, json);
  const double seconds = static_cast<double>(memory.cycles.count()) / clock_hz;
  const auto bytes = static_cast<double>(counters.read_bytes + counters.write_bytes);
  const double bandwidth = seconds > 0.0 ? bytes / seconds : 0.0;
  json["bandwidth_bytes_per_s"] = bandwidth;
  json["peak_share"] = peak > 0.0 ? bandwidth / peak : 0.0;
  return json;
}

Json json_of(const Named<SramTraffic>& srams) {
  Json json = Json::object();
  for (const auto& [name, traffic] : srams) {
    Json& entry = json[name] = {{"read_bytes", traffic.read.count()}, {"write_bytes", traffic.write.count()}};
    if (traffic.conflicts) entry["conflicts"] = *traffic.conflicts;
  }
  return json;
}

Json json_of(const Named<UnitCycles>& units) {
  Json json = Json::object();
  for (const auto& [name, unit] : units) {
    json[name] = {{"busy", unit.busy.count()}, {"idle", unit.idle.count()}, {"stalls", json_of(unit.stalls)}};
  }
  return json;
}

Json energy_json(const RunResult& result) {
  Json parts = Json::object();
  for (const auto& [component, energy] : result.energy) parts[component] = energy.value;
  return {
      {"total_pj", total(result.energy).value}, {"by_component", parts}, {"average_power_w", result.average_power_w()}};
}

}  // namespace

Json layer_json(const RunResult& run, const LayerResult& layer) {
  Json json = {{"index", layer.index},
               {"name", layer.name},
               {"op", layer.op},
               {"phase", name_of(layer.phase)},
               {"unit", name_of(layer.unit)},
               {"fused_into", layer.fused_into},
               {"note", layer.note}};
  if (layer.start) json["start"] = layer.start->count();
  if (layer.end) json["end"] = layer.end->count();
  json["cycles"] = layer.cycles.count();
  json["compute_cycles"] = layer.compute_cycles.count();
  if (layer.stall_cycles) {
    json["stall_cycles"] = layer.stall_cycles->count();
    json["stalls"] = json_of(layer.stalls);
  }
  json["macs"] = layer.macs.count();
  json["ops"] = layer.ops;
  json["dram_read_bytes"] = layer.dram_read.count();
  json["dram_write_bytes"] = layer.dram_write.count();
  if (layer.memory) json["dram"] = json_of(*layer.memory, run.clock_hz, run.dram.peak_bytes_per_s);
  json["sram_read_bytes"] = json_of(layer.sram_read);
  json["sram_write_bytes"] = json_of(layer.sram_write);
  if (!layer.energy.empty()) json["energy_pj"] = total(layer.energy).value;
  return json;
}

Json summary_json(const RunResult& result) {
  Json json = {
      {"schema", kSummarySchema},    {"engine", name_of(result.engine)}, {"model", result.model},
      {"hardware", result.hardware}, {"memory", result.memory},          {"mode", result.mode},
      {"batch", result.batch},       {"clock_hz", result.clock_hz},      {"cycles", result.cycles.count()},
      {"seconds", result.seconds()}, {"macs", result.macs.count()},      {"utilization", result.utilization()}};
  if (!result.arguments.empty()) json["arguments"] = result.arguments;
  if (const auto& kinds = result.cycles_by_kind) {
    json["cycles_by_kind"] = {
        {"conv_gemm", kinds->conv_gemm.count()}, {"other", kinds->other.count()}, {"overlap", kinds->overlap.count()}};
  }
  json["dram"] = json_of(result.dram, result.bandwidth_bytes_per_s());
  if (const auto& footprint = result.footprint) {
    json["footprint"] = {{"peak_bytes", footprint->peak.count()},
                         {"state_bytes", footprint->states.count()},
                         {"constant_bytes", footprint->constants.count()},
                         {"instruction_bytes", footprint->instructions.count()}};
  }
  if (!result.sram.empty()) json["sram"] = json_of(result.sram);
  if (!result.units.empty()) json["units"] = json_of(result.units);
  if (!result.energy.empty()) json["energy"] = energy_json(result);
  json["layers"] = Json::array();
  for (const LayerResult& layer : result.layers) json["layers"].push_back(layer_json(result, layer));
  return json;
}

const std::vector<SummaryKey>& summary_keys() {
  static const std::vector<SummaryKey> keys = {
      {"schema", "", "version of these keys"},
      {"engine", "", "`cycle` (simulated) or `analytical` (modelled)"},
      {"model", "", "the network"},
      {"hardware", "", "the machine"},
      {"memory", "", "the off-chip memory"},
      {"mode", "", "`inference` or `training` (one iteration)"},
      {"batch", "images", "images in the batch"},
      {"clock_hz", "Hz", "the accelerator's clock"},
      {"cycles", "cycles", "from the start of the program to its last result in memory"},
      {"seconds", "s", "cycles / clock_hz"},
      {"macs", "MACs", "true multiply-accumulates, padding not counted"},
      {"utilization", "", "macs / (rows * columns * cycles), 0 to 1"},
      {"arguments[]", "", "MODEL and the options that chose its program, to repeat the run (`systole explain`)"},
      {"cycles_by_kind.conv_gemm", "cycles", "only convolution or GEMM work was in flight"},
      {"cycles_by_kind.other", "cycles", "only other work was in flight"},
      {"cycles_by_kind.overlap", "cycles", "both were in flight"},
      {"dram.read_bytes", "bytes", "read from memory, whole memory bursts"},
      {"dram.write_bytes", "bytes", "written to memory, whole memory bursts"},
      {"dram.activates", "commands", "rows opened"},
      {"dram.precharges", "commands", "rows closed; an all-bank precharge counts one for each open bank"},
      {"dram.reads", "commands", "column reads"},
      {"dram.writes", "commands", "column writes"},
      {"dram.refreshes", "commands", "refreshes"},
      {"dram.row_hits", "accesses", "column accesses that found their row open"},
      {"dram.row_misses", "accesses", "column accesses that found the bank closed"},
      {"dram.row_conflicts", "accesses", "column accesses that found another row open"},
      {"dram.refresh_clocks", "memory clocks", "work waited for a refresh, summed over channels"},
      {"dram.turnaround_clocks", "memory clocks", "lost to a change of bus direction or rank, summed over channels"},
      {"dram.bandwidth_bytes_per_s", "bytes/s", "(read_bytes + write_bytes) / seconds"},
      {"dram.peak_bytes_per_s", "bytes/s", "what the data buses of all channels can carry; 0: unlimited"},
      {"footprint.peak_bytes", "bytes", "off-chip memory that the program takes up, freed space used again"},
      {"footprint.state_bytes", "bytes",
       "of it what outlives an iteration: trained weights, moments, running averages"},
      {"footprint.constant_bytes", "bytes", "of it constants: weights in inference"},
      {"footprint.instruction_bytes", "bytes", "of it instructions"},
      {"sram.NAME.read_bytes", "bytes", "read from the on-chip memory"},
      {"sram.NAME.write_bytes", "bytes", "written to the on-chip memory"},
      {"sram.NAME.conflicts", "accesses", "accesses that waited for a port of their bank"},
      {"units.NAME.busy", "cycles", "the unit worked"},
      {"units.NAME.idle", "cycles", "the unit had nothing to do"},
      {"units.NAME.stalls.REASON", "cycles", "the unit had work and waited; busy + idle + all stalls = cycles"},
      {"energy.total_pj", "pJ", "sum of by_component"},
      {"energy.by_component.NAME", "pJ", "energy of one component, static energy included"},
      {"energy.average_power_w", "W", "total_pj over seconds"},
      {"layers[].index", "", "position in the program, from 0"},
      {"layers[].name", "", "the ONNX node's name"},
      {"layers[].op", "", "the ONNX operator"},
      {"layers[].phase", "", "`forward`, `grad_data`, `grad_weight`, `grad` or `update`"},
      {"layers[].unit", "", "`systolic_array`, `simd_unit`, or `none`: the operator needs no work"},
      {"layers[].fused_into", "", "the layer whose tiles it shares; empty: none"},
      {"layers[].note", "",
       "why the operator costs nothing, how it was cut into tiles and why, or what is special about it"},
      {"layers[].start", "cycles", "its first instruction issues"},
      {"layers[].end", "cycles", "its last result is in place"},
      {"layers[].cycles", "cycles", "end - start"},
      {"layers[].compute_cycles", "cycles", "its unit was busy with it"},
      {"layers[].stall_cycles", "cycles", "the rest of cycles, sum of stalls"},
      {"layers[].stalls.REASON", "cycles",
       "why: reasons of its unit, `shared` (its unit worked for another layer of the block), `drain` (only its "
       "transfers were left)"},
      {"layers[].macs", "MACs", "true multiply-accumulates"},
      {"layers[].ops", "operations", "operations of SIMD lanes, padding lanes not counted"},
      {"layers[].dram_read_bytes", "bytes", "read from memory"},
      {"layers[].dram_write_bytes", "bytes", "written to memory"},
      {"layers[].dram.cycles", "cycles", "length of the blocks that the layer leads"},
      {"layers[].dram.read_bytes", "bytes", "read from memory in them, whole memory bursts"},
      {"layers[].dram.write_bytes", "bytes", "written to memory, whole memory bursts"},
      {"layers[].dram.activates", "commands", "rows opened"},
      {"layers[].dram.precharges", "commands", "rows closed"},
      {"layers[].dram.reads", "commands", "column reads"},
      {"layers[].dram.writes", "commands", "column writes"},
      {"layers[].dram.refreshes", "commands", "refreshes"},
      {"layers[].dram.row_hits", "accesses", "column accesses that found their row open"},
      {"layers[].dram.row_misses", "accesses", "column accesses that found the bank closed"},
      {"layers[].dram.row_conflicts", "accesses", "column accesses that found another row open"},
      {"layers[].dram.refresh_clocks", "memory clocks", "work waited for a refresh, summed over channels"},
      {"layers[].dram.turnaround_clocks", "memory clocks",
       "lost to a change of bus direction or rank, summed over channels"},
      {"layers[].dram.bandwidth_bytes_per_s", "bytes/s", "bytes in these blocks over their time"},
      {"layers[].dram.peak_share", "", "bandwidth_bytes_per_s over the memory's peak; 0: no limit"},
      {"layers[].sram_read_bytes.NAME", "bytes", "read from the on-chip memory"},
      {"layers[].sram_write_bytes.NAME", "bytes", "written to the on-chip memory"},
      {"layers[].energy_pj", "pJ", "energy of the layer"},
  };
  return keys;
}

std::string summary_text(const RunResult& result) {
  // A name that is not UTF-8 must not cost the run its results: it is written with replacement characters.
  return summary_json(result).dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace systole
