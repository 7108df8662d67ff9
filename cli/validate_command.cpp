#include <fmt/format.h>

#include <map>
#include <memory>
#include <ostream>

#include "base/errors.h"
#include "cli/child_process.h"
#include "cli/commands.h"
#include "cli/log.h"
#include "cli/network_source.h"
#include "cli/options.h"
#include "cli/program_source.h"
#include "cli/progress_line.h"
#include "cli/simdit_analysis.h"
#include "configs/idealize.h"
#include "configs/loader.h"
#include "models/analytical/simdit/from_machine.h"
#include "models/analytical/systole/analysis.h"
#include "models/analytical/validate/ladder.h"
#include "models/analytical/validate/report.h"
#include "models/cycle/configure.h"

namespace systole {

namespace {

namespace po = boost::program_options;
using BlockEnds = std::vector<std::int64_t>;  ///< cycles, by block
using validation::MachineCycles;
using validation::ModelCycles;
using validation::Rung;
using validation::Validation;

struct ValidateOptions {
  MachineOptions machine;
  ModelOptions network;
  ResultOptions results;
  TalkOptions talk;
  std::string model = "systole";
  bool allow_unmodelled = false;
};

OptionGroup validate_options(ValidateOptions& options) {
  OptionGroup all = model_options(options.network);
  all.add_options()  //
      ("model", po::value(&options.model)->value_name("NAME"),
       "the model that is compared with the machine: systole (the corrected one) or simdit (as published) (systole)")  //
      ("allow-unmodelled", po::bool_switch(&options.allow_unmodelled),
       "charge nothing for operators that the published model has no cost for, as it does; for --model simdit");
  return all;
}

void check_consistent(const ValidateOptions& options) {
  if (options.model != "systole" && options.model != "simdit") {
    throw UserError({"", 0, 0, fmt::format("--model is '{}'", options.model), "systole or simdit"});
  }
  if (options.model == "systole" && options.allow_unmodelled) {
    throw UserError({"", 0, 0, "--allow-unmodelled is for the published model", "add --model simdit"});
  }
}

/// When the blocks end on the machine of this rung.
BlockEnds simulated_block_ends(const Rung& rung, const MachineProgram& program) {
  const config::Machine machine = idealized(rung.machine);
  const std::unique_ptr<Memory> memory = make_memory(machine.memory_description());
  const RunCounters run = simulate(machine_parameters(machine), *memory, program);
  BlockEnds ends;
  for (const BlockCounters& block : run.blocks) ends.push_back(block.end.count());
  return ends;
}

std::vector<MachineCycles> simulated(const std::vector<Rung>& rungs, const isa::Program& program) {
  const MachineProgram decoded = load_program(program);
  std::vector<std::function<BlockEnds()>> runs;
  for (const Rung& rung : rungs) runs.emplace_back([&] { return simulated_block_ends(rung, decoded); });
  std::vector<MachineCycles> cycles;
  for (const BlockEnds& ends : run_in_processes(runs)) cycles.push_back(validation::cycles_by_layer(program, ends));
  return cycles;
}

Validation validate_corrected(const isa::Program& program, const std::vector<Rung>& rungs,
                              const std::vector<std::string>& causes, const std::vector<MachineCycles>& cycle) {
  std::vector<ModelCycles> modelled;
  for (const Rung& rung : rungs) {
    modelled.push_back(validation::cycles_by_layer(program, analytical::analyze(program, rung.machine).block_ends));
  }
  return validation::compare(program, causes, cycle, modelled);
}

/// The layer of the program that does what the published model lists for a node in a phase.
std::string layer_name(const std::string& node, simdit::Phase phase) {
  switch (phase) {
    case simdit::Phase::forward:
      return node;
    case simdit::Phase::grad_data:
      return node + "/grad_data";
    case simdit::Phase::grad_weight:
      return node + "/grad_weight";
    case simdit::Phase::grad:
      return node + "/grad";
    case simdit::Phase::update:
      return node + "/update";
  }
  fail_check("validate", "unknown phase");
}

/// The published model's cycles by layer of the program: those of a node count for the layer in whose blocks it runs,
/// and what the machine does not do at all (the gradient by the network's input) for the node's forward layer.
ModelCycles by_layer(const isa::Program& program, const simdit::Program& published,
                     const std::vector<simdit::Cost>& costs) {
  std::map<std::string, int> leader;
  for (const isa::LayerInfo& layer : program.layers()) {
    leader.emplace(layer.name(), validation::leader_of(program, layer.index()));
  }
  ModelCycles cycles(static_cast<std::size_t>(program.layers_size()), 0.0);
  for (std::size_t i = 0; i < costs.size(); ++i) {
    if (costs[i].cycles() == 0) continue;
    auto found = leader.find(layer_name(published.nodes[i], published.phases[i]));
    if (found == leader.end()) found = leader.find(published.nodes[i]);
    check(found != leader.end(), "validate", [&] { return "the program has no layer " + published.nodes[i]; });
    cycles[static_cast<std::size_t>(found->second)] += costs[i].cycles();
  }
  return cycles;
}

/// What the published model charges nothing for in an iteration, in the order in which it is charged.
enum class FreeWork { loss, copies, layers };

FreeWork kind_of(const isa::LayerInfo& layer) {
  if (layer.name().rfind("loss/", 0) == 0) return FreeWork::loss;
  return layer.macs() == 0 && layer.ops() == 0 ? FreeWork::copies : FreeWork::layers;
}

/// Layers of this kind that the published model charges nothing for, charged as the machine does without any other
/// cause.
ModelCycles with_free(FreeWork kind, ModelCycles published, const isa::Program& program, const MachineCycles& machine) {
  for (std::size_t i = 0; i < published.size(); ++i) {
    const bool charged = published[i] != 0 || kind_of(program.layers(static_cast<int>(i))) != kind;
    if (!charged) published[i] = static_cast<double>(machine[i]);
  }
  return published;
}

Validation validate_published(const std::string& model, const ValidateOptions& options, const ProgramSource& source,
                              const std::vector<std::string>& causes, const std::vector<MachineCycles>& cycle) {
  const NetworkSource network = network_from(model, options.network);
  const bool fused = options.network.fusion;
  const bool training = options.network.mode == "training";
  const SimditAnalysis published =
      simdit_analysis(network.graph, network.path, source.machine, {fused, training, options.allow_unmodelled});
  const simdit::Machine machine = simdit::machine_of(source.machine);
  std::vector<ModelCycles> steps;
  for (const simdit::Corrections& corrections :
       {simdit::Corrections{}, {true, false, false}, {true, true, false}, {true, true, true}}) {
    steps.push_back(by_layer(source.program, published.program,
                             simdit::network_cost(published.program.layers, machine, fused, corrections)));
  }
  std::vector<std::string> faults{"fractional_tiles", "slot_counts", "padded_channels"};
  if (training) {
    for (const auto& [kind, name] : std::initializer_list<std::pair<FreeWork, const char*>>{
             {FreeWork::loss, "free_loss"}, {FreeWork::copies, "free_copies"}, {FreeWork::layers, "free_layers"}}) {
      steps.push_back(with_free(kind, steps.back(), source.program, cycle.back()));
      faults.emplace_back(name);
    }
  }
  return validation::compare_with_faults(source.program, causes, cycle, faults, steps, "tiling_and_overlap");
}

void write_results(const Validation& validation, const config::Machine& machine, ResultFolder& folder) {
  folder.write("validation.json", validation::validation_json(validation).dump(2) + "\n");
  folder.write("report.html", validation::validation_html(validation));
  folder.write("resolved.textproto", to_text(machine));
  folder.commit();
}

}  // namespace

void run_validate(const std::vector<std::string>& arguments, std::ostream& out) {
  ValidateOptions options;
  CommandLine line(
      "validate", "MODEL",
      "Simulates MODEL cycle by cycle, compares every layer with an analytical model and says what makes the\n"
      "difference: the machine is simulated again and again with one cause less.");
  line.add(machine_options(options.machine))
      .add(validate_options(options))
      .add(result_options(options.results))
      .add(talk_options(options.talk));
  const auto model = line.parse(arguments, out);
  if (!model) return;
  check_consistent(options);
  set_log_levels(options.talk.logs);
  const std::unique_ptr<ResultFolder> folder = result_folder(options.results);

  const bool published = options.model == "simdit";
  const ProgramSource source = program_from(*model, options.machine, options.network, !published);
  const std::vector<Rung> rungs = validation::ladder(source.machine);
  std::vector<std::string> causes;
  for (std::size_t i = 1; i < rungs.size(); ++i) causes.push_back(rungs[i].cause);
  const bool silent = options.talk.quiet || options.results.json;
  std::vector<MachineCycles> cycle;
  {
    ProgressLine progress(!silent);
    progress.show(fmt::format("simulating {} on {} machines", source.program.model(), rungs.size()));
    cycle = simulated(rungs, source.program);
  }
  Validation validation = published ? validate_published(*model, options, source, causes, cycle)
                                    : validate_corrected(source.program, rungs, causes, cycle);
  validation.analytical_model = options.model;
  validation.hardware = source.machine.name();
  validation.memory = source.machine.memory_description().name();

  if (folder) write_results(validation, source.machine, *folder);
  if (options.results.json) {
    out << validation::validation_json(validation).dump(2) << "\n";
  } else if (!silent) {
    out << validation::validation_table(validation);
    if (folder) out << fmt::format("\nreport: {}/report.html\n", options.results.out);
  }
}

}  // namespace systole
