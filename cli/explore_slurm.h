#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/progress_line.h"
#include "explore/store.h"

namespace systole {

/// A search as an array job of Slurm.
struct SlurmSearch {
  std::string space;                 ///< as the user named it
  std::vector<std::string> changes;  ///< options that change it, as they were given
  std::filesystem::path results;     ///< DIR, which every node must see
  int tasks = 16;                    ///< of the array; earlier tasks that still wait or run are kept, with their number
  int retries = 3;                   ///< how often a task that has failed is submitted again
  int threads = 1;                   ///< and processors of a task
  std::vector<std::string> sbatch;   ///< further options of sbatch
  bool silent = false;               ///< says nothing of its progress
};

/// Has every piece of work done by `systole explore SPACE --task K/N` on Slurm's nodes and collects the results in
/// `store`. Stopped at any moment, the tasks go on, and the next call finds them by their job's name.
/// Throws EnvironmentError when Slurm is not there or does not take the job, or when tasks fail again and again (with
/// their logs); what has been found by then is in the store or in DIR/parts.
void search_on_slurm(const SlurmSearch& search, ExploreStore& store);

}  // namespace systole
