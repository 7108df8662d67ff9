#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

namespace systole {

/// How a run of the program ended.
struct Ended {
  int code = 0;     ///< exit code; 128 + signal when a signal ended it
  std::string out;  ///< standard output
  std::string err;  ///< standard error
};

/// End-to-end tests: the program itself, run through a shell in a folder of its own.
class ProgramTest : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  /// Runs `systole COMMAND_LINE` (a shell's words); `before` is put in front of it (`ulimit -f 1;`).
  [[nodiscard]] Ended systole(const std::string& command_line, const std::string& before = "") const;

  /// The text of a file in the test's folder.
  [[nodiscard]] std::string text_of(const std::string& name) const;

  std::filesystem::path place;  ///< the test's folder, and the program's working folder
};

}  // namespace systole
