#include <gmock/gmock.h>

#include "test/cli/program_run.h"

namespace systole {
namespace {

using testing::HasSubstr;

const std::string kFloat = " --hw inference_16x16 --set simd_unit.number_format=float32";

class CheckOption : public ProgramTest {};

TEST_F(CheckOption, ComparesTheOutputsWithTheReference) {
  const Ended ended = systole("run lenet5 --check --random-weights 7" + kFloat);
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("check: classifier.2.out: 10 elements, largest difference "));
}

TEST_F(CheckOption, LeavesTheResultsAsTheyAre) {
  ASSERT_EQ(systole("run lenet5 --quiet --out with --check --random-weights 7" + kFloat).code, 0);
  ASSERT_EQ(systole("run lenet5 --quiet --out without" + kFloat).code, 0);
  EXPECT_EQ(text_of("with/summary.json"), text_of("without/summary.json"));
  EXPECT_EQ(text_of("with/layers.csv"), text_of("without/layers.csv"));
}

TEST_F(CheckOption, SaysWhatTheMachineNeeds) {
  const Ended ended = systole("run lenet5 --check --hw inference_16x16");
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr("add --set simd_unit.number_format=float32"));
}

TEST_F(CheckOption, SaysWhenItsCompanionsStandAlone) {
  const Ended ended = systole("run lenet5 --random-weights 7");
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr("add --check"));
}

TEST_F(CheckOption, NamesAMissingInputFile) {
  const Ended ended = systole("run lenet5 --check --inputs nowhere" + kFloat);
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, HasSubstr("nowhere/input_0.pb"));
}

}  // namespace
}  // namespace systole
