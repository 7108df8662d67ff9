#include <fmt/format.h>
#include <sys/resource.h>

#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>

#include "cli/commands.h"
#include "cli/failure_dump.h"
#include "cli/log.h"
#include "cli/options.h"
#include "cli/program_source.h"
#include "cli/run_result.h"
#include "cli/simulation.h"
#include "cli/timeline_recorder.h"
#include "cli/trace_recorder.h"
#include "cli/value_check.h"
#include "cli/wave_recorder.h"
#include "configs/loader.h"
#include "traces/layers_csv.h"
#include "traces/report_html.h"
#include "traces/summary_writer.h"
#include "traces/terminal_table.h"

namespace systole {

namespace {

struct RunOptions {
  MachineOptions machine;
  ProgramOptions program;
  ResultOptions results;
  TalkOptions talk;
  CheckOptions check;
  WaveRequest wave;
  std::string timeline;
  std::string trace;
};

OptionGroup run_options(RunOptions& options) {
  OptionGroup all = program_options(options.program);
  all.add_options()("timeline", boost::program_options::value(&options.timeline)->value_name("FILE"),
                    "write a timeline (Chrome trace JSON, for Perfetto and speedscope)")(
      "trace", boost::program_options::value(&options.trace)->value_name("FILE"),
      "write every executed instruction (`systole trace FILE` reads it)");
  return all;
}

OptionGroup check_options(CheckOptions& options) {
  namespace po = boost::program_options;
  OptionGroup all("Values");
  all.add_options()("check", po::bool_switch(&options.check), "carry values and compare the outputs with a reference")(
      "inputs", po::value(&options.inputs)->value_name("DIR"),
      "inputs of the check: input_0.pb, input_1.pb, .. (ONNX tensors); without it, random ones")(
      "expected", po::value(&options.expected)->value_name("DIR"),
      "what the outputs must be: output_0.pb, ..; without it, what the operators' definitions give")(
      "random-weights", po::value<std::uint32_t>()->value_name("SEED")->notifier([&](std::uint32_t seed) {
        options.random_weights = seed;
      }),
      "weights for a model that comes without, or with weights all alike");
  return all;
}

/// Throws UserError when options exclude one another.
void check_consistent(const RunOptions& options) {
  const CheckOptions& check = options.check;
  if (check.check && !options.program.layers.empty()) {
    throw UserError({"", 0, 0, "--check needs the whole network, and --layers takes a part", "leave one of them out"});
  }
  if (check.check || (check.inputs.empty() && check.expected.empty() && !check.random_weights)) return;
  throw UserError({"", 0, 0, "--inputs, --expected and --random-weights belong to --check", "add --check"});
}

/// run.json: what the run took on this computer. Nothing of it is a result: it differs from run to run.
std::string run_json(const Simulation& simulation, const ProgramSource& source) {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto per_second = [&](std::int64_t count) { return static_cast<double>(count) / simulation.cpu_seconds; };
  const RunCounters& run = simulation.counters;
  const nlohmann::ordered_json json = {
      {"systole", SYSTOLE_VERSION},
      {"import_s", source.import_seconds},
      {"compile_s", source.compile_seconds},
      {"simulate_s", simulation.wall_seconds},
      {"simulate_cpu_s", simulation.cpu_seconds},
      {"cpu_s", cpu_seconds()},
      {"peak_memory_bytes", std::int64_t{usage.ru_maxrss} * 1024},
      {"cycles", run.cycles.count()},
      {"bursts", run.bursts},
      {"events", simulation.events},
      {"cycles_per_s", per_second(run.cycles.count())},
      {"bursts_per_s", per_second(run.bursts)},
      {"events_per_s", per_second(simulation.events)},
  };
  return json.dump(2) + "\n";
}

void write_results(const RunResult& result, const Simulation& simulation, const ProgramSource& source,
                   const std::optional<CheckReport>& check, ResultFolder& folder) {
  if (check) folder.write("check.json", check_json(*check));
  folder.write("summary.json", summary_text(result));
  folder.write("layers.csv", layers_csv(result));
  folder.write("report.html", report_html(result));
  folder.write("resolved.textproto", to_text(source.machine));
  folder.write("run.json", run_json(simulation, source));
  folder.commit();
}

/// A file that a full disk cut is no reason to lose the run: its results are there before this is said.
void report_losses(const std::vector<std::string>& losses) {
  std::string text;
  for (const std::string& loss : losses) {
    if (!loss.empty()) text += (text.empty() ? "" : "\nerror: ") + loss;
  }
  if (!text.empty()) throw EnvironmentError(text);
}

}  // namespace

void run_run(const std::vector<std::string>& arguments, std::ostream& out) {
  RunOptions options;
  CommandLine line(
      "run", "MODEL",
      "Compiles MODEL (an ONNX file, a shipped network's name, or a compiled program) for a machine, simulates it\n"
      "cycle by cycle and reports where time and energy go.");
  line.add(machine_options(options.machine))
      .add(run_options(options))
      .add(check_options(options.check))
      .add(wave_options(options.wave))
      .add(result_options(options.results))
      .add(talk_options(options.talk));
  const auto model = line.parse(arguments, out);
  if (!model) return;
  check_consistent(options);
  set_log_levels(options.talk.logs);
  const std::unique_ptr<ResultFolder> folder = result_folder(options.results);

  ProgramSource source = program_from(*model, options.machine, options.program.model, true, options.check);
  std::optional<ValueCheck> check;
  if (options.check.check)
    check.emplace(*source.graph, source.program, options.check, source.training ? &*source.training : nullptr);
  const std::vector<int> layers = keep_layers(options.program.layers, source.program);
  WaveRecorder wave(options.wave, source.program, source.machine);
  TimelineRecorder timeline(options.timeline, source.program, source.machine);
  TraceRecorder trace(options.trace, source.program, source.machine);
  std::vector<Watch> watches = wave.watches();
  for (const Watch& watch : timeline.watches()) watches.push_back(watch);
  for (const Watch& watch : trace.watches()) watches.push_back(watch);
  const bool silent = options.talk.quiet || options.results.json;
  Simulation simulation;
  try {
    simulation = simulate_program(source.machine, source.program, !silent, check ? &check->values() : nullptr, watches);
  } catch (const RunFailure& failure) {
    std::string text = failure.what();
    for (const std::string& loss : {wave.finish(failure.at()), timeline.finish(failure.at())}) {
      if (!loss.empty()) text += "  " + loss + "\n";
    }
    throw InternalError(text +
                        write_failure(failure, source.machine, source.program, folder.get(), options.results.out));
  }
  const Cycles end = simulation.counters.cycles;
  const std::vector<std::string> losses{wave.finish(end), timeline.finish(end), trace.finish(end)};
  if (!options.talk.quiet) std::cerr << wave.note();
  std::optional<CheckReport> verdict;
  try {
    if (check) verdict = check->verdict();
  } catch (const InternalError& error) {
    const RunFailure failure(error.what(), end);
    throw InternalError(failure.what() + std::string("\n") +
                        write_failure(failure, source.machine, source.program, folder.get(), options.results.out));
  }
  logger("machine")->info("{} cycles in {:.3f} s", simulation.counters.cycles.count(), simulation.wall_seconds);
  RunResult result = result_of(simulation, source.program, source.machine, layers);
  result.arguments = program_arguments(*model, arguments);

  if (folder) write_results(result, simulation, source, verdict, *folder);
  if (options.results.json) {
    out << summary_text(result);
  } else if (!silent) {
    out << source.notes << terminal_table(result);
    if (verdict) out << check_text(*verdict);
    if (folder) out << fmt::format("\nreport: {}/report.html\n", options.results.out);
  }
  wave.check_window(end);
  report_losses(losses);
}

}  // namespace systole
