#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "program_run.h"
#include "wave_reader.h"

namespace systole {
namespace {

using testing::HasSubstr;

/// A limit on the size of files is a disk that is full for one of them: writing fails in the same way.
class FullDisk : public ProgramTest {
 protected:
  const std::string run_ = "run squeezenet --hw inference_16x16 --json --out out ";
  const std::string limit_ = "ulimit -f 2000;";  // blocks of 512 or 1024 bytes

  /// The run is whole, and what it lacks is told.
  void expect_a_whole_run(const Ended& run, const std::string& loss) const {
    EXPECT_EQ(run.code, 2);
    EXPECT_THAT(run.err, HasSubstr(loss));
    EXPECT_GT(nlohmann::json::parse(text_of("out/summary.json"))["cycles"], 1'000'000);
    EXPECT_EQ(run.out, text_of("out/summary.json"));
  }
};

TEST_F(FullDisk, AWaveformEndsAtAWholeTimeStepAndTheRunGoesOn) {
  const Ended cut = systole(run_ + "--vcd cut.vcd", limit_);
  expect_a_whole_run(cut, "cut.vcd: its end is missing (File too large)");
  ASSERT_EQ(systole(run_ + "--force --vcd whole.vcd").code, 0);
  const std::string text = text_of("cut.vcd");
  EXPECT_EQ(text_of("whole.vcd").rfind(text, 0), 0);
  EXPECT_EQ(text_of("whole.vcd")[text.size()], '#');
  EXPECT_THAT(cut.err, HasSubstr("ends at cycle " + std::to_string(Wave(text).last())));
}

TEST_F(FullDisk, ATimelineIsClosedProperly) {
  const Ended run = systole(run_ + "--timeline run.json", limit_);
  expect_a_whole_run(run, "run.json: its end is missing (File too large)");
  const nlohmann::json trace = nlohmann::json::parse(text_of("run.json"));
  EXPECT_GT(trace["traceEvents"].size(), 1000);
}

TEST_F(FullDisk, AnFstFileIsClosedWhileThereIsRoom) {
  if (std::system("command -v fst2vcd >/dev/null") != 0) GTEST_SKIP() << "fst2vcd is missing (package: gtkwave)";
  const Ended run = systole(run_ + "--fst run.fst", "ulimit -f 12000;");
  if (run.err.find("cannot write FST") != std::string::npos) GTEST_SKIP() << run.err;
  expect_a_whole_run(run, "run.fst: its end is missing (the disk is full); the waveform ends at cycle ");
  const std::string convert = "fst2vcd " + (place / "run.fst").string() + " -o " + (place / "back.vcd").string();
  ASSERT_EQ(std::system((convert + " >/dev/null 2>&1").c_str()), 0);
  EXPECT_THAT(run.err, HasSubstr("ends at cycle " + std::to_string(Wave(text_of("back.vcd")).last())));
}

TEST_F(FullDisk, WhatCannotBeCutIsToldToo) {
  expect_a_whole_run(systole(run_ + "--vcd /dev/full"), "/dev/full: cannot be written (No space left on device)");
}

}  // namespace
}  // namespace systole
