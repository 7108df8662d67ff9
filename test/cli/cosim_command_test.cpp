#include <gmock/gmock.h>

#include <fstream>

#include "base/files.h"
#include "test/cli/program_run.h"

namespace systole {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

constexpr const char* kTiny =
    "--hw " SYSTOLE_SOURCE_DIR "/test/values/data/tiny_4x4.textproto --set simd_unit.number_format=fixed32";

class CosimCommand : public ProgramTest {
 protected:
  [[nodiscard]] Ended cosim(const std::string& options, const std::string& before = "") const {
    return systole(std::string("cosim lenet5 ") + kTiny + " " + options, before);
  }
};

TEST_F(CosimCommand, ExportsTheSameFilesEveryTime) {
  const Ended first = cosim("--export a");
  ASSERT_EQ(first.code, 0) << first.err;
  ASSERT_EQ(cosim("--export b").code, 0);
  int files = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(place / "a")) {
    const std::string name = entry.path().filename().string();
    EXPECT_EQ(text_of("a/" + name), text_of("b/" + name)) << name;
    ++files;
  }
  EXPECT_GT(files, 30);
  EXPECT_THAT(text_of("a/index.csv"), HasSubstr("0,systolic_array,0,conv0,0,"));
  EXPECT_THAT(first.out, HasSubstr("systolic_array: "));
}

TEST_F(CosimCommand, AnotherSeedGivesOtherValuesAndTheSameCycles) {
  ASSERT_EQ(cosim("--export a --seed 1").code, 0);
  ASSERT_EQ(cosim("--export b --seed 2").code, 0);
  EXPECT_NE(text_of("a/tile0000_ibuf.hex"), text_of("b/tile0000_ibuf.hex"));
  EXPECT_EQ(text_of("a/index.csv"), text_of("b/index.csv"));
}

TEST_F(CosimCommand, TakesSeveralTilesOfAKindWhenAsked) {
  ASSERT_EQ(cosim("--export one").code, 0);
  ASSERT_EQ(cosim("--export two --tiles 2").code, 0);
  EXPECT_GT(text_of("two/index.csv").size(), text_of("one/index.csv").size());
}

TEST_F(CosimCommand, AnExportedProgramHasTheVectorsOfItsNetwork) {
  ASSERT_EQ(systole(std::string("compile lenet5 -o program ") + kTiny).code, 0);
  ASSERT_EQ(cosim("--export network").code, 0);
  const Ended ended = systole(std::string("cosim program --export program.vectors ") + kTiny);
  ASSERT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(text_of("network/tile0000_results.hex"), text_of("program.vectors/tile0000_results.hex"));
}

TEST_F(CosimCommand, ReplacesOnlyItsOwnFilesAndOnlyWhenForced) {
  ASSERT_EQ(cosim("--export a").code, 0);
  std::ofstream(place / "a/notes.txt") << "mine";
  std::ofstream(place / "a/tile9999.hex") << "stale";
  const Ended refused = cosim("--export a");
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("the folder of --export is not empty"));
  ASSERT_EQ(cosim("--export a --layers conv0 --force").code, 0);
  EXPECT_TRUE(fs::exists(place / "a/notes.txt"));
  EXPECT_FALSE(fs::exists(place / "a/tile9999.hex"));
}

TEST_F(CosimCommand, WithoutASimulatorOnlyTheExportWorksAndAPackageIsNamed) {
  for (const char* const simulator : {"verilator", "icarus"}) {
    const Ended ended = cosim(std::string("--simulator ") + simulator, "PATH=/nowhere");
    EXPECT_EQ(ended.code, 2);
    EXPECT_THAT(ended.err, HasSubstr("is not installed (package "));
  }
  EXPECT_EQ(cosim("--export a", "PATH=/nowhere").code, 0);
}

TEST_F(CosimCommand, RefusesMachinesThatTheRtlCannotBe) {
  const Ended real = cosim("--export a --set simd_unit.number_format=float32");
  EXPECT_EQ(real.code, 1);
  EXPECT_THAT(real.err, HasSubstr("simd_unit.number_format=fixed32"));
  const Ended slow = cosim("--export a --set systolic_array.obuf_accumulate_latency=5");
  EXPECT_EQ(slow.code, 1);
  EXPECT_THAT(slow.err, HasSubstr("obuf_accumulate_latency is 5 on 4 rows"));
  EXPECT_FALSE(fs::exists(place / "a"));
}

TEST_F(CosimCommand, RefusesOptionsThatMeanNothing) {
  EXPECT_EQ(cosim("--export a --tiles 0").code, 1);
  EXPECT_THAT(cosim("--simulator modelsim").err, HasSubstr("verilator or icarus"));
  EXPECT_EQ(cosim("--export a --layers nothing_like_it").code, 1);
  EXPECT_EQ(cosim("--simulator icarus --rtl /nowhere").code, 2);
}

}  // namespace
}  // namespace systole
