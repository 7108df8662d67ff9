#include "traces/result_folder.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <mutex>
#include <set>
#include <system_error>

#include "base/errors.h"

namespace systole {

namespace fs = std::filesystem;

namespace {

/// What a run may write into its folder; only these are replaced by a later run.
constexpr std::array<std::string_view, 11> kResultNames = {
    "failure.txt",        "failure.vcd", "failure.gtkw",    "summary.json", "layers.csv", "report.html",
    "resolved.textproto", "check.json",  "validation.json", "simdit.csv",   "run.json"};

/// Serialises writing with abandon_output(); recursive because a failing write discards what was begun.
std::recursive_mutex& output_mutex() {
  static std::recursive_mutex mutex;
  return mutex;
}

/// Files and folders that are begun and not committed.
std::set<fs::path>& unfinished() {
  static std::set<fs::path> paths;
  return paths;
}

void discard(const fs::path& path) noexcept {
  const std::lock_guard lock(output_mutex());
  std::error_code ignored;  // nothing better can be done while an error or Ctrl-C is on its way
  if (unfinished().erase(path) > 0) fs::remove_all(path, ignored);
}

[[noreturn]] void fail(const fs::path& path, const char* what, const std::error_code& reason) {
  throw EnvironmentError(fmt::format("{}: {} ({})", path.string(), what, reason.message()));
}
std::error_code last_error() {
  return {errno, std::generic_category()};
}

void write_whole(const fs::path& path, std::string_view text) {
  const auto close = [](std::FILE* file) { std::fclose(file); };
  std::unique_ptr<std::FILE, decltype(close)> file(std::fopen(path.c_str(), "wb"), close);
  if (!file) fail(path, "cannot be written", last_error());
  if (std::fwrite(text.data(), 1, text.size(), file.get()) != text.size())
    fail(path, "cannot be written", last_error());
  if (std::fclose(file.release()) != 0) fail(path, "cannot be written", last_error());
}

void rename_to(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (error) fail(to, "cannot be written", error);
}

std::string partial_name(const std::string& name) {
  return fmt::format(".{}.partial-{}", name, ::getpid());
}

/// Where a file of that path goes: through symbolic links.
fs::path target_of(const fs::path& path) {
  std::error_code error;
  const fs::path target = fs::is_symlink(path, error) ? fs::weakly_canonical(path) : path;
  if (fs::is_directory(target, error))
    throw UserError({path.string(), 0, 0, "a file is to be written, and this is a folder", ""});
  return target;
}

bool is_device(const fs::path& target) {
  std::error_code error;
  const fs::file_status status = fs::status(target, error);
  return fs::exists(status) && !fs::is_regular_file(status);
}

fs::path partial_path(const fs::path& target) {
  return fs::absolute(target).parent_path() / partial_name(target.filename().string());
}

}  // namespace

bool is_result_file(std::string_view name) {
  return std::find(kResultNames.begin(), kResultNames.end(), name) != kResultNames.end();
}

ResultFolder::ResultFolder(fs::path folder, bool force, const FolderKind& kind)
    : kind_(kind), folder_(std::move(folder)) {
  if (!folder_.has_filename()) folder_ = folder_.parent_path();  // `out/` means `out`
  std::error_code error;
  existed_ = fs::exists(folder_, error);
  if (existed_ && !fs::is_directory(folder_, error)) {
    throw UserError({folder_.string(), 0, 0, fmt::format("{} must name a folder, and this is a file", kind_.option),
                     "choose another name"});
  }
  const bool empty = !existed_ || fs::is_empty(folder_, error);
  if (error) fail(folder_, "cannot be read", error);
  if (!empty && !force) {
    throw UserError({folder_.string(), 0, 0, fmt::format("the folder of {} is not empty", kind_.option),
                     "give --force to replace the results in it, or choose another folder"});
  }
  const fs::path parent = existed_ ? folder_ : fs::absolute(folder_).parent_path();
  if (!existed_) fs::create_directories(parent, error);
  if (error) fail(parent, "cannot be created", error);

  const std::lock_guard lock(output_mutex());
  partial_ = parent / partial_name(existed_ ? "results" : folder_.filename().string());
  fs::create_directory(partial_, error);
  if (error) fail(folder_, "results cannot be written here", error);
  unfinished().insert(partial_);
}

ResultFolder::~ResultFolder() {
  discard(partial_);
}

void ResultFolder::write(const std::string& name, std::string_view text) {
  check(kind_.owns(name), "result folder", [&] { return name + " is not in the list of results"; });
  const std::lock_guard lock(output_mutex());
  write_whole(partial_ / name, text);
  names_.push_back(name);
}

void ResultFolder::commit() {
  const std::lock_guard lock(output_mutex());
  if (existed_) {
    move_into_existing();
  } else {
    rename_to(partial_, folder_);  // fails when somebody else has filled a folder of this name meanwhile
  }
  unfinished().erase(partial_);
}

void ResultFolder::move_into_existing() {
  std::error_code error;
  const std::set<std::string> kept(names_.begin(), names_.end());
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_, error)) {
    const std::string name = entry.path().filename().string();
    const bool stale = kind_.owns(name) && kept.count(name) == 0;
    if (stale || name == names_.back()) fs::remove(entry.path(), error);
    if (error) fail(entry.path(), "cannot be replaced", error);
  }
  for (const std::string& name : names_) rename_to(partial_ / name, folder_ / name);
  fs::remove(partial_, error);
}

void write_file_atomically(const fs::path& path, std::string_view text) {
  const fs::path target = target_of(path);
  const std::lock_guard lock(output_mutex());
  if (is_device(target)) return write_whole(target, text);
  const fs::path partial = partial_path(target);
  unfinished().insert(partial);
  try {
    write_whole(partial, text);
    rename_to(partial, target);
  } catch (...) {
    discard(partial);
    throw;
  }
  unfinished().erase(partial);
}

StreamedFile::StreamedFile(const fs::path& path)
    : target_(target_of(path)), partial_(is_device(target_) ? target_ : partial_path(target_)), out_(&buffer_) {
  const std::lock_guard lock(output_mutex());
  buffer_.open(partial_);
  if (buffer_.error()) fail(path, "cannot be written", buffer_.error());
  if (partial_ != target_) unfinished().insert(partial_);
}

StreamedFile::~StreamedFile() {
  discard(partial_);
}

void StreamedFile::commit() {
  const std::lock_guard lock(output_mutex());
  buffer_.close();
  if (buffer_.error()) fail(target_, "cannot be written", buffer_.error());
  rename();
}

std::string StreamedFile::keep() {
  const std::lock_guard lock(output_mutex());
  buffer_.close();
  if (buffer_.usable()) rename();
  if (!buffer_.error()) return "";
  const char* const what = buffer_.usable() ? "its end is missing" : "cannot be written";
  return fmt::format("{}: {} ({})", target_.string(), what, buffer_.error().message());
}

void StreamedFile::rename() {
  if (partial_ == target_) return;
  rename_to(partial_, target_);
  unfinished().erase(partial_);
}

void abandon_output() {
  // Locked for good: a thread that is about to write or commit waits here until the process ends.
  output_mutex().lock();
  std::error_code ignored;
  for (const fs::path& path : unfinished()) fs::remove_all(path, ignored);
  unfinished().clear();
}

}  // namespace systole
