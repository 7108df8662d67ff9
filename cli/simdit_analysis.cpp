#include "cli/simdit_analysis.h"

#include <fmt/format.h>

#include <cmath>

#include "base/errors.h"
#include "kernels/graph/passes/fold_affine.h"
#include "kernels/graph/passes/remove_dead.h"
#include "models/analytical/simdit/from_machine.h"
#include "models/analytical/simdit/training.h"

namespace systole {

namespace {

constexpr double kBitsPerByte = 8;

Bytes bytes_of(double bits) {
  return Bytes{std::llround(bits / kBitsPerByte)};
}

void refuse_unmodelled(const simdit::Program& program, const std::string& file) {
  Diagnostics diagnostics;
  for (const simdit::Unmodelled& node : program.unmodelled) {
    diagnostics.add({file, 0, 0,
                     fmt::format("SimDIT has no model for {} ({}): {}", node.node, node.onnx_op, node.reason),
                     "SimDIT charges it nothing; --allow-unmodelled does the same"});
  }
  diagnostics.throw_if_any();
}

/// The model reads and writes one kind of data with each buffer, so its DRAM volumes tell the direction.
void add_traffic(const simdit::Layer& layer, const simdit::Cost& cost, LayerResult& row) {
  row.dram_read = bytes_of(cost.dram_filter + cost.dram_ifmap + cost.dram_bias);
  row.dram_write = bytes_of(cost.dram_ofmap);
  // Partial sums come back once for each time they went out.
  row.dram_read += bytes_of(cost.dram_psum / 2);
  row.dram_write += bytes_of(cost.dram_psum / 2);
  if (simdit::on_array(layer.operation)) row.macs = Macs{std::llround(cost.operations / 2)};
}

Phase phase_of(simdit::Phase phase) {
  switch (phase) {
    case simdit::Phase::forward:
      return Phase::forward;
    case simdit::Phase::grad_data:
      return Phase::grad_data;
    case simdit::Phase::grad_weight:
      return Phase::grad_weight;
    case simdit::Phase::grad:
      return Phase::grad;
    case simdit::Phase::update:
      return Phase::update;
  }
  fail_check("simdit", "unknown phase");
}

}  // namespace

SimditAnalysis simdit_analysis(const Graph& imported, const std::string& file, const config::Machine& machine,
                               const SimditOptions& options) {
  Graph graph = imported;
  fold_bias(graph);
  if (!options.training) fold_batch_norm(graph);
  remove_dead(graph);
  SimditAnalysis result;
  result.program = options.training ? simdit::training_program_of(graph) : simdit::program_of(graph);
  if (!options.allow_unmodelled) refuse_unmodelled(result.program, file);
  const simdit::Machine m = simdit::machine_of(machine);
  if (const auto guard = simdit::violated_guard(m)) {
    throw UserError(
        {"", 0, 0, *guard, "larger buffers, or the corrected model (--model systole), which has no such guard"});
  }
  result.costs = simdit::network_cost(result.program.layers, m, options.fused);
  return result;
}

RunResult simdit_result(const SimditAnalysis& analysis, const config::Machine& machine, const std::string& model,
                        const std::string& mode, std::int64_t batch) {
  RunResult run;
  run.engine = Engine::analytical;
  run.model = model;
  run.hardware = machine.name();
  run.memory = "none";
  run.mode = mode;
  run.batch = batch;
  run.clock_hz = machine.clock_mhz() * 1e6;
  run.rows = machine.systolic_array().rows();
  run.columns = machine.systolic_array().columns();
  double cycles = 0;
  double array_cycles = 0;
  for (std::size_t i = 0; i < analysis.costs.size(); ++i) {
    const simdit::Layer& layer = analysis.program.layers[i];
    const simdit::Cost& cost = analysis.costs[i];
    const bool array = simdit::on_array(layer.operation);
    LayerResult row;
    row.index = static_cast<std::int64_t>(i);
    row.name = analysis.program.nodes[i];
    row.op = layer.name;
    row.phase = phase_of(analysis.program.phases[i]);
    row.unit = layer.operation == simdit::Operation::ignored ? LayerUnit::none
               : array                                       ? LayerUnit::systolic_array
                                                             : LayerUnit::simd_unit;
    if (row.unit == LayerUnit::none) row.note = "SimDIT charges it nothing";
    row.start = Cycles{std::llround(cycles)};
    cycles += cost.cycles();
    if (array) array_cycles += cost.cycles();
    row.end = Cycles{std::llround(cycles)};
    row.cycles = *row.end - *row.start;
    row.compute_cycles = Cycles{std::llround(array ? cost.array_compute : cost.simd_compute)};
    row.stall_cycles = row.cycles - row.compute_cycles;
    if (!array) row.ops = std::llround(cost.operations);
    add_traffic(layer, cost, row);
    run.macs += row.macs;
    run.dram.read += row.dram_read;
    run.dram.write += row.dram_write;
    run.layers.push_back(std::move(row));
  }
  run.cycles = Cycles{std::llround(cycles)};
  // Nothing ever overlaps in the published model.
  const Cycles conv_gemm{std::llround(array_cycles)};
  run.cycles_by_kind = CyclesByKind{conv_gemm, run.cycles - conv_gemm, Cycles{0}};
  return run;
}

}  // namespace systole
