#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <fstream>
#include <functional>
#include <future>
#include <memory>
#include <thread>

#include "program_run.h"
#include "test/cli/slurm_cluster.h"

namespace systole {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// A front of energy and cycles: 24 pieces of work, some tenths of a second each.
constexpr const char* kSpace = R"(machine: "inference_64x64"
objective: energy
objective: cycles
axis { field: "buffers.wbuf_bits" range { from: 1048576 to: 8388608 step: 1048576 } }
axis { field: "ports.parambuf" range { from: 64 to: 1024 step: 64 } }
axis { field: "ports.ibuf" range { from: 64 to: 1024 step: 64 } }
budget { name: "bandwidth" term { field: "ports.parambuf" } term { field: "ports.ibuf" } at_most: 1024 }
workload { network: "resnet18" }
search { method: local restarts: 16 }
)";

/// Searches on a real Slurm, which is started for the test.
class SlurmSweep : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    const std::string missing = SlurmCluster::missing_program();
    if (!missing.empty()) GTEST_SKIP() << "Slurm is not installed: there is no " << missing;
    cluster_ = std::make_unique<SlurmCluster>(place / "slurm");
    std::ofstream(place / "space.textproto") << kSpace;
  }
  void TearDown() override {
    cluster_.reset();
    ProgramTest::TearDown();
  }

  [[nodiscard]] static bool wait_for(const std::function<bool()>& condition) {
    for (int hundredths = 0; hundredths < 12000; ++hundredths) {
      if (condition()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }

  /// Has the task written results (two pieces of work or more), and is it not done?
  [[nodiscard]] bool in_the_middle(int task, int tasks) const {
    std::error_code none;
    const std::string name = std::to_string(task) + "_of_" + std::to_string(tasks) + ".partial.sqlite";
    const fs::path file = place / "cluster/parts" / name;
    const auto size = fs::file_size(file, none);
    return !none && size > 32768;
  }

  /// The process of a task or of the launcher: one whose command line has the words and this test's folder.
  [[nodiscard]] pid_t process(const std::string& words) const {
    for (const fs::directory_entry& entry : fs::directory_iterator("/proc")) {
      std::ifstream file(entry.path() / "cmdline");
      std::string line((std::istreambuf_iterator<char>(file)), {});
      std::replace(line.begin(), line.end(), '\0', ' ');
      std::error_code gone;
      const bool ours = fs::read_symlink(entry.path() / "cwd", gone) == place;
      if (ours && line.rfind(SYSTOLE_PROGRAM, 0) == 0 && line.find(words) != std::string::npos) {
        return std::stoi(entry.path().filename());
      }
    }
    return 0;
  }

  void expect_same_results() const {
    for (const char* file : {"summary.json", "explore.sqlite"}) {
      EXPECT_EQ(text_of(std::string("cluster/") + file), text_of(std::string("local/") + file)) << file;
    }
    EXPECT_FALSE(fs::exists(place / "cluster/parts"));
  }

  const std::string on_slurm_ = "explore ./space.textproto --launcher slurm --tasks 3 --out cluster";
  std::unique_ptr<SlurmCluster> cluster_;
};

/// One task is cancelled, another one killed, both with half of their results: they are submitted again, and nobody can
/// tell from the results.
TEST_F(SlurmSweep, TasksThatAreKilledAreRetriedAndTheResultsAreThoseOfALocalRun) {
  ASSERT_EQ(systole("explore ./space.textproto --quiet --out local").code, 0);
  std::future<Ended> launcher = std::async(std::launch::async, [&] { return systole(on_slurm_); });
  ASSERT_TRUE(wait_for([&] { return in_the_middle(1, 3) && in_the_middle(2, 3); }));
  const pid_t second = process("--task 2/3");
  ASSERT_GT(second, 0);
  ASSERT_EQ(::kill(second, SIGKILL), 0);
  ASSERT_EQ(std::system("scancel $(squeue --me --noheader --array --states=running --format=%i | grep _1)"), 0);
  const Ended ended = launcher.get();
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("task 1 of 3 has ended as CANCELLED without its results; it is submitted again"));
  EXPECT_THAT(ended.err, HasSubstr("task 2 of 3 has ended as FAILED without its results; it is submitted again"));
  expect_same_results();
}

/// Energy by the published model, searched exhaustively; the command itself simulates the finalists.
TEST_F(SlurmSweep, AnExhaustiveSearchForEnergyWithFinalistsIsThatOfALocalRun) {
  std::ofstream(place / "space.textproto") << R"(machine: "inference_16x16"
objective: energy
model: simdit
axis { field: "buffers.wbuf_bits" range { from: 65536 to: 1048576 step: 65536 } }
axis { field: "buffers.ibuf_bits" range { from: 65536 to: 1048576 step: 65536 } }
axis { field: "buffers.vmem_bits" range { from: 32768 to: 262144 step: 32768 } }
axis { field: "ports.ibuf" range { from: 64 to: 512 step: 64 } }
axis { field: "ports.simd" range { from: 64 to: 512 step: 64 } }
workload { network: "lenet5" fusion: false }
finalists { count: 2 memory: "hbm2" }
)";
  ASSERT_EQ(systole("explore ./space.textproto --quiet --out local").code, 0);
  const Ended ended = systole(on_slurm_);
  EXPECT_EQ(ended.code, 0) << ended.err;
  expect_same_results();
  EXPECT_THAT(text_of("cluster/summary.json"), HasSubstr("\"finalists\""));
}

/// kill -9 of the command itself: its tasks go on, and the same command finds them.
TEST_F(SlurmSweep, ACommandThatIsKilledLeavesItsTasksToTheNext) {
  const std::string search = "explore ./space.textproto --launcher slurm --out cluster";
  ASSERT_EQ(systole("explore ./space.textproto --quiet --out local").code, 0);
  std::future<Ended> launcher = std::async(std::launch::async, [&] { return systole(search + " --tasks 6"); });
  ASSERT_TRUE(wait_for([&] { return in_the_middle(1, 6); }));
  const pid_t command = process("--launcher slurm");
  ASSERT_GT(command, 0);
  ASSERT_EQ(::kill(command, SIGKILL), 0);
  EXPECT_EQ(launcher.get().code, 128 + SIGKILL);
  const Ended ended = systole(search + " --tasks 2");
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("of an earlier call goes on, with 6 tasks"));
  EXPECT_THAT(ended.err, testing::Not(HasSubstr("submitted again")));
  expect_same_results();
}

/// The folder where Slurm starts the tasks has no space.textproto.
TEST_F(SlurmSweep, ATaskThatFailsEveryTimeIsNamedWithItsLog) {
  const Ended ended = systole(on_slurm_ + " --retries 1 --sbatch=--chdir=/");
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, HasSubstr("3 of 3 tasks have failed 2 times: 1-3"));
  EXPECT_THAT(ended.err, HasSubstr("its log cluster/parts/1_of_3.log ends with"));
  EXPECT_THAT(ended.err, HasSubstr("space.textproto"));
}

TEST_F(SlurmSweep, AQueueThatRejectsHasTheLastWord) {
  const Ended ended = systole(on_slurm_ + " --sbatch=--partition=nowhere");
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, HasSubstr("sbatch did not take the job"));
  EXPECT_THAT(ended.err, HasSubstr("invalid partition specified: nowhere"));
  EXPECT_THAT(ended.err, HasSubstr("results so far are kept in cluster"));
}

}  // namespace
}  // namespace systole
