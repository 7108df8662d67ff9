#include "cli/explore_slurm.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <set>
#include <thread>

#include "base/errors.h"
#include "base/files.h"
#include "cli/external_program.h"
#include "cli/slurm.h"
#include "explore/parts.h"
#include "traces/result_folder.h"

namespace systole {

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kLogsShown = 3;
constexpr int kPatience = 10;  ///< times in a row that squeue may fail to answer

/// A word for a shell.
std::string quoted(const std::string& text) {
  std::string word = "'";
  for (const char letter : text) word += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
  return word + "'";
}

/// What sbatch runs on a node for each index of the array.
std::string script_of(const SlurmSearch& search) {
  std::string space = quoted(search.space);
  for (const std::string& change : search.changes) space += " " + quoted(change);
  return fmt::format("#!/bin/sh\nexec {} explore {} --out {} --task \"$SLURM_ARRAY_TASK_ID\"/{} --threads {} --quiet\n",
                     quoted(fs::read_symlink("/proc/self/exe").string()), space,
                     quoted(fs::absolute(search.results).string()), search.tasks, search.threads);
}

/// Slurm's pattern for the file of a task's log: its own signs doubled.
std::string log_pattern(const PartFiles& files) {
  std::string text;
  for (const char letter : fs::absolute(files.log(0)).parent_path().string())
    text += letter == '%' ? "%%" : std::string(1, letter);
  const std::string name = files.log(0).filename().string();
  return text + "/%a" + name.substr(1);
}

/// What a task has said last, in lines of their own.
std::string end_of_log(const fs::path& file) {
  if (!fs::exists(file)) return "    (there is no log: is its folder on a file system that the nodes share?)\n";
  const std::string text = read_file(file.string());
  return text.empty() ? "    (the log is empty)\n" : "    " + last_lines(text, "    ") + "\n";
}

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw EnvironmentError(fmt::format("{}: cannot be created ({})", folder.string(), error.message()));
}

std::map<int, SlurmTask> latest(const std::vector<SlurmTask>& tasks) {
  std::map<int, SlurmTask> by_index;
  for (const SlurmTask& task : tasks) {
    SlurmTask& known = by_index[task.index];
    if (task.job > known.job) known = task;
  }
  return by_index;
}

/// One array job and its retries, from the first look at the queue to the last result.
class Watch {
 public:
  Watch(const SlurmSearch& search, ExploreStore& store)
      : search_(search),
        store_(store),
        folder_(PartFiles::folder_of(search.results)),
        slurm_("systole " + fs::absolute(search.results).lexically_normal().string(), folder_),
        files_(search.results, search.tasks),
        progress_(!search.silent) {}

  void run() {
    begin();
    while (look()) {
      const double waited = std::chrono::duration<double>(Clock::now() - start_).count();
      std::this_thread::sleep_for(std::chrono::duration<double>(std::min(10.0, 0.2 + waited / 20)));
    }
    absorb_parts(search_.results, store_);
    throw_if_tasks_failed();
  }

 private:
  /// Goes on with the tasks that an earlier call has left in the queue, or makes room for new ones.
  void begin();
  /// The queue, the files, and what follows from both; false when nothing is left to wait for.
  bool look();
  void submit(const std::vector<int>& tasks);
  void tell();
  /// How a task of the queue has ended; empty when the queue has forgotten it.
  [[nodiscard]] std::string state_of(int task) const;
  void throw_if_tasks_failed() const;

  SlurmSearch search_;
  ExploreStore& store_;
  fs::path folder_;
  Slurm slurm_;
  PartFiles files_;
  ProgressLine progress_;
  Clock::time_point start_ = Clock::now();
  std::map<int, SlurmTask> queue_;  ///< by index: the one of the latest job
  std::map<int, int> submitted_;    ///< how often, by index
  std::set<int> done_, failed_;
  std::size_t done_before_ = 0;  ///< tasks, by an earlier call
  double points_before_ = 0;     ///< in the store, as above
  int silences_ = 0;             ///< of squeue, in a row
};

void Watch::begin() {
  make_folder(folder_);
  queue_ = latest(slurm_.tasks());
  const auto waits_or_runs = [](const auto& entry) { return !entry.second.ended(); };
  const auto left = std::find_if(queue_.begin(), queue_.end(), waits_or_runs);
  const fs::path number = folder_ / "tasks";
  if (left == queue_.end()) {
    absorb_parts(search_.results, store_);
    std::error_code ignored;
    fs::remove_all(folder_, ignored);  // the store has it all
    make_folder(folder_);
    write_file_atomically(number, std::to_string(search_.tasks));
  } else if (fs::exists(number)) {
    search_.tasks = std::stoi(read_file(number.string()));
    for (const auto& [index, task] : queue_) submitted_[index] = 1;
    progress_.note(fmt::format("job {} of an earlier call goes on, with {} tasks", left->second.job, search_.tasks));
  } else {
    throw EnvironmentError(
        fmt::format("{}: job {} of an earlier search with these results is still in Slurm's queue\n  hint: wait for "
                    "it, or `scancel {}`",
                    search_.results.string(), left->second.job, left->second.job));
  }
  files_ = PartFiles(search_.results, search_.tasks);
  write_file_atomically(folder_ / "task.sh", script_of(search_));
  done_ = files_.done();
  done_before_ = done_.size();
  points_before_ = store_.points();
}

bool Watch::look() {
  try {
    queue_ = latest(slurm_.tasks());
    silences_ = 0;
  } catch (const EnvironmentError&) {
    if (++silences_ > kPatience) throw;
    return true;
  }
  // The files after the queue: a task that has left the queue has named its file before.
  std::vector<int> missing;
  for (const int task : files_.done()) {
    if (done_.insert(task).second) store_.absorb(files_.finished(task));
  }
  for (int task = 1; task <= search_.tasks; ++task) {
    const auto known = queue_.find(task);
    if (done_.count(task) != 0 || (known != queue_.end() && !known->second.ended())) continue;
    if (submitted_[task] <= search_.retries) {
      missing.push_back(task);
    } else {
      failed_.insert(task);
    }
  }
  if (!missing.empty()) submit(missing);
  tell();
  return done_.size() + failed_.size() < static_cast<std::size_t>(search_.tasks);
}

void Watch::submit(const std::vector<int>& tasks) {
  for (const int task : tasks) {
    if (submitted_[task]++ == 0) continue;
    progress_.note(fmt::format("task {} of {} has ended{} without its results; it is submitted again, {} of {} times",
                               task, search_.tasks, state_of(task), submitted_[task] - 1, search_.retries));
  }
  std::vector<std::string> options{fmt::format("--cpus-per-task={}", search_.threads),
                                   "--output=" + log_pattern(files_)};
  options.insert(options.end(), search_.sbatch.begin(), search_.sbatch.end());
  std::int64_t job = 0;
  try {
    job = slurm_.submit(folder_ / "task.sh", tasks, options);
  } catch (const EnvironmentError& error) {
    throw EnvironmentError(
        fmt::format("{}  hint: results so far are kept in {}; give the same command again when it can "
                    "be taken, with --sbatch=OPTION where sbatch needs more, or --launcher local",
                    error.what(), search_.results.string()));
  }
  progress_.note(
      fmt::format("job {}: {} tasks; when this command is stopped they go on: give it again to collect their "
                  "results, or `scancel {}`",
                  job, tasks.size(), job));
}

void Watch::tell() {
  std::size_t running = 0, waiting = 0;
  std::set<std::string> reasons;
  for (const auto& [index, task] : queue_) {
    if (task.ended()) continue;
    ++(task.state == "PENDING" ? waiting : running);
    if (task.state == "PENDING") reasons.insert(task.reason);
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - start_).count();
  std::string text =
      fmt::format("{} of {} tasks done, {} running, {} waiting", done_.size(), search_.tasks, running, waiting);
  if (!reasons.empty()) text += fmt::format(" ({})", fmt::join(reasons, ", "));
  const std::size_t fresh = done_.size() - done_before_;
  if (fresh > 0) {
    const double left = seconds / static_cast<double>(fresh) *
                        static_cast<double>(static_cast<std::size_t>(search_.tasks) - done_.size());
    text += fmt::format(", {:.0f} points/s, about {:.0f} s left", (store_.points() - points_before_) / seconds, left);
  }
  progress_.show(text);
}

std::string Watch::state_of(int task) const {
  const auto known = queue_.find(task);
  return known == queue_.end() ? "" : " as " + known->second.state;
}

void Watch::throw_if_tasks_failed() const {
  if (failed_.empty()) return;
  std::string text = fmt::format(
      "{} of {} tasks have failed {} times: {}; what has been found is kept in {}, and the same command again goes on "
      "with what is missing\n",
      failed_.size(), search_.tasks, search_.retries + 1, array_text({failed_.begin(), failed_.end()}),
      search_.results.string());
  std::size_t shown = 0;
  for (const int task : failed_) {
    if (++shown > kLogsShown) break;
    text += fmt::format("  task {} has ended{}; its log {} ends with:\n{}", task, state_of(task),
                        files_.log(task).string(), end_of_log(files_.log(task)));
  }
  text.pop_back();
  throw EnvironmentError(text);
}

}  // namespace

void search_on_slurm(const SlurmSearch& search, ExploreStore& store) {
  Watch(search, store).run();
}

}  // namespace systole
