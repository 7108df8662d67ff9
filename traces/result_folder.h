#pragma once

#include <filesystem>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "traces/record_buffer.h"

namespace systole {

/// What a command writes into a folder: the option that names it, and which names are its own; only those are ever
/// replaced.
struct FolderKind {
  const char* option;
  bool (*owns)(std::string_view name);
};

/// Is this a name of what `run`, `analyze` and `validate` write?
bool is_result_file(std::string_view name);
inline constexpr FolderKind kResultFolder{"--out", is_result_file};

/// The folder of a run's results (`--out DIR`), all or nothing: files are first written to a folder of their own beside
/// it (or inside, when DIR exists already) and get their final names only in commit(). Without a commit nothing is left
/// behind.
class ResultFolder {
 public:
  /// Checks early, before a long run, that results can be written. Throws UserError when DIR is not a folder, or is not
  /// empty and `force` is false; EnvironmentError when it cannot be written.
  ResultFolder(std::filesystem::path folder, bool force, const FolderKind& kind = kResultFolder);
  ~ResultFolder();
  ResultFolder(const ResultFolder&) = delete;
  ResultFolder& operator=(const ResultFolder&) = delete;

  /// Where files are until commit().
  [[nodiscard]] const std::filesystem::path& place() const { return partial_; }

  /// Writes one file of the results; `name` has no folder. Throws EnvironmentError (disk full, no rights).
  void write(const std::string& name, std::string_view text);

  /// Gives everything its final name; the file written last gets its name last. Results of an earlier run that this run
  /// does not have are removed, so that the folder never mixes two runs; files that are no results are left alone.
  void commit();

 private:
  void move_into_existing();

  FolderKind kind_;
  std::filesystem::path folder_;
  std::filesystem::path partial_;
  bool existed_ = false;  ///< DIR was there before
  std::vector<std::string> names_;
};

/// Writes one file whole or not at all: under another name first, then renamed. A device or a pipe is written directly.
/// Throws EnvironmentError.
void write_file_atomically(const std::filesystem::path& path, std::string_view text);

/// A file that grows while a run goes on (a waveform, a command trace): it has another name until commit() or keep(),
/// and is removed without one. A device or a pipe is written directly.
class StreamedFile {
 public:
  /// Throws UserError when the path is a folder, EnvironmentError when it cannot be written.
  explicit StreamedFile(const std::filesystem::path& path);
  ~StreamedFile();
  StreamedFile(const StreamedFile&) = delete;

  /// Its state tells whether everything so far could be written. A flush ends a record: see RecordBuffer.
  [[nodiscard]] std::ostream& stream() { return out_; }
  /// For those who write the file themselves and close it before commit() or keep().
  [[nodiscard]] const std::filesystem::path& path() const { return partial_; }

  /// Gives the file its name. Throws EnvironmentError when not everything could be written.
  void commit();

  /// Gives the file its name when it has at least some whole records. Returns why it lacks others, or is not there:
  /// `run.vcd: its end is missing (No space left on device)`; empty when nothing is lost.
  [[nodiscard]] std::string keep();

 private:
  void rename();

  std::filesystem::path target_;
  std::filesystem::path partial_;  ///< the target itself when that is a device
  RecordBuffer buffer_;
  std::ostream out_;
};

/// Removes everything that was begun and not committed, and lets nobody write or commit any more: the calling thread is
/// about to end the process (Ctrl-C). Safe in any thread.
void abandon_output();

}  // namespace systole
