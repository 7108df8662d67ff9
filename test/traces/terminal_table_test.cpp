#include "traces/terminal_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "test/traces/sample_result.h"

namespace systole {
namespace {

using testing::HasSubstr;
using testing::Not;

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST(TerminalTable, ShowsTheTenSlowestLayersSlowestFirst) {
  RunResult run = sample_result(30);
  run.layers[17].cycles = Cycles{99999};
  const auto lines = lines_of(terminal_table(run));
  const auto heading = std::find_if(lines.begin(), lines.end(),
                                    [](const auto& line) { return line.find("slowest") != std::string::npos; });
  ASSERT_NE(heading, lines.end());
  EXPECT_THAT(*(heading + 1), HasSubstr("/stage/relu_17"));
  EXPECT_THAT(*(heading + 11), HasSubstr("20 more"));
}

TEST(TerminalTable, AFusedLayerIsCountedWithTheOneItIsFusedInto) {
  RunResult run = sample_result(2);
  run.layers[1].fused_into = run.layers[0].name;
  const std::string table = terminal_table(run);
  EXPECT_THAT(table, HasSubstr("Conv +1"));
  EXPECT_THAT(table, Not(HasSubstr("Relu")));
}

TEST(TerminalTable, SaysForEveryUnitWhatItWaitedFor) {
  const std::string table = terminal_table(sample_result(30));
  EXPECT_THAT(table, HasSubstr("wbuf_load 23.0%, ibuf_load 9.0%"));
  for (const auto& [name, unit] : sample_result().units) EXPECT_THAT(table, HasSubstr(name));
}

TEST(TerminalTable, FitsAHundredColumnsWhateverTheNames) {
  RunResult run = sample_result(12);
  run.layers[4].stalls = {{"bank_conflict", run.layers[4].cycles}};
  run.layers[4].op = "BatchNormalization";
  run.layers[5].fused_into = run.layers[4].name;
  run.layers[3].name = std::string(500, 'x') + "/\xc3\xa4\xc3\xb6/last\nline\033[31m";
  run.model = std::string(200, 'm');
  for (const std::string& line : lines_of(terminal_table(run))) {
    EXPECT_LE(line.size(), 102U) << line;  // two bytes more for the two umlauts
    EXPECT_EQ(line.find('\033'), std::string::npos);
  }
}

TEST(TerminalTable, WorksWithWhatTheAnalyticalModelHas) {
  const std::string table = terminal_table(sample_analytical_result());
  EXPECT_THAT(table, HasSubstr("slowest layers"));
  EXPECT_THAT(table, Not(HasSubstr("energy")));
}

TEST(WithPrefix, GivesThreeSignificantDigits) {
  EXPECT_EQ(with_prefix(0, "B"), "0 B");
  EXPECT_EQ(with_prefix(12, "B"), "12 B");
  EXPECT_EQ(with_prefix(999.6, "B"), "1.00 kB");
  EXPECT_EQ(with_prefix(12345678, "B"), "12.3 MB");
  EXPECT_EQ(with_prefix(0.00321, "s"), "3.21 ms");
  EXPECT_EQ(with_prefix(1.25e9, "Hz"), "1.25 GHz");
}

}  // namespace
}  // namespace systole
