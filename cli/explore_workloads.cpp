#include "cli/explore_workloads.h"

#include "cli/network_source.h"
#include "cli/options.h"
#include "kernels/plan/machine_config.h"
#include "kernels/training/training.h"
#include "models/analytical/systole/analysis.h"

namespace systole {

namespace {

Graph training_graph(const NetworkSource& network) {
  try {
    return expand_training(network.graph, {}).graph;
  } catch (const UserError& error) {
    std::vector<Diagnostic> faults = error.diagnostics();
    for (Diagnostic& fault : faults) fault.file = network.path;
    throw UserError(std::move(faults));
  }
}

}  // namespace

std::vector<CorrectedWorkload> load_workloads(const LoadedSpace& space) {
  std::vector<CorrectedWorkload> workloads;
  for (const config::Workload& workload : space.space.workload()) {
    ModelOptions options;
    options.batch = workload.batch();
    NetworkSource network = network_from(workload.network(), options);
    CompileOptions compile;
    compile.fusion = workload.fusion();
    compile.tiling = TilingRule::simdit;
    compile.model = network.name;
    compile.batch = static_cast<std::uint32_t>(network.batch);
    if (workload.mode() == config::training) {
      compile.mode = "training";
      network.graph = training_graph(network);
    }
    workloads.push_back({std::move(network.graph), compile, workload.weight()});
  }
  return workloads;
}

isa::Program compile_well(const CorrectedWorkload& workload, const config::Machine& machine) {
  CompileOptions options = workload.options;
  options.tiling = TilingRule::search;
  options.block_cycles = analytical::block_predictor(machine);
  return compile(workload.graph, machine_of(machine), options);
}

}  // namespace systole
