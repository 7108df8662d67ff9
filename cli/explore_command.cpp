#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <ostream>
#include <thread>

#include "base/digest.h"
#include "base/files.h"
#include "cli/commands.h"
#include "cli/explore_finalists.h"
#include "cli/explore_search.h"
#include "cli/explore_slurm.h"
#include "cli/log.h"
#include "cli/network_source.h"
#include "cli/options.h"
#include "cli/progress_line.h"
#include "configs/resolver.h"
#include "explore/exploration.h"
#include "explore/parts.h"
#include "traces/report_html.h"
#include "traces/result_folder.h"

namespace systole {

namespace {

namespace fs = std::filesystem;

struct ExploreOptions {
  ResultOptions results;
  TalkOptions talk;
  int threads = 0;
  int top = 10;
  std::string launcher = "local";
  std::optional<int> tasks;
  std::optional<int> retries;
  std::vector<std::string> sbatch;
  std::string task;  ///< K/N
  std::string model;
  std::string memory;
  std::optional<int> finalists;
};

OptionGroup explore_options(ExploreOptions& options) {
  namespace po = boost::program_options;
  OptionGroup all("Search");
  all.add_options()  //
      ("model", po::value(&options.model)->value_name("NAME"),
       "what says how good a point is: systole or simdit, in place of what the space says")  //
      ("dram", po::value(&options.memory)->value_name("NAME|FILE"),
       "memory of every machine and of the finalists, in place of what the space says")  //
      ("finalists", po::value<int>()->value_name("N")->notifier([&options](int n) { options.finalists = n; }),
       "how many machines that differ are simulated beside the plain allocations, in place of what the space says; 0: "
       "none")                                                                                      //
      ("threads", po::value(&options.threads)->value_name("N"), "threads; without it, one a core")  //
      ("top", po::value(&options.top)->value_name("N"),
       "how many of the best points to show, 10 when not given, 32 at most")  //
      ("launcher", po::value(&options.launcher)->value_name("NAME"),
       "who does the work: local (this computer, when not given) or slurm, an array job on a cluster")  //
      ("tasks", po::value<int>()->value_name("N")->notifier([&options](int n) { options.tasks = n; }),
       "--launcher slurm: tasks of the array, 16 when not given")  //
      ("retries", po::value<int>()->value_name("N")->notifier([&options](int n) { options.retries = n; }),
       "--launcher slurm: how often a task that fails is submitted again, 3 when not given")  //
      ("sbatch", po::value(&options.sbatch)->value_name("OPTION"),
       "--launcher slurm: a further option of sbatch, as --sbatch=--partition=long; repeatable")  //
      ("task", po::value(&options.task)->value_name("K/N"),
       "do the K-th of N shares of the work and leave its results in DIR/parts for the search with the same --out");
  return all;
}

/// Faults of what was given together, before anything is done.
void check_options(const ExploreOptions& options) {
  Diagnostics faults;
  const auto fault = [&](const std::string& message, const std::string& hint = "") {
    faults.add({"", 0, 0, message, hint});
  };
  const bool slurm = options.launcher == "slurm";
  config::SearchModel model{};
  if (!options.model.empty() && !config::SearchModel_Parse(options.model, &model)) {
    fault("there is no model '" + options.model + "'", "--model systole or --model simdit");
  }
  if (!options.memory.empty())
    find_config(kDram, options.memory, "", {"--dram " + options.memory, 0, 0, "", ""}, faults);
  if (options.finalists.value_or(0) < 0 || options.finalists.value_or(0) > 32) {
    fault("--finalists takes a whole number from 0 to 32");
  }
  if (options.threads < 0 || options.top < 1) fault("--threads and --top take whole numbers above 0");
  if (!slurm && options.launcher != "local") {
    fault("there is no launcher '" + options.launcher + "'", "--launcher local or --launcher slurm");
  }
  if (!slurm && (options.tasks || options.retries || !options.sbatch.empty())) {
    fault("--tasks, --retries and --sbatch are for --launcher slurm");
  }
  if (options.tasks.value_or(1) < 1) fault("--tasks takes a whole number above 0");
  if (options.retries.value_or(0) < 0) fault("--retries takes a whole number, 0 or above");
  if (options.results.out.empty() && (slurm || !options.task.empty())) {
    fault("--launcher slurm and --task need --out", "name a folder on a file system that all nodes share");
  }
  if (!options.task.empty() && (slurm || options.results.force || options.results.json)) {
    fault("--task goes without --launcher slurm, --force and --json");
  }
  faults.throw_if_any();
}

SpaceChanges changes_of(const ExploreOptions& options) {
  SpaceChanges changes{std::nullopt, options.memory, options.finalists};
  config::SearchModel model{};
  if (config::SearchModel_Parse(options.model, &model)) changes.model = model;
  return changes;
}

/// What a task of a cluster needs to search the same space.
std::vector<std::string> arguments_of(const ExploreOptions& options) {
  std::vector<std::string> arguments;
  if (!options.model.empty()) arguments.push_back("--model=" + options.model);
  if (!options.memory.empty()) arguments.push_back("--dram=" + options.memory);
  return arguments;
}

/// Which share of how many.
struct Share {
  int task = 1;
  int tasks = 1;
};

Share share_of(const std::string& text) {
  Share share;
  char rest = 0;
  if (std::sscanf(text.c_str(), "%d/%d%c", &share.task, &share.tasks, &rest) != 2 || share.task < 1 ||
      share.tasks < share.task) {
    throw UserError({"", 0, 0, "--task takes K/N with K from 1 to N, not '" + text + "'", ""});
  }
  return share;
}

Exploration explore(const LoadedSpace& space, const PointCost& cost, const Search& search,
                    const SearchOptions& options) {
  Exploration exploration;
  exploration.search = search(options);
  exploration.method = exploration.search.proven ? "exhaustive" : "local";
  const Tally& tally = exploration.search.tally;
  if (tally.best.empty()) {
    Diagnostic fault{space.space.name(), 0, 0, "the model can cost no point of the space", ""};
    if (!tally.unevaluable.empty()) fault.message += ": " + tally.unevaluable.begin()->first;
    throw UserError(fault);
  }
  exploration.machines = tally.levels.all();
  measure(cost, exploration.machines);
  measure(cost, exploration.search.tally.best);
  measure(cost, exploration.search.tally.worst);
  exploration.baselines = baselines_of(space, cost, exploration.search);
  exploration.sensitivity = sensitivity_of(space, cost, tally.best.front(), options.threads);
  return exploration;
}

/// What the results in a folder belong to: space, machine, the networks' files, the models' version. Finalists may be
/// added or changed afterwards: their results name what they are of.
std::string identity_of(const LoadedSpace& space) {
  config::Space searched = space.space;
  searched.clear_finalists();
  std::string text = to_text(searched) + to_text(space.machine);
  for (const config::Workload& workload : space.space.workload()) {
    text += fmt::format("{}: {:016x}\n", workload.network(), digest_of(read_file(find_model(workload.network()))));
  }
  return text + "systole " SYSTOLE_VERSION ", search 4\n";
}

fs::path store_file(const fs::path& results) {
  return results / "explore.sqlite";
}

/// The folder of the results, and in it the store; a folder of an earlier search is continued, unless it is to be
/// replaced.
std::unique_ptr<ExploreStore> open_store(const ResultOptions& options, const LoadedSpace& space) {
  if (options.out.empty()) return nullptr;
  std::error_code error;
  const fs::path file = store_file(options.out);
  if (fs::exists(options.out) && !fs::is_directory(options.out)) {
    throw UserError({options.out, 0, 0, "--out must name a folder, and this is a file", "choose another name"});
  }
  if (fs::exists(options.out) && !fs::is_empty(options.out, error) && !fs::exists(file) &&
      !fs::exists(PartFiles::folder_of(options.out)) && !options.force) {
    throw UserError({options.out, 0, 0, "the folder of --out is not empty, and holds no search",
                     "choose another folder, or give --force"});
  }
  fs::create_directories(options.out, error);
  if (error) throw EnvironmentError(fmt::format("{}: cannot be created ({})", options.out, error.message()));
  if (options.force) {
    fs::remove(file, error);
    fs::remove(file.string() + "-journal", error);  // of one that was killed: it belongs to no other file
    fs::remove_all(PartFiles::folder_of(options.out), error);
  }
  auto store = std::make_unique<ExploreStore>(file, identity_of(space));
  absorb_parts(options.out, *store);
  return store;
}

/// One share of the work: its results get their final name when all of them are there.
void run_task(const ExploreOptions& options, const LoadedSpace& space, SearchOptions how) {
  const Share share = share_of(options.task);
  const fs::path results = options.results.out;
  const PartFiles files(results, share.tasks);
  if (fs::exists(files.finished(share.task))) return;
  std::error_code error;
  fs::create_directories(PartFiles::folder_of(results), error);
  if (error) throw EnvironmentError(fmt::format("{}: cannot be created ({})", options.results.out, error.message()));
  {
    ExploreStore store(files.unfinished(share.task), identity_of(space));
    if (fs::exists(store_file(results))) store.absorb(store_file(results));
    how.store = &store;
    how.share = static_cast<std::size_t>(share.task - 1);
    how.shares = static_cast<std::size_t>(share.tasks);
    with_search(space, [&](const PointCost&, const Search& search) { search(how); });
  }
  fs::rename(files.unfinished(share.task), files.finished(share.task), error);
  if (error)
    throw EnvironmentError(
        fmt::format("{}: cannot be renamed ({})", files.finished(share.task).string(), error.message()));
}

}  // namespace

void run_explore(const std::vector<std::string>& arguments, std::ostream& out) {
  ExploreOptions options;
  CommandLine line(
      "explore", "SPACE",
      "Searches a design space (a shipped name or a textproto) for the machine that runs its networks best,\n"
      "beside what plain allocations give. With --out a search that was stopped goes on where it was.");
  line.add(explore_options(options)).add(result_options(options.results)).add(talk_options(options.talk));
  const auto name = line.parse(arguments, out);
  if (!name) return;
  set_log_levels(options.talk.logs);
  check_options(options);
  const LoadedSpace space = load_space(*name, changes_of(options));

  const bool silent = options.talk.quiet || options.results.json;
  ProgressLine progress(!silent);
  auto start = std::chrono::steady_clock::now();
  std::size_t known = 0;  // pieces that an earlier search has done: they took no time
  SearchOptions how;
  how.threads =
      options.threads > 0 ? options.threads : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  how.progress = [&](std::size_t done, std::size_t all, double points) {
    const auto now = std::chrono::steady_clock::now();
    if (points == 0) {
      start = now;
      known = done;
      return;
    }
    const double seconds = std::chrono::duration<double>(now - start).count();
    const double left = seconds / static_cast<double>(done - known) * static_cast<double>(all - done);
    progress.show(fmt::format("{}: {} of {} pieces, {:.0f} points/s, about {:.0f} s left", space.space.name(), done,
                              all, points / seconds, left));
  };
  if (!options.task.empty()) return run_task(options, space, how);
  const std::unique_ptr<ExploreStore> store = open_store(options.results, space);
  how.store = store.get();

  Exploration exploration;
  with_search(space, [&](const PointCost& cost, const Search& search) {
    if (options.launcher == "slurm") {
      search_on_slurm({*name, arguments_of(options), options.results.out, options.tasks.value_or(16),
                       options.retries.value_or(3), std::max(1, options.threads), options.sbatch, silent},
                      *store);
    }
    exploration = explore(space, cost, search, how);
  });

  const auto shown = static_cast<std::size_t>(options.top);
  nlohmann::ordered_json summary = exploration_json(space, exploration, shown);
  std::string table = exploration_table(space, exploration, shown);
  if (space.space.has_finalists()) {
    const std::vector<MemoryFinals> finals = simulate_finalists(
        space, exploration, static_cast<std::size_t>(how.threads), store.get(), [&](std::size_t done, std::size_t all) {
          progress.show(fmt::format("{}: {} of {} simulations", space.space.name(), done, all));
        });
    summary["finalists"] = finals_json(space.design, finals);
    table += finals_table(finals, objectives_of(space));
  }
  const std::string json = summary.dump(2) + "\n";
  if (store) {
    store->finish();
    write_file_atomically(fs::path(options.results.out) / "summary.json", json);
    write_file_atomically(fs::path(options.results.out) / "report.html", exploration_html(summary));
  }
  std::error_code ignored;
  if (store) fs::remove_all(PartFiles::folder_of(options.results.out), ignored);  // the store has it all
  if (options.results.json) {
    out << json;
  } else if (!silent) {
    out << table;
    if (store) out << fmt::format("\nreport: {}/report.html\n", options.results.out);
  }
}

}  // namespace systole
