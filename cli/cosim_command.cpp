#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <ostream>

#include "cli/commands.h"
#include "cli/log.h"
#include "cli/options.h"
#include "cli/program_source.h"
#include "cli/progress_line.h"
#include "cli/rtl_simulator.h"
#include "cli/rtl_target.h"
#include "cli/simulation.h"
#include "models/cycle/configure.h"
#include "models/cycle/lockstep/tile_recorder.h"
#include "traces/result_folder.h"
#include "traces/rtl_vectors.h"

namespace systole {

namespace fs = std::filesystem;

namespace {

struct CosimOptions {
  MachineOptions machine;
  ModelOptions model;
  TalkOptions talk;
  RecorderOptions recorder;
  std::vector<std::string> layers;
  std::string export_folder;
  bool force = false;
  std::string simulator = "verilator";
  std::string rtl;
};

OptionGroup cosim_options(CosimOptions& options) {
  namespace po = boost::program_options;
  const auto set_tiles = [&](int tiles) {
    if (tiles < 1) throw UserError({"", 0, 0, fmt::format("--tiles is {}", tiles), "a whole number from 1 on"});
    options.recorder.tiles_of_a_kind = tiles;
  };
  OptionGroup all("Lockstep");
  all.add_options()  //
      ("layers", po::value(&options.layers)->composing()->value_name("PATTERN"),
       "only the layers whose name matches (with * and ?), and those fused with them; repeatable")  //
      ("tiles", po::value<int>()->value_name("N")->notifier(set_tiles),
       "at most N tiles of those that differ in addresses alone (1)")                                           //
      ("seed", po::value(&options.recorder.seed)->value_name("SEED"), "of the random contents of buffers (1)")  //
      ("export", po::value(&options.export_folder)->value_name("DIR"),
       "write the vectors to DIR for another simulator or another RTL, and run nothing")                 //
      ("force", po::bool_switch(&options.force), "replace vectors that are in DIR")                      //
      ("simulator", po::value(&options.simulator)->value_name("NAME"), "verilator (default) or icarus")  //
      ("rtl", po::value(&options.rtl)->value_name("DIR"),
       "RTL in place of the one that comes with systole: files.txt and the files that it names");
  return all;
}

std::string coverage_line(const char* unit, const char* words, const UnitCoverage& c) {
  std::string line = fmt::format("{}: {} of {} tiles, of {} kinds: {} {}, {} results, {} cycles\n", unit, c.recorded,
                                 c.tiles, c.kinds, c.words, words, c.results, c.cycles);
  if (c.real > 0)
    line += fmt::format("  {} kinds left out: functions of real numbers are not defined on integers\n", c.real);
  return line;
}

/// Where a tile comes from, for messages.
std::string place_of(const RtlTile& tile) {
  return fmt::format("layer '{}', block {}, its tile {}", tile.layer, tile.block, tile.tile);
}

/// Throws InternalError when the RTL and the machine differ, or the RTL has written less than was expected.
void judge(const RtlVerdict& verdict, std::int64_t results, const std::vector<std::string>& places) {
  if (verdict.difference) {
    const RtlDifference& d = *verdict.difference;
    throw InternalError(fmt::format("lockstep: tile {} ({}), cycle {}, {} {}: expected {}, the RTL has {}", d.tile,
                                    places.at(static_cast<std::size_t>(d.tile)), d.cycle, d.unit, d.signal, d.expected,
                                    d.got));
  }
  check(verdict.results == results, "lockstep",
        [&] { return fmt::format("the RTL's run compared {} results of {}", verdict.results, results); });
}

}  // namespace

void run_cosim(const std::vector<std::string>& arguments, std::ostream& out) {
  CosimOptions options;
  options.model.integers = true;
  CommandLine line(
      "cosim", "MODEL",
      "Runs tiles of MODEL (an ONNX file, a shipped network's name, or a compiled program) in the SystemC machine\n"
      "and in RTL, and compares every result and its cycle. Small arrays take seconds: --hw inference_16x16.");
  line.add(machine_options(options.machine))
      .add(model_options(options.model))
      .add(cosim_options(options))
      .add(talk_options(options.talk));
  const auto model = line.parse(arguments, out);
  if (!model) return;
  set_log_levels(options.talk.logs);
  const bool exports = !options.export_folder.empty();
  std::optional<RtlSimulator> simulator;
  if (!exports) simulator.emplace(options.simulator, options.rtl.empty() ? shipped_rtl() : fs::path(options.rtl));
  // Without --export the folder is never committed: it goes when the run ends, however it ends.
  ResultFolder folder(exports ? fs::path(options.export_folder)
                              : fs::temp_directory_path() / fmt::format("systole-cosim-{}", ::getpid()),
                      options.force, kVectorFolder);

  ProgramSource source = program_from(*model, options.machine, options.model, true);
  check_rtl_machine(source.machine);
  keep_layers(options.layers, source.program);
  const MachineParameters machine = machine_parameters(source.machine);
  RtlVectorWriter writer(rtl_target(source.program.target(), machine),
                         [&](const std::string& name, std::string_view text) { folder.write(name, text); });
  std::vector<std::string> places;
  TileRecorder recorder(machine, source.program, options.recorder, [&](const RtlTile& tile) {
    writer.add(tile);
    places.push_back(place_of(tile));
  });
  simulate_program(source.machine, source.program, !options.talk.quiet, &recorder);
  writer.finish();
  const UnitCoverage& array = recorder.coverage(RtlUnit::systolic_array);
  const UnitCoverage& simd = recorder.coverage(RtlUnit::simd_unit);
  if (places.empty()) {
    throw UserError(
        {*model, 0, 0, "no tile of it can be compared: none works on integers", "`systole disasm` shows its work"});
  }
  std::string text =
      coverage_line("systolic_array", "vectors", array) + coverage_line("simd_unit", "instructions", simd);

  if (exports) {
    folder.commit();
    text += fmt::format("{}: vectors of {} tiles\n", options.export_folder, places.size());
  } else {
    ProgressLine progress(!options.talk.quiet);
    progress.show(
        fmt::format("building the {}x{} RTL with {}", machine.array.rows, machine.array.columns, simulator->name()));
    simulator->build(writer.parameters(), folder.place());
    progress.show(fmt::format("{} runs {} tiles", simulator->name(), places.size()));
    judge(simulator->run(folder.place(), folder.place()), array.results + simd.results, places);
    text += fmt::format("cosim: the {}x{} RTL ({}) gives the same {} results in the same cycles\n", machine.array.rows,
                        machine.array.columns, simulator->name(), array.results + simd.results);
  }
  if (!options.talk.quiet) out << text;
}

}  // namespace systole
