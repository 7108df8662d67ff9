#include <gmock/gmock.h>

#include <fstream>

#include "cli/slurm.h"
#include "program_run.h"

namespace systole {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

TEST(SlurmArray, IndicesAreWrittenAsRanges) {
  EXPECT_EQ(array_text({1}), "1");
  EXPECT_EQ(array_text({1, 2, 3, 7}), "1-3,7");
  EXPECT_EQ(array_text({2, 4, 5, 9, 10}), "2,4-5,9-10");
}

TEST(SlurmArray, ATaskThatHasEndedIsToldFromOneThatHasNot) {
  for (const char* state : {"COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL", "OUT_OF_MEMORY"}) {
    EXPECT_TRUE((SlurmTask{1, 1, state, ""}.ended())) << state;
  }
  for (const char* state : {"PENDING", "RUNNING", "COMPLETING", "CONFIGURING", "SUSPENDED", "REQUEUED"}) {
    EXPECT_FALSE((SlurmTask{1, 1, state, ""}.ended())) << state;
  }
}

constexpr const char* kSbatch = R"sh(
for word; do
  case "$word" in --array=*) array=${word#--array=} ;; --output=*) log=${word#--output=} ;; esac
done
echo "$array" >>arrays
for range in $(echo "$array" | tr , ' '); do
  for task in $(seq ${range%-*} ${range#*-}); do
    log_of_task=$(echo "$log" | sed "s/%a/$task/")
    echo "task $task begins" >"$log_of_task"
    if runs $task; then SLURM_ARRAY_TASK_ID=$task sh "$word" >>"$log_of_task" 2>&1; fi
  done
done
echo "sbatch: a remark" >&2
echo "17;some_cluster"
)sh";

/// The launcher with commands of our own in place of Slurm's, for what a real Slurm does only on bad days.
class SlurmLauncher : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    fs::create_directories(place / "bin");
    std::ofstream(place / "space.textproto") << R"(machine: "inference_16x16"
axis { field: "ports.ibuf" range { from: 32 to: 128 step: 32 } }
axis { field: "ports.parambuf" range { from: 32 to: 128 step: 32 } }
workload { network: "lenet5" }
search { method: local restarts: 6 }
)";
  }

  void command(const std::string& name, const std::string& script) const {
    const fs::path file = place / "bin" / name;
    std::ofstream(file) << "#!/bin/sh\n" << script;
    fs::permissions(file, fs::perms::owner_all);
  }

  /// An sbatch that runs tasks at once, those that `runs` (a shell's condition on $1) holds for.
  void sbatch_that_runs(const std::string& runs) const {
    command("runs", runs);
    command("sbatch", kSbatch);
  }

  [[nodiscard]] Ended on_slurm(const std::string& options = "") const {
    return systole("explore ./space.textproto --launcher slurm --tasks 3 --out cluster " + options,
                   "PATH=" + (place / "bin").string() + ":/usr/bin:/bin");
  }
  [[nodiscard]] std::string local_summary() const { return systole("explore ./space.textproto --json").out; }
};

TEST_F(SlurmLauncher, SaysWhichCommandIsMissing) {
  const std::string only_ours = "PATH=" + (place / "bin").string();
  const std::string search = "explore ./space.textproto --launcher slurm --out cluster";
  const Ended none = systole(search, only_ours);
  EXPECT_EQ(none.code, 2);
  EXPECT_THAT(none.err, HasSubstr("sbatch: there is no such program on PATH"));
  EXPECT_THAT(none.err, HasSubstr("use --launcher local"));
  command("sbatch", "exit 1\n");
  EXPECT_THAT(systole(search, only_ours).err, HasSubstr("squeue: there is no such program on PATH"));
}

TEST_F(SlurmLauncher, MergesWhatItsTasksFind) {
  sbatch_that_runs("true");
  command("squeue", "echo 'slurm_load_jobs: a remark'; echo '9|1|RUNNING|None|somebody else'\n");
  const Ended ended = on_slurm("--json");
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(ended.out, local_summary());
  EXPECT_EQ(text_of("cluster/summary.json"), ended.out);
  EXPECT_EQ(text_of("arrays"), "1-3\n");
  EXPECT_FALSE(fs::exists(place / "cluster/parts"));
}

TEST_F(SlurmLauncher, OnlyTasksThatFailAreSubmittedAgain) {
  sbatch_that_runs(R"sh([ "$1" != 2 ] || [ "$(wc -l <arrays)" -gt 2 ])sh");
  command("squeue", "");
  const Ended ended = on_slurm();
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(text_of("arrays"), "1-3\n2\n2\n");
  EXPECT_EQ(text_of("cluster/summary.json"), local_summary());
}

TEST_F(SlurmLauncher, GivesUpOnATaskThatAlwaysFailsAndKeepsTheOthers) {
  sbatch_that_runs(R"([ "$1" != 2 ])");
  command("squeue", "");
  const Ended ended = on_slurm("--retries 1");
  EXPECT_EQ(ended.code, 2);
  EXPECT_EQ(text_of("arrays"), "1-3\n2\n");
  EXPECT_THAT(ended.err, HasSubstr("1 of 3 tasks have failed 2 times: 2"));
  EXPECT_THAT(ended.err, HasSubstr("cluster/parts/2_of_3.log ends with:\n    task 2 begins"));
  sbatch_that_runs("true");
  EXPECT_EQ(on_slurm("--quiet").code, 0);
  EXPECT_EQ(text_of("cluster/summary.json"), local_summary());
}

TEST_F(SlurmLauncher, AQueueThatRejectsLeavesWhatIsThereToALocalRun) {
  ASSERT_EQ(systole("explore ./space.textproto --task 1/2 --out cluster").code, 0);
  command("sbatch", "echo 'sbatch: error: Job violates accounting/QOS policy' >&2; exit 1\n");
  command("squeue", "");
  const Ended ended = on_slurm();
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, HasSubstr("Job violates accounting/QOS policy"));
  EXPECT_THAT(ended.err, HasSubstr("kept in cluster"));
  ASSERT_EQ(systole("explore ./space.textproto --quiet --out cluster").code, 0);
  EXPECT_EQ(text_of("cluster/summary.json"), local_summary());
}

TEST_F(SlurmLauncher, AQueueThatDoesNotAnswerForAMomentIsAskedAgain) {
  sbatch_that_runs("true");
  command("squeue", R"sh(echo x >>asked; [ "$(wc -l <asked)" != 2 ] || exit 1)sh");
  const Ended ended = on_slurm();
  EXPECT_EQ(ended.code, 0) << ended.err;
  command("squeue", "echo 'Unable to contact slurm controller'; exit 1\n");
  const Ended silent = on_slurm();
  EXPECT_EQ(silent.code, 2);
  EXPECT_THAT(silent.err, HasSubstr("Unable to contact slurm controller"));
}

TEST_F(SlurmLauncher, TellsOptionsThatContradictOneAnother) {
  EXPECT_THAT(systole("explore ./space.textproto --launcher slurn").err, HasSubstr("no launcher 'slurn'"));
  EXPECT_THAT(systole("explore ./space.textproto --launcher slurm").err, HasSubstr("need --out"));
  EXPECT_THAT(systole("explore ./space.textproto --tasks 3").err, HasSubstr("are for --launcher slurm"));
  EXPECT_THAT(systole("explore ./space.textproto --launcher slurm --out a --tasks 0").err, HasSubstr("above 0"));
  for (const char* share : {"0/3", "4/3", "2", "2/3x"}) {
    const Ended ended = systole(std::string("explore ./space.textproto --out a --task ") + share);
    EXPECT_EQ(ended.code, 1);
    EXPECT_THAT(ended.err, HasSubstr("K from 1 to N")) << share;
  }
}

}  // namespace
}  // namespace systole
