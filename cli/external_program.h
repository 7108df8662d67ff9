#pragma once

#include <string>
#include <vector>

namespace systole {

/// The file of a program on PATH; empty when there is none.
std::string find_program(const std::string& name);

/// How a child process ended, and what it said.
struct ChildEnded {
  int code = 0;        ///< exit code; 128 + signal when a signal ended it
  std::string output;  ///< standard output and standard error together
};

/// Runs a program (no shell) and waits for its end; its words go to the file `log` meanwhile. Throws EnvironmentError
/// when it cannot be started.
ChildEnded run_program(const std::vector<std::string>& arguments, const std::string& log);

/// The last five lines of what a program said, with `indent` before each but the first.
std::string last_lines(const std::string& text, const std::string& indent);

}  // namespace systole
