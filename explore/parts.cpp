#include "explore/parts.h"

#include <fmt/format.h>

#include "base/errors.h"

namespace systole {

namespace {

namespace fs = std::filesystem;

/// The names of a folder in their order; none when there is no such folder.
std::set<fs::path> files_of(const fs::path& folder) {
  std::error_code error;
  std::set<fs::path> files;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    files.insert(entry->path());
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    throw EnvironmentError(fmt::format("{}: cannot be read ({})", folder.string(), error.message()));
  }
  return files;
}

}  // namespace

fs::path PartFiles::file(int task, const char* suffix) const {
  return folder_ / fmt::format("{}_of_{}{}", task, tasks_, suffix);
}

std::set<int> PartFiles::done() const {
  const std::set<fs::path> files = files_of(folder_);
  std::set<int> done;
  for (int task = 1; task <= tasks_; ++task) {
    if (files.count(finished(task)) != 0) done.insert(task);
  }
  return done;
}

void absorb_parts(const fs::path& results, ExploreStore& store) {
  for (const fs::path& file : files_of(PartFiles::folder_of(results))) {
    if (file.extension() != ".sqlite") continue;
    const bool renamed = !fs::exists(file);  // its task was done a moment ago
    store.absorb(renamed ? file.parent_path() / file.stem().replace_extension(".sqlite") : file);
  }
}

}  // namespace systole
