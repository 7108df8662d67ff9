#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <ostream>

#include "base/errors.h"
#include "cli/child_process.h"
#include "cli/commands.h"
#include "cli/log.h"
#include "cli/options.h"
#include "cli/program_source.h"
#include "cli/progress_line.h"
#include "cli/simulation.h"
#include "cli/what_if.h"
#include "configs/loader.h"
#include "models/analytical/validate/report.h"
#include "traces/explain/explanation.h"
#include "traces/report_html.h"
#include "traces/result_folder.h"

namespace systole {

namespace {

namespace fs = std::filesystem;
namespace po = boost::program_options;
using nlohmann::json;

struct ExplainOptions {
  std::string layer;
  std::string network;
  bool json = false;
  TalkOptions talk;
};

/// A run as its results tell it.
struct RecordedRun {
  std::string summary;  ///< path of the file
  std::string machine;  ///< path of resolved.textproto
  std::string network;
  ProgramOptions program;
  std::int64_t cycles = 0;
};

OptionGroup explain_options(ExplainOptions& options) {
  OptionGroup all("Explanation");
  all.add_options()  //
      ("layer", po::value(&options.layer)->value_name("NAME"), "this layer alone: what would help it most")(
          "network", po::value(&options.network)->value_name("FILE"),
          "where the run's model is now, when it was moved")("json", po::bool_switch(&options.json),
                                                             "print the explanation as JSON and nothing else");
  return all;
}

json read_summary(const std::string& path) {
  const json summary = json::parse(read_file(path), nullptr, false);
  if (!summary.is_object() || !summary.contains("engine") || !summary.contains("cycles")) {
    throw UserError({path, 0, 0, "it is no summary of a run", "make it again: systole run MODEL --out DIR --force"});
  }
  if (summary["engine"] != "cycle") {
    throw UserError({path, 0, 0, "these are results of the analytical model, which has no waits",
                     "explain those of `systole run`"});
  }
  if (!summary.contains("arguments") || !summary["arguments"].is_array() || !summary["cycles"].is_number_integer()) {
    throw UserError({path, 0, 0, "it does not say how the run was made: another version wrote it",
                     "make it again: systole run MODEL --out DIR --force"});
  }
  return summary;
}

RecordedRun recorded_run(const std::string& folder, const ExplainOptions& options, std::ostream& out) {
  RecordedRun run;
  run.summary = (fs::path(folder) / "summary.json").string();
  run.machine = (fs::path(folder) / "resolved.textproto").string();
  for (const std::string& file : {run.summary, run.machine}) {
    if (fs::exists(file)) continue;
    throw UserError({file, 0, 0, "there is no such file, so this is no folder of a run's results",
                     "systole run MODEL --out DIR makes one"});
  }
  const json summary = read_summary(run.summary);
  run.cycles = summary["cycles"];
  std::vector<std::string> arguments;
  for (const json& word : summary["arguments"]) arguments.push_back(word.is_string() ? word.get<std::string>() : "");
  CommandLine line("run", "MODEL", "");
  line.add(program_options(run.program));
  run.network = line.parse(arguments, out).value_or("");
  if (!options.network.empty()) run.network = options.network;
  if (run.network.find_first_of("/.") != std::string::npos && !fs::exists(run.network)) {
    throw UserError({run.network, 0, 0, "the model of this run is not there",
                     "say where it is with --network FILE, or work in the folder in which the run was made"});
  }
  if (run.machine.find('/') == std::string::npos) run.machine = "./" + run.machine;
  return run;
}

/// The program on the machine of the run, with a change.
ProgramSource changed_program(const RecordedRun& run, const Change& change) {
  MachineOptions machine;
  machine.hardware = run.machine;
  machine.memory = change.memory;
  if (!change.override_.empty()) machine.overrides = {change.override_};
  ModelOptions model = run.program.model;
  if (change.tiling) model.tiling = change.tiling;
  ProgramSource source = program_from(run.network, machine, model, true);
  keep_layers(run.program.layers, source.program);
  return source;
}

std::vector<std::int64_t> cycles_by_layer(const isa::Program& program, const RunCounters& run) {
  std::vector<std::int64_t> ends;
  for (const BlockCounters& block : run.blocks) ends.push_back(block.end.count());
  return validation::cycles_by_layer(program, ends);
}

/// Cycles by layer; empty when the network cannot be compiled for this machine.
std::vector<std::int64_t> measure(const RecordedRun& run, const Change& change) {
  try {
    const ProgramSource source = changed_program(run, change);
    return cycles_by_layer(source.program, simulate_program(source.machine, source.program, false).counters);
  } catch (const UserError&) {
    return {};
  }
}

/// Of the run as it was: cycles by layer, then block, path and cycles of each path of waits.
std::vector<std::int64_t> measure_waits(const ProgramSource& source) {
  WaitPaths paths;
  Watch watch;
  watch.observer = &paths;
  const RunCounters run = simulate_program(source.machine, source.program, false, nullptr, {watch}).counters;
  paths.finish(run.cycles);
  std::vector<std::int64_t> values = cycles_by_layer(source.program, run);
  for (const auto& [key, cycles] : paths.cycles()) {
    const int leader = run.blocks.at(static_cast<std::size_t>(key.first)).layer;
    if (leader < 0) continue;
    const std::int64_t layer = validation::leader_of(source.program, leader);
    values.insert(values.end(), {layer, key.second, cycles});
  }
  return values;
}

void take_waits(const std::vector<std::int64_t>& values, std::size_t layers, Explanation& explanation) {
  explanation.cycles.assign(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(layers));
  explanation.waits.resize(layers);
  for (std::size_t i = layers; i + 2 < values.size(); i += 3) {
    explanation.waits.at(static_cast<std::size_t>(values[i]))[values[i + 1]] += values[i + 2];
  }
}

/// The layer in whose blocks the named one runs. Throws UserError with the nearest name.
int layer_named(const std::string& name, const isa::Program& program, const std::string& summary) {
  std::vector<std::string> names;
  for (const isa::LayerInfo& layer : program.layers()) {
    if (layer.name() == name) return validation::leader_of(program, layer.index());
    names.push_back(layer.name());
  }
  const std::string near = nearest(name, names);
  throw UserError({summary, 0, 0, fmt::format("the run has no layer '{}'", name),
                   near.empty() ? "layers.csv lists them" : fmt::format("did you mean '{}'?", near)});
}

Explanation explain(const RecordedRun& run, const ProgramSource& source, const std::string& layer) {
  Explanation explanation;
  explanation.model = source.program.model();
  explanation.hardware = source.machine.name();
  explanation.memory = source.machine.memory_description().name();
  for (const isa::LayerInfo& one : source.program.layers()) explanation.layers.push_back(one.name());
  if (!layer.empty()) explanation.layer = layer_named(layer, source.program, run.summary);

  const std::vector<Change> changes = changes_of(source.machine, run.program.model.tiling);
  std::vector<std::function<std::vector<std::int64_t>()>> tasks{[&] { return measure_waits(source); }};
  for (const Change& change : changes) tasks.emplace_back([&] { return measure(run, change); });
  const std::vector<std::vector<std::int64_t>> measured = run_in_processes(tasks);
  take_waits(measured.front(), explanation.layers.size(), explanation);
  for (std::size_t i = 0; i < changes.size(); ++i) {
    explanation.what_ifs.push_back({option_of(changes[i]), changes[i].text, changes[i].cause, measured[i + 1]});
  }
  return explanation;
}

void check_repeated(const RecordedRun& run, const Explanation& explanation) {
  std::int64_t cycles = 0;
  for (const std::int64_t layer : explanation.cycles) cycles += layer;
  if (cycles == run.cycles) return;
  throw UserError({run.summary, 0, 0,
                   fmt::format("the run had {} cycles, and repeating it gives {}: the model, the machine's file or "
                               "systole has changed since",
                               run.cycles, cycles),
                   "make the results again: systole run MODEL --out DIR --force"});
}

/// The run's report shows the explanation from now on.
void add_to_report(const std::string& report, const nlohmann::ordered_json& explanation) {
  const auto page = with_explanation(read_file(report), explanation);
  if (!page) {
    throw UserError({report, 0, 0, "another version wrote this report, so the explanation was not added",
                     "make the results again: systole run MODEL --out DIR --force"});
  }
  write_file_atomically(report, *page);
}

}  // namespace

void run_explain(const std::vector<std::string>& arguments, std::ostream& out) {
  ExplainOptions options;
  CommandLine line(
      "explain", "DIR",
      "Says what bounds the layers of a run, who waits for whom, and what would help: the run is repeated\n"
      "with one thing changed at a time. DIR has the results of `systole run --out DIR`.");
  line.add(explain_options(options)).add(talk_options(options.talk));
  const auto folder = line.parse(arguments, out);
  if (!folder) return;
  set_log_levels(options.talk.logs);
  const RecordedRun run = recorded_run(*folder, options, out);
  const ProgramSource source = changed_program(run, {});
  const bool silent = options.talk.quiet || options.json;
  Explanation explanation;
  {
    ProgressLine progress(!silent);
    progress.show(fmt::format("simulating {} with one change at a time", source.program.model()));
    explanation = explain(run, source, options.layer);
  }
  check_repeated(run, explanation);
  const nlohmann::ordered_json explained = explanation_json(explanation);
  if (options.json) {
    out << explained.dump(2, ' ', false, json::error_handler_t::replace) << "\n";
  } else if (!silent) {
    out << explanation_text(explanation);
  }
  if (!options.layer.empty()) return;
  const std::string report = (fs::path(*folder) / "report.html").string();
  if (!fs::exists(report)) return;
  add_to_report(report, explained);
  if (!silent) out << fmt::format("\nreport: {}\n", report);
}

}  // namespace systole
