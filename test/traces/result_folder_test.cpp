#include "traces/result_folder.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <set>

#include "base/errors.h"
#include "base/files.h"

namespace systole {
namespace {

namespace fs = std::filesystem;

class ResultFolderTest : public testing::Test {
 protected:
  void SetUp() override {
    fs::remove_all(place);
    fs::create_directories(place);
  }
  void TearDown() override { fs::remove_all(place); }

  [[nodiscard]] std::set<std::string> entries(const fs::path& folder) const {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder)) names.insert(entry.path().filename());
    return names;
  }
  void run(const std::string& text, bool force = false) {
    ResultFolder folder(place / "out", force);
    folder.write("summary.json", text);
    folder.write("run.json", "{}");
    folder.commit();
  }

  const fs::path place = fs::path(testing::TempDir()) / ("result_folder_" + std::to_string(::getpid()));
  const fs::path out = place / "out";
};

TEST_F(ResultFolderTest, FilesGetTheirNamesInCommit) {
  ResultFolder folder(out, false);
  folder.write("summary.json", "{}");
  EXPECT_FALSE(fs::exists(out));
  folder.commit();
  EXPECT_EQ(read_file(out / "summary.json"), "{}");
  EXPECT_EQ(entries(place), std::set<std::string>{"out"});
}

TEST_F(ResultFolderTest, NothingIsLeftWithoutCommit) {
  { ResultFolder(out, false).write("summary.json", "{}"); }
  EXPECT_TRUE(fs::is_empty(place));
}

TEST_F(ResultFolderTest, ASecondRunIsRefusedWithoutForce) {
  run("first");
  EXPECT_THROW(ResultFolder(out, false), UserError);
  EXPECT_EQ(read_file(out / "summary.json"), "first");
}

TEST_F(ResultFolderTest, ForceReplacesResultsAndLeavesOtherFilesAlone) {
  run("first");
  std::ofstream(out / "layers.csv") << "of the first run";
  std::ofstream(out / "notes.txt") << "mine";
  run("second", true);
  EXPECT_EQ(read_file(out / "summary.json"), "second");
  EXPECT_EQ(entries(out), (std::set<std::string>{"summary.json", "run.json", "notes.txt"}));
}

TEST_F(ResultFolderTest, AFailedRunWithForceLeavesTheOldResults) {
  run("first");
  { ResultFolder(out, true).write("summary.json", "half"); }
  EXPECT_EQ(read_file(out / "summary.json"), "first");
  EXPECT_EQ(entries(out), (std::set<std::string>{"summary.json", "run.json"}));
}

TEST_F(ResultFolderTest, AnEmptyFolderIsFilled) {
  fs::create_directory(out);
  run("first");
  EXPECT_EQ(entries(out), (std::set<std::string>{"summary.json", "run.json"}));
}

TEST_F(ResultFolderTest, ASlashAtTheEndChangesNothing) {
  ResultFolder folder(out / "", false);
  folder.write("summary.json", "{}");
  folder.commit();
  EXPECT_EQ(entries(place), std::set<std::string>{"out"});
}

TEST_F(ResultFolderTest, AFileOfThatNameIsTheUsersMistake) {
  std::ofstream(out) << "a file";
  EXPECT_THROW(ResultFolder(out, true), UserError);
}

TEST_F(ResultFolderTest, AFolderThatCannotBeMadeIsTheEnvironmentsFault) {
  EXPECT_THROW(ResultFolder("/proc/systole", false), EnvironmentError);
  EXPECT_THROW(ResultFolder("/dev/null/out", false), EnvironmentError);
}

TEST_F(ResultFolderTest, AFullDiskIsTheEnvironmentsFaultAndLeavesNothing) {
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{1000, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  {
    ResultFolder folder(out, false);
    folder.write("summary.json", std::string(900, 'x'));
    EXPECT_THROW(folder.write("report.html", std::string(5000, 'x')), EnvironmentError);
  }
  EXPECT_THROW(write_file_atomically(place / "program", std::string(5000, 'x')), EnvironmentError);
  setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_TRUE(fs::is_empty(place));
}

TEST_F(ResultFolderTest, AFileIsReplacedThroughItsLinkAndADeviceIsWrittenDirectly) {
  std::ofstream(place / "real") << "old";
  fs::create_symlink(place / "real", place / "link");
  write_file_atomically(place / "link", "new");
  EXPECT_TRUE(fs::is_symlink(place / "link"));
  EXPECT_EQ(read_file(place / "real"), "new");
  write_file_atomically("/dev/null", "new");
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
  EXPECT_THROW(write_file_atomically("/dev/full", "new"), EnvironmentError);
}

}  // namespace
}  // namespace systole
