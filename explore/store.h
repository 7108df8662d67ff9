#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "explore/tally.h"

struct sqlite3;

namespace systole {

/// What a search has found so far, in one SQLite file: a row for each piece of work and each simulation that is done,
/// written when it is. A search that was killed goes on where it stopped: nothing is lost, nothing done twice. Each row
/// has a digest of its text, so that a damaged one is no result. Safe to use from several threads.
class ExploreStore {
 public:
  /// Opens or makes the file. `space` identifies the work: throws UserError when the file belongs to another space,
  /// EnvironmentError when it cannot be written or is no such file.
  ExploreStore(const std::filesystem::path& file, const std::string& space);
  ExploreStore(const ExploreStore&) = delete;

  /// The tally of a piece of work; nothing when it is not done.
  [[nodiscard]] std::optional<Tally> find(const std::string& piece);
  /// In one transaction: whoever kills the process finds all of it or nothing. Throws EnvironmentError (disk full).
  void put(const std::string& piece, const Tally& tally);

  /// What a machine came to at cycle level, as text; nothing when it has not been simulated.
  [[nodiscard]] std::optional<std::string> find_finalist(const std::string& name);
  void put_finalist(const std::string& name, const std::string& result);

  /// Points that have a cost, in all pieces.
  [[nodiscard]] double points();

  /// Takes every piece of another file that is not here yet, all of them or none. Throws UserError when the file is of
  /// another space, EnvironmentError when it cannot be read.
  void absorb(const std::filesystem::path& file);

  /// Writes the file anew, so that its bytes depend on its contents alone, and closes it: the last call. Throws
  /// EnvironmentError.
  void finish();

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };

  void execute(const char* sql);
  std::optional<std::string> find_row(const char* select, const std::string& name);
  void put_row(const char* insert, const std::string& name, const std::string& text);
  void check_same_space(const std::string& known, const std::string& digest, const std::string& file) const;
  [[noreturn]] void fail(const std::string& what) const;

  std::mutex mutex_;
  std::string file_;
  std::string space_;
  std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace systole
