#include "explore/parts.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace systole {
namespace {

namespace fs = std::filesystem;

class Parts : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(PartFiles::folder_of(results_)); }
  void TearDown() override { fs::remove_all(results_); }

  static void write(const fs::path& file, const std::string& piece) {
    Tally tally;
    tally.points = 7;
    ExploreStore(file, "a space").put(piece, tally);
  }

  fs::path results_ = fs::path(testing::TempDir()) / ("parts" + std::to_string(::getpid()));
};

TEST_F(Parts, ATaskIsDoneWhenItsFileHasItsName) {
  const PartFiles files(results_, 12);
  EXPECT_TRUE(files.done().empty());
  write(files.unfinished(2), "rows 1");
  write(files.finished(12), "rows 2");
  std::ofstream(files.log(3)) << "a log";
  EXPECT_EQ(files.done(), std::set<int>{12});
  EXPECT_TRUE(PartFiles(results_ / "elsewhere", 12).done().empty());
}

TEST_F(Parts, WhatIsFinishedAndWhatIsNotIsTakenOver) {
  const PartFiles files(results_, 2);
  write(files.finished(1), "rows 1");
  write(files.unfinished(2), "rows 2");
  std::ofstream(files.log(2)) << "a log";
  ExploreStore store(results_ / "explore.sqlite", "a space");
  absorb_parts(results_, store);
  EXPECT_TRUE(store.find("rows 1"));
  EXPECT_TRUE(store.find("rows 2"));
  EXPECT_EQ(store.points(), 14);
}

}  // namespace
}  // namespace systole
