#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "test/cli/program_run.h"

namespace systole {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

class Interrupt : public ProgramTest, public testing::WithParamInterface<int> {
 protected:
  /// Starts the program, sends it the signal a second after it has begun to write into the test's folder, and expects
  /// that it ends within a second and leaves there what was there before.
  void interrupted(std::vector<std::string> arguments) const {
    const std::size_t before = files();
    arguments.insert(arguments.begin(), "systole");
    std::vector<char*> words;
    for (std::string& argument : arguments) words.push_back(argument.data());
    words.push_back(nullptr);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      const int nowhere = ::open("/dev/null", O_WRONLY);
      ::dup2(nowhere, STDOUT_FILENO);
      ::dup2(nowhere, STDERR_FILENO);
      ::execv(SYSTOLE_PROGRAM, words.data());
      ::_exit(99);
    }
    for (int tries = 0; tries < 500 && files() == before; ++tries) std::this_thread::sleep_for(20ms);
    EXPECT_GT(files(), before);
    std::this_thread::sleep_for(1s);

    const auto start = Clock::now();
    ASSERT_EQ(::kill(child, GetParam()), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_LT(Clock::now() - start, 1s);
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 128 + GetParam());
    EXPECT_EQ(files(), before);
  }

  [[nodiscard]] std::size_t files() const {
    namespace fs = std::filesystem;
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(place), fs::directory_iterator()));
  }
};

/// A run that takes long, interrupted in the middle of its simulation.
TEST_P(Interrupt, EndsTheRunWithinASecondAndLeavesNothing) {
  interrupted({"run", "vgg16", "--batch", "64", "--hw", "inference_16x16", "--out", (place / "results").string()});
}

TEST_P(Interrupt, LeavesNoCommandsOfTheDramAlone) {
  const std::string trace = (place / "long.trace").string();
  std::ofstream requests(trace);
  for (std::uint64_t i = 0; i < 3'000'000; ++i) {
    requests << "0x" << std::hex << i * 2654435761 % (1 << 26) * 64 << std::dec << " READ " << i << '\n';
  }
  requests.close();
  interrupted({"dram", trace, "--commands", (place / "commands.csv").string()});
}

INSTANTIATE_TEST_SUITE_P(Signals, Interrupt, testing::Values(SIGINT, SIGTERM));

}  // namespace
}  // namespace systole
