#include <fmt/format.h>

#include <memory>
#include <ostream>

#include "cli/commands.h"
#include "cli/log.h"
#include "cli/network_source.h"
#include "cli/options.h"
#include "cli/program_source.h"
#include "cli/simdit_analysis.h"
#include "configs/loader.h"
#include "models/analytical/simdit/csv.h"
#include "models/analytical/systole/analysis.h"
#include "models/energy/estimate.h"
#include "traces/layers_csv.h"
#include "traces/report_html.h"
#include "traces/summary_writer.h"
#include "traces/terminal_table.h"

namespace systole {

namespace {

namespace po = boost::program_options;

struct AnalyzeOptions {
  MachineOptions machine;
  ModelOptions network;
  ResultOptions results;
  TalkOptions talk;
  std::string model = "systole";
  std::string format;
  bool allow_unmodelled = false;
};

OptionGroup analyze_options(AnalyzeOptions& options) {
  OptionGroup all = model_options(options.network);
  all.add_options()  //
      ("model", po::value(&options.model)->value_name("NAME"),
       "systole: the corrected model of this machine, on the compiled program; simdit: the published model to the "
       "digit, "
       "on the network (systole)")  //
      ("format", po::value(&options.format)->value_name("FORMAT"),
       "simdit-csv: print the published model's own table and nothing else; for --model simdit")  //
      ("allow-unmodelled", po::bool_switch(&options.allow_unmodelled),
       "charge nothing for operators that the published model has no cost for, as it does; for --model simdit");
  return all;
}

void check(const AnalyzeOptions& options) {
  Diagnostics diagnostics;
  const bool simdit = options.model == "simdit";
  if (!simdit && options.model != "systole") {
    diagnostics.add({"", 0, 0, fmt::format("--model is '{}'", options.model), "systole or simdit"});
  }
  if (!options.format.empty() && options.format != "simdit-csv") {
    diagnostics.add({"", 0, 0, fmt::format("--format is '{}'", options.format), "simdit-csv is the only one"});
  } else if (!simdit && !options.format.empty()) {
    diagnostics.add({"", 0, 0, "--format simdit-csv is the published model's table", "add --model simdit"});
  }
  if (!simdit && options.allow_unmodelled) {
    diagnostics.add({"", 0, 0, "--allow-unmodelled is for the published model", "add --model simdit"});
  }
  if (simdit && options.network.tiling == TilingRule::search) {
    diagnostics.add({"", 0, 0, "the published model has its own greedy tiling", "leave --tiling out"});
  }
  if (!options.format.empty() && options.results.json) {
    diagnostics.add(
        {"", 0, 0, "--json and --format simdit-csv both print to standard output", "leave one of them out"});
  }
  diagnostics.throw_if_any();
}

/// What either model found out.
struct Analysis {
  RunResult result;
  config::Machine machine;
  std::string table;  ///< the published model's own; empty for the other
};

Analysis corrected(const std::string& model, const AnalyzeOptions& options) {
  ProgramSource source = program_from(model, options.machine, options.network, true);
  analytical::Analysis analysis = analytical::analyze(source.program, source.machine);
  RunResult& result = analysis.run;
  for (const auto& [component, energy] : estimated_energy(analysis.work, source.machine).by_component) {
    result.energy.emplace_back(component, energy);
  }
  return {std::move(result), std::move(source.machine), ""};
}

Analysis published(const std::string& model, const AnalyzeOptions& options) {
  if (!options.network.training_given.empty()) {
    throw UserError(
        {"", 0, 0, fmt::format("the published model's training takes no --{}", options.network.training_given.front()),
         "it is cross-entropy, plain SGD and dense gradients; leave the option out"});
  }
  const NetworkSource network = network_from(model, options.network);
  const bool training = options.network.mode == "training";
  config::Machine machine = machine_from(options.machine, training ? kTrainingHardware : kDefaultHardware, training);
  const SimditAnalysis found = simdit_analysis(network.graph, network.path, machine,
                                               {options.network.fusion, training, options.allow_unmodelled});
  RunResult result = simdit_result(found, machine, network.name, options.network.mode, network.batch);
  return {std::move(result), std::move(machine), simdit::table_csv(found.program.layers, found.costs)};
}

void write_results(const Analysis& analysis, ResultFolder& folder) {
  folder.write("summary.json", summary_text(analysis.result));
  folder.write("layers.csv", layers_csv(analysis.result));
  folder.write("report.html", report_html(analysis.result));
  folder.write("resolved.textproto", to_text(analysis.machine));
  if (!analysis.table.empty()) folder.write("simdit.csv", analysis.table);
  folder.commit();
}

}  // namespace

void run_analyze(const std::vector<std::string>& arguments, std::ostream& out) {
  AnalyzeOptions options;
  CommandLine line(
      "analyze", "MODEL",
      "The analytical model of MODEL (an ONNX file, a shipped network's name, or for the corrected model a\n"
      "compiled program) on a machine: cycles and traffic in milliseconds, without a simulation.\n"
      "Both models fuse unless --no-fusion is given; the published tables are without fusion.");
  line.add(machine_options(options.machine))
      .add(analyze_options(options))
      .add(result_options(options.results))
      .add(talk_options(options.talk));
  const auto model = line.parse(arguments, out);
  if (!model) return;
  check(options);
  set_log_levels(options.talk.logs);
  const std::unique_ptr<ResultFolder> folder = result_folder(options.results);

  const Analysis analysis = options.model == "simdit" ? published(*model, options) : corrected(*model, options);

  if (folder) write_results(analysis, *folder);
  if (options.results.json) {
    out << summary_text(analysis.result);
  } else if (!options.format.empty()) {
    out << analysis.table;
  } else if (!options.talk.quiet) {
    out << terminal_table(analysis.result);
    if (folder) out << fmt::format("\nreport: {}/report.html\n", options.results.out);
  }
}

}  // namespace systole
