#include "cli/rtl_simulator.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "base/digest.h"
#include "base/errors.h"
#include "base/files.h"
#include "cli/external_program.h"

namespace systole {

namespace fs = std::filesystem;

namespace {

constexpr const char* kTop = "cosim_testbench";

/// A program of a package that must be there.
std::string needed_program(const std::string& name, const std::string& package) {
  std::string file = find_program(name);
  if (!file.empty()) return file;
  throw EnvironmentError(
      fmt::format("{} is not installed (package {}): it runs the RTL; `--export DIR` writes the vectors without it",
                  name, package));
}

/// The folder for what can be made again; empty when there is none.
fs::path cache_folder() {
  const char* const cache = std::getenv("XDG_CACHE_HOME");
  if (cache != nullptr && *cache == '/') return fs::path(cache) / "systole";
  const char* const home = std::getenv("HOME");
  return home == nullptr || *home == '\0' ? fs::path() : fs::path(home) / ".cache/systole";
}

/// Copies a file under another name first, so that nobody sees half of it. Whether it succeeds does not matter.
void keep(const fs::path& file, const fs::path& as) {
  std::error_code failed;
  fs::create_directories(as.parent_path(), failed);
  const fs::path partial = as.string() + fmt::format(".partial-{}", ::getpid());
  if (!failed) fs::copy_file(file, partial, failed);
  if (!failed) fs::rename(partial, as, failed);
  if (failed) fs::remove(partial, failed);
}

}  // namespace

fs::path shipped_rtl() {
  std::error_code unknown;
  const fs::path program = fs::read_symlink("/proc/self/exe", unknown);
  const fs::path installed = program.parent_path().parent_path() / "share/systole/rtl";
  if (!unknown && fs::is_directory(installed, unknown)) return installed;
  return SYSTOLE_SOURCE_RTL;
}

RtlSimulator::RtlSimulator(const std::string& name, fs::path rtl) : name_(name) {
  if (name == "verilator") {
    compiler_ = needed_program("verilator", "verilator");
  } else if (name == "icarus") {
    compiler_ = needed_program("iverilog", "iverilog");
    runner_ = needed_program("vvp", "iverilog");
  } else {
    throw UserError({"", 0, 0, fmt::format("--simulator is '{}'", name), "verilator or icarus"});
  }
  std::istringstream names(read_file((rtl / "files.txt").string()));
  for (std::string file; std::getline(names, file);) {
    if (!file.empty()) files_.push_back((rtl / file).string());
  }
}

/// The simulator's own command line; what it makes.
std::string RtlSimulator::compile(const std::vector<std::string>& parameters, const fs::path& work) const {
  std::vector<std::string> command = {compiler_};
  std::string made;
  if (name_ == "verilator") {
    made = (work / "build" / (std::string("V") + kTop)).string();
    for (const char* const option : {"--binary", "--timing", "-Wno-fatal", "-O3", "-j", "0", "--top-module", kTop}) {
      command.emplace_back(option);
    }
    for (const std::string& parameter : parameters) command.push_back("-G" + parameter);
    command.insert(command.end(), {"-CFLAGS", "-O1", "-Mdir", (work / "build").string()});
  } else {
    made = (work / kTop).string();
    command.insert(command.end(), {"-g2012", "-s", kTop, "-o", made});
    for (const std::string& parameter : parameters) command.push_back(fmt::format("-P{}.{}", kTop, parameter));
  }
  command.insert(command.end(), files_.begin(), files_.end());
  const ChildEnded ended = run_program(command, (work / "build.log").string());
  if (ended.code != 0) {
    throw EnvironmentError(fmt::format("{} cannot build the RTL:\n  {}", compiler_, last_lines(ended.output, "  ")));
  }
  return made;
}

void RtlSimulator::build(const std::vector<std::string>& parameters, const fs::path& work) {
  const fs::path cache = cache_folder();
  std::uint64_t key =
      digest_of(run_program({compiler_, name_ == "icarus" ? "-V" : "--version"}, (work / "build.log").string()).output);
  for (const std::string& parameter : parameters) key = digest_of(parameter + "\n", key);
  for (const std::string& file : files_) key = digest_of(read_file(file), key);
  const fs::path kept = cache / fmt::format("{}_{:016x}", name_, key);
  std::error_code none;
  if (!cache.empty() && fs::is_regular_file(kept, none)) {
    built_ = kept.string();
    return;
  }
  built_ = compile(parameters, work);
  if (!cache.empty()) keep(built_, kept);
}

RtlVerdict RtlSimulator::run(const fs::path& vectors, const fs::path& work) const {
  std::vector<std::string> command = {built_, "+vectors=" + vectors.string()};
  if (!runner_.empty()) command.insert(command.begin(), {runner_, "-n"});
  const ChildEnded ended = run_program(command, (work / "run.log").string());
  std::optional<RtlVerdict> verdict = verdict_in(ended.output);
  if (!verdict) {
    throw EnvironmentError(fmt::format("the RTL's simulation ended without a verdict (exit code {}):\n  {}", ended.code,
                                       last_lines(ended.output, "  ")));
  }
  return *verdict;
}

std::optional<RtlVerdict> verdict_in(const std::string& output) {
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string first;
    std::string skip;
    words >> first;
    RtlVerdict verdict;
    if (first == "DIFFERENCE") {
      RtlDifference& d = verdict.difference.emplace();
      words >> skip >> d.tile >> skip >> d.cycle >> skip >> d.unit >> skip >> d.signal >> skip >> d.expected >> skip >>
          d.got;
      return verdict;
    }
    if (first == "PASS") {
      words >> skip >> skip >> verdict.results;
      return verdict;
    }
  }
  return std::nullopt;
}

}  // namespace systole
