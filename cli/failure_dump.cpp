#include "cli/failure_dump.h"

#include <fmt/format.h>

#include <filesystem>
#include <sstream>

#include "cli/simulation.h"
#include "cli/trace_text.h"
#include "cli/wave_recorder.h"
#include "configs/idealize.h"
#include "models/cycle/configure.h"
#include "models/cycle/fresh_kernel.h"
#include "models/cycle/trace/instruction_tracer.h"
#include "traces/instructions/last_instructions.h"
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

/// A run that fails fails again; one whose values were wrong goes to its end.
void repeat(const config::Machine& machine, const isa::Program& program, const std::vector<Watch>& watches) {
  fresh_kernel();
  try {
    simulate_program(machine, program, false, nullptr, watches);
  } catch (const RunFailure&) {
    return;
  }
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
  const MachineProgram decoded = load_program(program);
  trace::LastInstructions last(kInstructions, failure.at().count());
  InstructionTracer tracer(decoded, program, machine_parameters(idealized(machine)), last);
  Watch window;
  window.observer = &wave;
  window.from = options.from;
  window.until = options.until;
  Watch whole;
  whole.observer = &tracer;
  repeat(machine, program, {window, whole});
  wave.close(options.until);

  std::ostringstream report;
  report << failure.what() << "\nthe last instructions:\n" << TraceText::heading();
  const TraceText text(program);
  for (const trace::Instruction& one : last.instructions()) report << text.line(one, failure.at().count());
  FailureDump dump;
  dump.report = report.str();
  dump.wave = wave_text.str();
  dump.save = gtkwave_save((fs::absolute(folder) / kWave).string(), wave.variables());
  return dump;
}

std::string write_failure(const RunFailure& failure, const config::Machine& machine, const isa::Program& program,
                          ResultFolder* results, const std::string& folder) {
  const FailureDump dump = dump_of(failure, machine, program, folder);
  const auto write = [&](const char* name, const std::string& text) {
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
  return fmt::format("  the last {} instructions are in {}{}, the last {} cycles in {}{} (gtkwave {}{})", kInstructions,
                     place, kReport, kWaveCycles.count(), place, kWave, place, kSave);
}

}  // namespace systole
