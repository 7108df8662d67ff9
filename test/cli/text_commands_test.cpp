#include <gmock/gmock.h>

#include <fstream>
#include <regex>
#include <set>

#include "base/files.h"
#include "cli/commands.h"
#include "kernels/onnx/operators.h"
#include "test/cli/program_run.h"

namespace systole {
namespace {

using testing::HasSubstr;

class TextCommands : public ProgramTest {};

TEST_F(TextCommands, AsmIsTheInverseOfDisasm) {
  ASSERT_EQ(systole("compile lenet5 --hw inference_16x16 -o program").code, 0);
  ASSERT_EQ(systole("disasm program > text").code, 0);
  const Ended assembled = systole("asm text -o again");
  ASSERT_EQ(assembled.code, 0) << assembled.err;
  EXPECT_TRUE(text_of("again") == text_of("program"));  // binary: not for a terminal
}

TEST_F(TextCommands, AsmNamesLineAndColumnOfEveryFault) {
  std::ofstream(place / "text") << ".program machine=\"m\"\nNO_SUCH_WORD\n";
  const Ended ended = systole("asm text -o program");
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr("text:2:1: error"));
  EXPECT_FALSE(std::filesystem::exists(place / "program"));
}

TEST_F(TextCommands, InfoListsWhatTheProgramHas) {
  const std::string listed = systole("info operators").out;
  for (const Operator& each : operators()) EXPECT_THAT(listed, HasSubstr(each.name));
  EXPECT_THAT(systole("info machines").out, HasSubstr("inference_64x64\n"));
  EXPECT_THAT(systole("info memories").out, HasSubstr("ideal\n"));
  EXPECT_THAT(systole("info networks").out, HasSubstr("resnet50\n"));
  EXPECT_THAT(systole("info instructions").out, HasSubstr("SA_LOOP"));
  EXPECT_THAT(systole("info configuration").out, HasSubstr("systolic_array"));
  EXPECT_THAT(systole("info").out, HasSubstr("operators"));
  EXPECT_THAT(systole("info machins").err, HasSubstr("did you mean machines?"));
}

std::set<std::string> options_in(const std::string& text) {
  std::set<std::string> options;
  const std::regex option("--([a-z][a-z-]+)");
  for (std::sregex_iterator at(text.begin(), text.end(), option), end; at != end; ++at) options.insert((*at)[1]);
  return options;
}

TEST_F(TextCommands, TheManPageHasEveryCommandAndExactlyTheOptionsOfTheHelp) {
  const std::string page =
      std::regex_replace(read_file(SYSTOLE_SOURCE_DIR "/docs/systole.1"), std::regex(R"(\\-)"), "-");
  std::string help;
  for (const Command& command : commands()) {
    EXPECT_THAT(page, HasSubstr(".SS " + std::string(command.name)));
    help += systole(std::string(command.name) + " --help").out;
  }
  EXPECT_EQ(options_in(page), options_in(help));
}

}  // namespace
}  // namespace systole
