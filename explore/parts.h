#pragma once

#include <filesystem>
#include <set>

#include "explore/store.h"

namespace systole {

/// The files of a search whose pieces of work are shared out among N tasks, each a process that may be on another
/// computer: all in DIR/parts.
class PartFiles {
 public:
  /// `results`: the folder of the search, DIR.
  PartFiles(const std::filesystem::path& results, int tasks) : folder_(folder_of(results)), tasks_(tasks) {}

  static std::filesystem::path folder_of(const std::filesystem::path& results) { return results / "parts"; }

  /// What a task has found; a task is done when its file has this name. Tasks count from 1.
  [[nodiscard]] std::filesystem::path finished(int task) const { return file(task, ".sqlite"); }
  [[nodiscard]] std::filesystem::path unfinished(int task) const { return file(task, ".partial.sqlite"); }
  /// What it has said.
  [[nodiscard]] std::filesystem::path log(int task) const { return file(task, ".log"); }

  /// Tasks that are done. Lists the folder, so that a network file system looks again. Throws EnvironmentError.
  [[nodiscard]] std::set<int> done() const;

 private:
  [[nodiscard]] std::filesystem::path file(int task, const char* suffix) const;

  std::filesystem::path folder_;
  int tasks_;
};

/// Takes over what tasks have found, finished or not, however many there were. Throws as ExploreStore::absorb.
void absorb_parts(const std::filesystem::path& results, ExploreStore& store);

}  // namespace systole
