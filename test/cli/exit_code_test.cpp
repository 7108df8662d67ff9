#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>

#include "base/files.h"
#include "test/cli/program_run.h"

namespace systole {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class ExitCode : public ProgramTest {};

TEST_F(ExitCode, HelpAndVersionSucceed) {
  EXPECT_THAT(systole("--help").out, HasSubstr("run MODEL"));
  EXPECT_EQ(systole("--help").code, 0);
  EXPECT_THAT(systole("--version").out, StartsWith("systole "));
  EXPECT_THAT(systole("run --help").out, HasSubstr("--layers"));
}

TEST_F(ExitCode, NoCommandAndAnUnknownOneAreTheUsersMistake) {
  EXPECT_EQ(systole("").code, 1);
  const Ended ended = systole("rum lenet5");
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr("did you mean `systole run`?"));
}

TEST_F(ExitCode, AnUnknownOptionIsSuggestedTheNearest) {
  const Ended ended = systole("run lenet5 --hww inference_16x16");
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr("did you mean --hw?"));
}

TEST_F(ExitCode, AnUnknownMachineIsSuggestedTheNearest) {
  const Ended ended = systole("run lenet5 --hw inference_46x64");
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr("inference_64x64"));
}

TEST_F(ExitCode, BadValuesAreTheUsersMistake) {
  for (const char* options :
       {"--batch 0", "--batch many", "--mode slow", "--mode training", "--loss mse", "--mode training --loss much",
        "--set systolic_array.rows=0", "--set systolic_array.rovs=8", "--set nonsense", "--log verbose",
        "--log '*=loud'", "--log nobody=info", "--layers nothing_like_it", "--dram ddr9", "extra"}) {
    const Ended ended = systole(std::string("run lenet5 --hw inference_16x16 ") + options);
    EXPECT_EQ(ended.code, 1) << options << ": " << ended.err;
    EXPECT_THAT(ended.err, HasSubstr("error: ")) << options;
    EXPECT_EQ(ended.out, "") << options;
  }
}

TEST_F(ExitCode, AMissingModelIsTheEnvironments) {
  EXPECT_EQ(systole("run nowhere/model.onnx").code, 2);
  EXPECT_EQ(systole("run .").code, 2);
  EXPECT_EQ(systole("disasm nowhere").code, 2);
  EXPECT_EQ(systole("run lenet5 --hw ./nowhere.textproto").code, 2);
}

TEST_F(ExitCode, AMemoryThatContradictsItselfIsNamedWithItsLine) {
  std::string text = read_file(SYSTOLE_SOURCE_DIR "/configs/dram/ddr4_2400.textproto");
  const std::size_t at = text.find("trc: 56");
  const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n');
  std::ofstream(place / "my.textproto") << text.replace(at, 7, "trc: 50");
  for (const char* command : {"run", "compile -o program", "analyze"}) {
    const Ended ended = systole(command + std::string(" lenet5 --dram ./my.textproto"));
    EXPECT_EQ(ended.code, 1);
    EXPECT_THAT(ended.err, HasSubstr("my.textproto:" + std::to_string(line) + ":"));
    EXPECT_THAT(ended.err, HasSubstr("trc is 50 clocks, less than tRAS + tRP (56)"));
  }
}

TEST_F(ExitCode, AFileThatIsNoModelIsTheUsersMistakeAndIsNamed) {
  std::ofstream(place / "text.onnx") << "this is no network\n";
  std::ofstream(place / "empty.onnx").close();
  const std::string whole = read_file(SYSTOLE_SOURCE_DIR "/configs/networks/lenet5.onnx");
  std::ofstream(place / "half.onnx", std::ios::binary) << whole.substr(0, whole.size() / 2);
  for (const char* file : {"text.onnx", "empty.onnx", "half.onnx"}) {
    const Ended ended = systole(std::string("run ./") + file + " --out results");
    EXPECT_EQ(ended.code, 1) << file << ended.err;
    EXPECT_THAT(ended.err, HasSubstr(file));
    EXPECT_FALSE(std::filesystem::exists(place / "results"));
  }
}

TEST_F(ExitCode, ADamagedProgramIsTheUsersMistake) {
  ASSERT_EQ(systole("compile lenet5 --hw inference_16x16 -o program").code, 0);
  const std::string whole = text_of("program");
  std::ofstream(place / "half", std::ios::binary) << whole.substr(0, whole.size() / 2);
  EXPECT_EQ(systole("run ./half").code, 1);
  EXPECT_EQ(systole("disasm half").code, 1);
}

TEST_F(ExitCode, AProgramForAnotherMachineNamesEveryDifference) {
  ASSERT_EQ(systole("compile lenet5 --hw inference_16x16 -o program").code, 0);
  const Ended ended = systole("run ./program --hw inference_32x32");
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr("rows"));
  EXPECT_THAT(ended.err, HasSubstr("columns"));
  EXPECT_THAT(ended.err, HasSubstr("inference_16x16"));
}

TEST_F(ExitCode, AHugeBatchIsRefusedAtOnceWithTheOneThatFits) {
  const Ended ended = systole("compile vgg16 --batch 65536 -o vgg16.prog", "ulimit -t 10;");
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr("vgg16.onnx: error: the network needs 9865003008 bytes of memory for its inputs"));
  EXPECT_THAT(ended.err, HasSubstr("batch 13"));
  EXPECT_TRUE(std::filesystem::is_empty(place));
}

TEST_F(ExitCode, OutputThatCannotBeWrittenIsTheEnvironments) {
  EXPECT_EQ(systole("run lenet5 --hw inference_16x16 --out /proc/results").code, 2);
  EXPECT_EQ(systole("run lenet5 --hw inference_16x16 --out /dev/null/results").code, 2);
  EXPECT_EQ(systole("compile lenet5 -o /dev/full").code, 2);
  EXPECT_EQ(systole("info instructions > /dev/full").code, 2);
  const Ended json = systole("run lenet5 --hw inference_16x16 --json > /dev/full");
  EXPECT_EQ(json.code, 2);
  EXPECT_THAT(json.err, HasSubstr("standard output"));
}

TEST_F(ExitCode, AFullDiskLeavesNothing) {
  const Ended ended = systole("run lenet5 --hw inference_16x16 --out results", "ulimit -f 8;");
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, HasSubstr("cannot be written"));
  EXPECT_TRUE(std::filesystem::is_empty(place));
}

TEST_F(ExitCode, ASecondRunIntoTheSameFolderNeedsForce) {
  const std::string run = "run lenet5 --hw inference_16x16 --quiet --out results";
  ASSERT_EQ(systole(run).code, 0);
  const Ended again = systole(run);
  EXPECT_EQ(again.code, 1);
  EXPECT_THAT(again.err, HasSubstr("--force"));
  EXPECT_EQ(systole(run + " --force").code, 0);
}

TEST_F(ExitCode, AModelIsNeverOverwrittenByItsProgram) {
  std::filesystem::copy_file(SYSTOLE_SOURCE_DIR "/configs/networks/lenet5.onnx", place / "net.onnx");
  EXPECT_EQ(systole("compile net.onnx -o ./net.onnx").code, 1);
  EXPECT_EQ(text_of("net.onnx"), read_file(SYSTOLE_SOURCE_DIR "/configs/networks/lenet5.onnx"));
}

}  // namespace
}  // namespace systole
