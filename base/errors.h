#pragma once

#include <stdexcept>
#include <string>
#include <vector>

/// One door for each kind of error:
///   the user's mistake      -> Diagnostic, collected in a Diagnostics, thrown together as UserError; exit 1
///   the environment         -> EnvironmentError (cannot read, cannot write, disk full); exit 2
///   a bug of ours           -> check() -> InternalError, on in release builds too; exit 3
namespace systole {

/// What is wrong with the user's input: where, why, and what to do.
struct Diagnostic {
  std::string file;     ///< empty when the fault is in no file (a command-line option)
  int line = 0;         ///< 1-based; 0: the file has no lines, or the whole file
  int column = 0;       ///< 1-based; 0: unknown
  std::string message;  ///< the cause, one sentence without a full stop
  std::string hint;     ///< what to do about it; may be empty

  /// `file:line:column: error: message` and, when there is a hint, a second line `  hint: ...`.
  [[nodiscard]] std::string to_string() const;
};

/// All faults of one input, so that the user sees them together.
class Diagnostics {
 public:
  void add(Diagnostic diagnostic);
  [[nodiscard]] bool empty() const { return items_.empty(); }
  [[nodiscard]] const std::vector<Diagnostic>& items() const { return items_; }
  /// Throws UserError with everything collected so far; does nothing when empty.
  void throw_if_any() const;

 private:
  std::vector<Diagnostic> items_;
};

class UserError : public std::runtime_error {
 public:
  explicit UserError(std::vector<Diagnostic> diagnostics);
  explicit UserError(Diagnostic diagnostic) : UserError(std::vector<Diagnostic>{std::move(diagnostic)}) {}
  [[nodiscard]] const std::vector<Diagnostic>& diagnostics() const { return diagnostics_; }

 private:
  std::vector<Diagnostic> diagnostics_;
};

/// The environment failed us: `path: what happened (system's reason)`.
class EnvironmentError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A bug of ours: the text names the module, the cycle where there is one, and the values.
class InternalError : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

[[noreturn]] void fail_check(const char* module, const std::string& what);

/// A condition that only a bug of ours can break; stays on in release builds.
/// `what` is a callable that makes the text, so that a check that holds costs a branch.
template <typename What>
inline void check(bool holds, const char* module, What&& what) {
  if (!holds) fail_check(module, what());
}
inline void check(bool holds, const char* module, const char* what) {
  if (!holds) fail_check(module, what);
}

/// The candidate closest to `word` by edit distance, or empty when none is near: for "did you mean ...?".
std::string nearest(const std::string& word, const std::vector<std::string>& candidates);

}  // namespace systole
