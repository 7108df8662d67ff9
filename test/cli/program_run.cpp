#include "test/cli/program_run.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "base/files.h"

namespace systole {

void ProgramTest::SetUp() {
  place = std::filesystem::path(testing::TempDir()) / ("systole_cli_" + std::to_string(::getpid()));
  std::filesystem::remove_all(place);
  std::filesystem::create_directories(place);
}

void ProgramTest::TearDown() {
  std::filesystem::remove_all(place);
}

Ended ProgramTest::systole(const std::string& command_line, const std::string& before) const {
  const std::string out = place.string() + ".out";
  const std::string err = place.string() + ".err";
  const std::string command =
      "cd " + place.string() + "; { " + before + " " SYSTOLE_PROGRAM " " + command_line + "; } >" + out + " 2>" + err;
  const int status = std::system(command.c_str());
  Ended ended{WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), read_file(out), read_file(err)};
  std::filesystem::remove(out);
  std::filesystem::remove(err);
  return ended;
}

std::string ProgramTest::text_of(const std::string& name) const {
  return read_file((place / name).string());
}

}  // namespace systole
