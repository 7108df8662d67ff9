#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "test/cli/program_run.h"

namespace systole {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

class Interrupt : public ProgramTest, public testing::WithParamInterface<int> {};

/// A run that takes long, interrupted in the middle of its simulation.
TEST_P(Interrupt, EndsTheRunWithinASecondAndLeavesNothing) {
  const std::string out = (place / "results").string();
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const int nowhere = ::open("/dev/null", O_WRONLY);
    ::dup2(nowhere, STDOUT_FILENO);
    ::dup2(nowhere, STDERR_FILENO);
    ::execl(SYSTOLE_PROGRAM, "systole", "run", "vgg16", "--batch", "64", "--hw", "inference_16x16", "--out",
            out.c_str(), nullptr);
    ::_exit(99);
  }
  const auto begun = [&] { return !std::filesystem::is_empty(place); };
  for (int tries = 0; tries < 500 && !begun(); ++tries) std::this_thread::sleep_for(20ms);
  ASSERT_TRUE(begun());
  std::this_thread::sleep_for(1s);

  const auto start = Clock::now();
  ASSERT_EQ(::kill(child, GetParam()), 0);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_LT(Clock::now() - start, 1s);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 128 + GetParam());
  EXPECT_TRUE(std::filesystem::is_empty(place));
}

INSTANTIATE_TEST_SUITE_P(Signals, Interrupt, testing::Values(SIGINT, SIGTERM));

}  // namespace
}  // namespace systole
