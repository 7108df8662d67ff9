#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <thread>

#include "cli/commands.h"
#include "cli/log.h"
#include "cli/network_source.h"
#include "cli/options.h"
#include "cli/progress_line.h"
#include "explore/exploration.h"
#include "explore/simdit_cost.h"
#include "kernels/compiler.h"
#include "kernels/graph/passes/fold_affine.h"
#include "kernels/graph/passes/remove_dead.h"
#include "kernels/plan/machine_config.h"
#include "models/analytical/simdit/from_graph.h"
#include "models/analytical/simdit/from_machine.h"
#include "models/analytical/systole/analysis.h"
#include "traces/result_folder.h"

namespace systole {

namespace {

namespace fs = std::filesystem;

struct ExploreOptions {
  ResultOptions results;
  TalkOptions talk;
  int threads = 0;
  int top = 10;
};

/// Points that a search one by one still covers in a reasonable time.
constexpr std::size_t kMostSinglePoints = 20000;

OptionGroup explore_options(ExploreOptions& options) {
  namespace po = boost::program_options;
  OptionGroup all("Search");
  all.add_options()                                                                                 //
      ("threads", po::value(&options.threads)->value_name("N"), "threads; without it, one a core")  //
      ("top", po::value(&options.top)->value_name("N"),
       "how many of the best points to show, 10 when not given, 32 at most");
  return all;
}

std::vector<SimditWorkload> simdit_workloads(const LoadedSpace& space) {
  std::vector<SimditWorkload> workloads;
  Diagnostics diagnostics;
  for (const config::Workload& workload : space.space.workload()) {
    ModelOptions options;
    options.batch = workload.batch();
    NetworkSource network = network_from(workload.network(), options);
    fold_bias(network.graph);
    fold_batch_norm(network.graph);
    remove_dead(network.graph);
    const simdit::Program program = simdit::program_of(network.graph);
    for (const simdit::Unmodelled& node : program.unmodelled) {
      diagnostics.add({network.path, 0, 0,
                       fmt::format("SimDIT has no model for {} ({}): {}", node.node, node.onnx_op, node.reason),
                       "search with `model: systole`"});
    }
    workloads.push_back({simdit::Sweep(program.layers, workload.fusion()), workload.weight()});
  }
  diagnostics.throw_if_any();
  return workloads;
}

/// A network that the corrected model runs, and how often its cost counts.
struct CompiledWorkload {
  Graph graph;
  CompileOptions options;
  double weight = 1;
};

std::vector<CompiledWorkload> compiled_workloads(const LoadedSpace& space) {
  std::vector<CompiledWorkload> workloads;
  for (const config::Workload& workload : space.space.workload()) {
    ModelOptions options;
    options.batch = workload.batch();
    NetworkSource network = network_from(workload.network(), options);
    CompileOptions compile;
    compile.fusion = workload.fusion();
    compile.tiling = TilingRule::simdit;  // a search of tiles at every point would take most of the time
    compile.model = network.name;
    compile.batch = static_cast<std::uint32_t>(network.batch);
    workloads.push_back({std::move(network.graph), compile, workload.weight()});
  }
  return workloads;
}

PointCost corrected_cost(const LoadedSpace& space, const std::vector<CompiledWorkload>& workloads) {
  return [&space, &workloads](const std::vector<std::int64_t>& values, std::string& reason) -> std::optional<double> {
    try {
      const config::Machine machine = machine_with(space, values);
      double sum = 0;
      for (const CompiledWorkload& workload : workloads) {
        const isa::Program program = compile(workload.graph, machine_of(machine), workload.options);
        sum += workload.weight * static_cast<double>(analytical::analyze(program, machine).run.cycles.count());
      }
      return sum;
    } catch (const UserError& error) {
      reason = error.diagnostics().front().message;
      return std::nullopt;
    }
  };
}

/// The search that the space asks for, or the one that its size and model allow.
Exploration search(const LoadedSpace& space, const PointCost& cost, std::optional<SimditTable> table,
                   const SearchOptions& options) {
  const config::Search& wanted = space.space.search();
  Exploration exploration;
  const auto size = space.design.size(kMostSinglePoints);
  const bool few = size && *size <= static_cast<double>(kMostSinglePoints);
  if (wanted.method() == config::exhaustive && !table && !few) {
    throw UserError({space.space.name(), 0, 0, "the space is too large to cost every point of it one by one",
                     "search.method: local, or fewer values"});
  }
  if (wanted.method() != config::local && table) {
    exploration.search = search_table(*table, options);
  } else if (wanted.method() != config::local && few) {
    exploration.search = search_exhaustively(space.design, cost, kMostSinglePoints, options);
  } else {
    exploration.search = search_locally(space.design, cost, wanted.restarts(), wanted.seed(), options);
  }
  exploration.method = exploration.search.proven ? "exhaustive" : "local";
  const Tally& tally = exploration.search.tally;
  if (tally.best.empty()) {
    Diagnostic fault{space.space.name(), 0, 0, "the model can cost no point of the space", ""};
    if (!tally.unevaluable.empty()) fault.message += ": " + tally.unevaluable.begin()->first;
    throw UserError(fault);
  }
  exploration.baselines = baselines_of(space, cost, exploration.search);
  exploration.sensitivity = sensitivity_of(space.design, cost, tally.best.front());
  return exploration;
}

/// The folder of the results, and in it the store; a folder of an earlier search is continued, unless it is to be
/// replaced.
std::unique_ptr<ExploreStore> open_store(const ResultOptions& options, const LoadedSpace& space) {
  if (options.out.empty()) return nullptr;
  std::error_code error;
  const fs::path file = fs::path(options.out) / "explore.sqlite";
  if (fs::exists(options.out) && !fs::is_directory(options.out)) {
    throw UserError({options.out, 0, 0, "--out must name a folder, and this is a file", "choose another name"});
  }
  if (fs::exists(options.out) && !fs::is_empty(options.out, error) && !fs::exists(file) && !options.force) {
    throw UserError({options.out, 0, 0, "the folder of --out is not empty, and holds no search",
                     "choose another folder, or give --force"});
  }
  fs::create_directories(options.out, error);
  if (error) throw EnvironmentError(fmt::format("{}: cannot be created ({})", options.out, error.message()));
  if (options.force) fs::remove(file, error);
  return std::make_unique<ExploreStore>(file, to_text(space.space) + to_text(space.machine));
}

}  // namespace

void run_explore(const std::vector<std::string>& arguments, std::ostream& out) {
  ExploreOptions options;
  CommandLine line(
      "explore", "SPACE",
      "Searches a design space (a shipped name or a textproto) for the machine that runs its networks best,\n"
      "beside what plain allocations give. With --out a search that was stopped goes on where it was.");
  line.add(explore_options(options)).add(result_options(options.results)).add(talk_options(options.talk));
  const auto name = line.parse(arguments, out);
  if (!name) return;
  set_log_levels(options.talk.logs);
  if (options.threads < 0 || options.top < 1) {
    throw UserError({"", 0, 0, "--threads and --top take whole numbers above 0", ""});
  }
  const LoadedSpace space = load_space(*name);
  for (const int objective : space.space.objective()) {
    if (objective == config::cycles) continue;
    throw UserError({*name, 0, 0, "only `objective: cycles` can be searched for", "leave the others out"});
  }

  const bool silent = options.talk.quiet || options.results.json;
  ProgressLine progress(!silent);
  const auto start = std::chrono::steady_clock::now();
  SearchOptions how;
  how.threads =
      options.threads > 0 ? options.threads : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  how.progress = [&](std::size_t done, std::size_t all, double points) {
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    const double left = seconds / static_cast<double>(done) * static_cast<double>(all - done);
    progress.show(fmt::format("{}: {} of {} pieces, {:.0f} points/s, about {:.0f} s left", space.space.name(), done,
                              all, points / seconds, left));
  };
  const std::unique_ptr<ExploreStore> store = open_store(options.results, space);
  how.store = store.get();

  Exploration exploration;
  if (space.space.model() == config::simdit) {
    const std::vector<SimditWorkload> workloads = simdit_workloads(space);
    exploration = search(space, simdit_cost(space, workloads),
                         SimditTable::make(space.design, simdit::machine_of(space.machine), workloads), how);
  } else {
    const std::vector<CompiledWorkload> workloads = compiled_workloads(space);
    exploration = search(space, corrected_cost(space, workloads), std::nullopt, how);
  }

  const auto shown = static_cast<std::size_t>(options.top);
  const std::string json = exploration_json(space, exploration, shown);
  if (store) write_file_atomically(fs::path(options.results.out) / "summary.json", json);
  if (options.results.json) {
    out << json;
  } else if (!silent) {
    out << exploration_table(space, exploration, shown);
  }
}

}  // namespace systole
