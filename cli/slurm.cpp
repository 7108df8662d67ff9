#include "cli/slurm.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <sstream>

#include "base/errors.h"
#include "cli/external_program.h"

namespace systole {

namespace {

/// A whole number that is all of the text; 0 when it is none.
std::int64_t number_of(const std::string& text) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  return std::from_chars(text.data(), end, number).ptr == end ? number : 0;
}

std::string found(const std::string& program) {
  const std::string file = find_program(program);
  if (file.empty()) {
    throw EnvironmentError(
        fmt::format("{}: there is no such program on PATH; --launcher slurm needs Slurm's sbatch and squeue\n"
                    "  hint: install Slurm's client commands (Debian: slurm-client), or use --launcher local",
                    program));
  }
  return file;
}

/// A line of squeue in the format of Slurm::tasks; index 0 when it is none.
SlurmTask task_of(const std::string& line, std::string& name) {
  std::istringstream fields(line);
  std::string job, index;
  SlurmTask task;
  std::getline(fields, job, '|');
  std::getline(fields, index, '|');
  std::getline(fields, task.state, '|');
  std::getline(fields, task.reason, '|');
  std::getline(fields, name);
  task.job = number_of(job);
  task.index = static_cast<int>(number_of(index));
  return task;
}

}  // namespace

bool SlurmTask::ended() const {
  static const std::vector<std::string> kEnds = {"BOOT_FAIL", "CANCELLED",     "COMPLETED", "DEADLINE", "FAILED",
                                                 "NODE_FAIL", "OUT_OF_MEMORY", "PREEMPTED", "REVOKED",  "TIMEOUT"};
  return std::find(kEnds.begin(), kEnds.end(), state) != kEnds.end();
}

Slurm::Slurm(std::string job_name, std::filesystem::path scratch)
    : name_(std::move(job_name)), scratch_(std::move(scratch)), sbatch_(found("sbatch")), squeue_(found("squeue")) {}

std::int64_t Slurm::submit(const std::filesystem::path& script, const std::vector<int>& indices,
                           const std::vector<std::string>& options) const {
  std::vector<std::string> command{sbatch_, "--parsable", "--no-requeue", "--export=ALL"};
  command.push_back("--job-name=" + name_);
  command.push_back("--array=" + array_text(indices));
  command.insert(command.end(), options.begin(), options.end());
  command.push_back(script.string());
  const ChildEnded ended = run_program(command, (scratch_ / "sbatch.log").string());
  std::istringstream lines(ended.output);
  for (std::string line; ended.code == 0 && std::getline(lines, line);) {
    const std::int64_t job = number_of(line.substr(0, line.find(';')));  // the cluster's name may follow
    if (job > 0) return job;
  }
  throw EnvironmentError(fmt::format("sbatch did not take the job; it said:\n{}", ended.output));
}

std::vector<SlurmTask> Slurm::tasks() const {
  const ChildEnded ended =
      run_program({squeue_, "--me", "--noheader", "--array", "--states=all", "--format=%F|%K|%T|%r|%j"},
                  (scratch_ / "squeue.log").string());
  if (ended.code != 0)
    throw EnvironmentError(
        fmt::format("squeue does not answer; it said:\n{}  hint: is Slurm running, and configured on this computer? "
                    "Results so far are kept; the same command again goes on, or --launcher local",
                    ended.output));
  std::vector<SlurmTask> tasks;
  std::istringstream lines(ended.output);
  for (std::string line; std::getline(lines, line);) {
    std::string name;
    const SlurmTask task = task_of(line, name);
    if (task.job > 0 && task.index > 0 && name == name_) tasks.push_back(task);
  }
  return tasks;
}

std::string array_text(const std::vector<int>& ascending) {
  std::string text;
  for (std::size_t first = 0, last = 0; first < ascending.size(); first = ++last) {
    while (last + 1 < ascending.size() && ascending[last + 1] == ascending[last] + 1) ++last;
    if (!text.empty()) text += ",";
    text += last == first ? std::to_string(ascending[first]) : fmt::format("{}-{}", ascending[first], ascending[last]);
  }
  return text;
}

}  // namespace systole
