#include "cli/explore_search.h"

#include <fmt/format.h>

#include "cli/explore_workloads.h"
#include "cli/network_source.h"
#include "cli/options.h"
#include "explore/corrected_cost.h"
#include "explore/simdit_cost.h"
#include "kernels/graph/passes/fold_affine.h"
#include "kernels/graph/passes/remove_dead.h"
#include "models/analytical/simdit/from_graph.h"
#include "models/analytical/simdit/training.h"

namespace systole {

namespace {

/// Points that a search one by one still covers in a reasonable time.
constexpr std::size_t kMostSinglePoints = 20000;

/// Throws UserError when the published model has no rule for what is fused.
simdit::Sweep sweep_of(const simdit::Program& program, const config::Workload& workload, const std::string& path) {
  try {
    return {program.layers, workload.fusion()};
  } catch (const UserError& error) {
    std::vector<Diagnostic> faults = error.diagnostics();
    for (Diagnostic& fault : faults) {
      fault.file = path;
      if (workload.fusion()) fault.hint = "`fusion: false` in the space's workload, or search with `model: systole`";
    }
    throw UserError(std::move(faults));
  }
}

std::vector<SimditWorkload> simdit_workloads(const LoadedSpace& space) {
  std::vector<SimditWorkload> workloads;
  Diagnostics diagnostics;
  for (const config::Workload& workload : space.space.workload()) {
    ModelOptions options;
    options.batch = workload.batch();
    NetworkSource network = network_from(workload.network(), options);
    fold_bias(network.graph);
    const bool training = workload.mode() == config::training;
    if (!training) fold_batch_norm(network.graph);
    remove_dead(network.graph);
    const simdit::Program program =
        training ? simdit::training_program_of(network.graph) : simdit::program_of(network.graph);
    for (const simdit::Unmodelled& node : program.unmodelled) {
      diagnostics.add({network.path, 0, 0,
                       fmt::format("SimDIT has no model for {} ({}): {}", node.node, node.onnx_op, node.reason),
                       "search with `model: systole`"});
    }
    if (program.unmodelled.empty()) workloads.push_back({sweep_of(program, workload, network.path), workload.weight()});
  }
  diagnostics.throw_if_any();
  return workloads;
}

/// The search that the space asks for, or the one that its size and model allow.
Search search_of(const LoadedSpace& space, const PointCost& cost, const SimditTable* table) {
  const config::Search& wanted = space.space.search();
  const auto size = space.design.size(kMostSinglePoints);
  const bool few = size && *size <= static_cast<double>(kMostSinglePoints);
  if (wanted.method() == config::exhaustive && !table && !few) {
    throw UserError({space.space.name(), 0, 0, "the space is too large to cost every point of it one by one",
                     "search.method: local, or fewer values"});
  }
  if (wanted.method() != config::local && table) {
    return [table](const SearchOptions& options) { return search_table(*table, options); };
  }
  if (wanted.method() != config::local && few) {
    return [&](const SearchOptions& options) {
      return search_exhaustively(space.design, cost, kMostSinglePoints, options);
    };
  }
  return [&](const SearchOptions& options) {
    return search_locally(space.design, cost, wanted.restarts(), wanted.seed(), options);
  };
}

}  // namespace

void with_search(const LoadedSpace& space, const std::function<void(const PointCost&, const Search&)>& use) {
  if (space.space.model() == config::simdit) {
    const std::vector<SimditWorkload> workloads = simdit_workloads(space);
    const PointCost cost = simdit_cost(space, workloads, false);
    const auto table = SimditTable::make(space, workloads);
    use(simdit_cost(space, workloads, true), search_of(space, cost, table ? &*table : nullptr));
  } else {
    const std::vector<CorrectedWorkload> workloads = load_workloads(space);
    const CorrectedCosts costs = corrected_costs(space, workloads);
    use(costs.with_prices, search_of(space, costs.cost, nullptr));
  }
}

}  // namespace systole
