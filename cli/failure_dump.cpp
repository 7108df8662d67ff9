#include "cli/failure_dump.h"

#include <fmt/format.h>

#include <filesystem>
#include <sstream>

#include "cli/simulation.h"
#include "cli/wave_recorder.h"
#include "models/cycle/fresh_kernel.h"
#include "traces/last_instructions.h"
#include "traces/waves/gtkwave_save.h"
#include "traces/waves/vcd_file.h"

namespace systole {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kInstructions = 64;
constexpr Cycles kWaveCycles{10000};
/// So much of the standstill is shown.
constexpr Cycles kAfter{100};
constexpr const char* kReport = "failure.txt";
constexpr const char* kWave = "failure.vcd";
constexpr const char* kSave = "failure.gtkw";

/// True when it fails again.
bool repeat(const config::Machine& machine, const isa::Program& program, const std::vector<Watch>& watches) {
  fresh_kernel();
  try {
    simulate_program(machine, program, false, nullptr, watches);
  } catch (const RunFailure&) {
    return true;
  }
  return false;
}

}  // namespace

FailureDump dump_of(const RunFailure& failure, const config::Machine& machine, const isa::Program& program,
                    const std::string& folder) {
  WaveOptions options = wave_options_for(program, machine);
  options.from = std::max(Cycles{}, failure.at() - kWaveCycles);
  options.until = failure.at() + kAfter;
  std::ostringstream wave_text;
  VcdFile file(wave_text);
  MachineWave wave(file, options);
  LastInstructions instructions(kInstructions, options.layers);
  Watch window;
  window.observer = &wave;
  window.from = options.from;
  window.until = options.until;
  Watch whole;
  whole.observer = &instructions;
  const bool again = repeat(machine, program, {window, whole});
  wave.close(options.until);

  std::ostringstream report;
  report << failure.what() << "\nthe last instructions:\n";
  instructions.print(report, failure.at());
  FailureDump dump;
  dump.report = report.str();
  if (again) dump.wave = wave_text.str();
  if (again) dump.save = gtkwave_save((fs::absolute(folder) / kWave).string(), wave.variables());
  return dump;
}

std::string write_failure(const RunFailure& failure, const config::Machine& machine, const isa::Program& program,
                          ResultFolder* results, const std::string& folder) {
  const FailureDump dump = dump_of(failure, machine, program, folder);
  const auto write = [&](const char* name, const std::string& text) {
    if (text.empty()) return;
    if (results != nullptr) {
      results->write(name, text);
    } else {
      write_file_atomically(fs::path(folder) / name, text);
    }
  };
  try {
    write(kWave, dump.wave);
    write(kSave, dump.save);
    write(kReport, dump.report);
    if (results != nullptr) results->commit();
  } catch (const EnvironmentError& error) {
    return fmt::format("  and what it did last cannot be written: {}", error.what());
  }
  const std::string place = fs::path(folder) / "";
  const std::string text = fmt::format("  the last {} instructions are in {}{}", kInstructions, place, kReport);
  if (dump.wave.empty()) return text;
  return text +
         fmt::format(", the last {} cycles in {}{} (gtkwave {}{})", kWaveCycles.count(), place, kWave, place, kSave);
}

}  // namespace systole
