#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/errors.h"
#include "base/files.h"
#include "cli/commands.h"

namespace systole {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

class DramCommand : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) /
              (std::string("dram_command_test.") + testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    std::ofstream trace(folder_ / "t.trace");
    for (int i = 0; i < 256; ++i)
      trace << "0x" << std::hex << i * 64 << std::dec << (i % 4 == 3 ? " WRITE " : " READ ") << i << '\n';
  }
  void TearDown() override { fs::remove_all(folder_); }
  nlohmann::json run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), (folder_ / "t.trace").string());
    std::ostringstream out;
    run_dram(arguments, out);
    return nlohmann::json::parse(out.str());
  }
  std::string fault(const std::vector<std::string>& arguments) {
    std::ostringstream out;
    try {
      run_dram(arguments, out);
    } catch (const UserError& error) {
      EXPECT_EQ(out.str(), "");
      return error.diagnostics().front().to_string();
    }
    return "";
  }
  fs::path folder_;
};

TEST_F(DramCommand, statistics_are_json_that_adds_up) {
  const nlohmann::json s = run({});
  EXPECT_EQ(s["memory"], "ddr4_2400");
  EXPECT_EQ(s["requests"]["total"], 256);
  EXPECT_EQ(s["reads"], 192);
  EXPECT_EQ(s["writes"], 64);
  EXPECT_EQ(s["read_bytes"], 192 * 64);
  EXPECT_EQ(s["row_hits"].get<int>() + s["row_misses"].get<int>() + s["row_conflicts"].get<int>(), 256);
  EXPECT_EQ(s["commands"]["ACT"], s["activates"]);
  EXPECT_LE(s["latency"]["p50"], s["latency"]["p99"]);
  EXPECT_LE(s["bandwidth_bytes_per_s"].get<double>(), s["peak_bytes_per_s"].get<double>());
  double sum = 0;
  for (const auto& part : s["energy"]["by_component"]) sum += part.get<double>();
  EXPECT_NEAR(sum, s["energy"]["total_pj"].get<double>(), 1e-6 * sum);
}

TEST_F(DramCommand, the_command_file_has_every_command_in_order_of_clock) {
  const fs::path csv = folder_ / "commands.csv";
  const nlohmann::json s = run({"--dram", "hbm2", "--commands", csv.string()});
  std::ifstream in(csv);
  std::string line;
  std::getline(in, line);
  EXPECT_EQ(line, "clock,command,channel,rank,bankgroup,bank,row,column");
  std::int64_t last = 0;
  std::int64_t lines = 0;
  for (; std::getline(in, line); ++lines) {
    EXPECT_EQ(std::count(line.begin(), line.end(), ','), 7);
    EXPECT_GE(std::stoll(line), last);
    last = std::stoll(line);
  }
  std::int64_t commands = 0;
  for (const auto& count : s["commands"]) commands += count.get<std::int64_t>();
  EXPECT_EQ(lines, commands);
  EXPECT_FALSE(fs::exists(csv.string() + ".partial"));
}

TEST_F(DramCommand, the_map_and_single_fields_can_be_replaced) {
  const std::int64_t plain = run({})["cycles"];
  const std::int64_t column_lowest = run({"--map", "row-rank-bank-bankgroup-column"})["cycles"];
  EXPECT_GT(column_lowest, plain);  // one bank group: tCCD_L instead of tCCD_S
  EXPECT_EQ(run({"--set", "dram.timing.rl=27"})["latency"]["min"].get<int>(),
            run({})["latency"]["min"].get<int>() + 10);
  EXPECT_EQ(run({"--set", "memory_description.dram.timing.clock_ps=1000"})["clock_hz"], 1e9);
}

TEST_F(DramCommand, two_runs_are_byte_equal) {
  EXPECT_EQ(run({"--dram", "lpddr5_6400"}).dump(), run({"--dram", "lpddr5_6400"}).dump());
}

TEST_F(DramCommand, results_go_to_a_folder_too) {
  run({"--out", (folder_ / "out").string()});
  EXPECT_TRUE(fs::exists(folder_ / "out" / "summary.json"));
  const std::string trace = (folder_ / "t.trace").string();
  EXPECT_THAT(fault({trace, "--out", (folder_ / "out").string()}), HasSubstr("--force"));
}

TEST_F(DramCommand, faults_of_the_user_are_named) {
  const std::string trace = (folder_ / "t.trace").string();
  EXPECT_THAT(fault({}), HasSubstr("TRACE is missing"));
  EXPECT_THAT(fault({trace, trace}), HasSubstr("one argument too many"));
  EXPECT_THAT(fault({trace, "--frobnicate"}), HasSubstr("--frobnicate"));
  EXPECT_THAT(fault({trace, "--dram", "ddr9"}), HasSubstr("ddr4_2400"));
  EXPECT_THAT(fault({trace, "--dram", "ideal"}), HasSubstr("not DRAM"));
  EXPECT_THAT(fault({trace, "--map", "row-bank"}), HasSubstr("--map row-bank"));
  EXPECT_THAT(fault({trace, "--set", "dram.timing.trc=40"}), HasSubstr("trc is 40 clocks, less than tRAS + tRP"));
  EXPECT_THAT(fault({trace, "--set", "dram.timing.trx=40"}), HasSubstr("trx"));
  std::ofstream(trace, std::ios::app) << "0x0 READ 1\n";
  EXPECT_THAT(fault({trace, "--commands", (folder_ / "c.csv").string()}),
              HasSubstr("t.trace:257: error: clock 1 comes after clock 255"));
  EXPECT_FALSE(fs::exists(folder_ / "c.csv"));
  EXPECT_FALSE(fs::exists(folder_ / "c.csv.partial"));
}

TEST_F(DramCommand, bad_lines_of_a_trace_are_named) {
  const auto fault_of = [&](const std::string& line) {
    const std::string path = (folder_ / "bad.trace").string();
    std::ofstream(path) << "0x0 READ 5\n" << line << '\n';
    const std::string text = fault({path});
    EXPECT_THAT(text, HasSubstr("bad.trace:2: error: "));
    return text;
  };
  EXPECT_THAT(fault_of("40 READ 6"), HasSubstr("'40' is not a hexadecimal byte address"));
  EXPECT_THAT(fault_of("0x40 FETCH 6"), HasSubstr("'FETCH' is neither READ nor WRITE"));
  EXPECT_THAT(fault_of("0x40 READ soon"), HasSubstr("'soon' is not a clock"));
  EXPECT_THAT(fault_of("0x40 READ"), HasSubstr("'' is not a clock"));
  EXPECT_THAT(fault_of("0x40 READ 6 7"), HasSubstr("'7' is left over"));
  EXPECT_THAT(fault_of("0x200000000 READ 6"), HasSubstr("beyond the device, which has 0x200000000 bytes"));
  EXPECT_THAT(fault_of("0x40 READ 4"), HasSubstr("out of time order"));
}

TEST_F(DramCommand, a_gzip_file_that_was_cut_off_is_refused) {
  const std::string plain = (folder_ / "t.trace").string();
  ASSERT_EQ(std::system(("gzip -c " + plain + " > " + plain + ".gz").c_str()), 0);
  EXPECT_EQ(fault({plain + ".gz"}), "");
  for (const std::uintmax_t kept : {fs::file_size(plain + ".gz") / 2, fs::file_size(plain + ".gz") - 4}) {
    fs::copy_file(plain + ".gz", plain + ".cut.gz", fs::copy_options::overwrite_existing);
    fs::resize_file(plain + ".cut.gz", kept);
    EXPECT_THAT(fault({plain + ".cut.gz"}), HasSubstr("ends in the middle"));
  }
}

TEST_F(DramCommand, contradictions_of_a_memory_are_named_with_their_line) {
  std::string text = read_file(SYSTOLE_SOURCE_DIR "/configs/dram/ddr4_2400.textproto");
  const auto fault_with = [&](const std::string& key, const std::string& with) {
    std::string changed = text;
    const std::size_t at = changed.find(key);
    EXPECT_NE(at, std::string::npos);
    const auto line = 1 + std::count(changed.begin(), changed.begin() + static_cast<std::ptrdiff_t>(at), '\n');
    const std::string path = (folder_ / "my.textproto").string();
    std::ofstream(path) << changed.replace(at, key.size(), with);
    const std::string said = fault({(folder_ / "t.trace").string(), "--dram", path});
    EXPECT_THAT(said, HasSubstr("my.textproto:" + std::to_string(line) + ":"));
    return said;
  };
  EXPECT_THAT(fault_with("trc: 56", "trc: 55"), HasSubstr("less than tRAS + tRP (56)"));
  EXPECT_THAT(fault_with("columns: 1024", "columns: 512"), HasSubstr("are 4096 Mbit, not the device's 8192 Mbit"));
  EXPECT_THAT(fault_with("burst_length: 8", "burst_length: 7"), HasSubstr("7"));
}

TEST_F(DramCommand, what_cannot_be_read_or_written_is_the_environments_fault) {
  std::ostringstream out;
  EXPECT_THROW(run_dram({"/nowhere/t.trace"}, out), EnvironmentError);
  EXPECT_THROW(run_dram({(folder_ / "t.trace").string(), "--commands", "/nowhere/c.csv"}, out), EnvironmentError);
  if (fs::exists("/dev/full")) {
    EXPECT_THROW(run_dram({(folder_ / "t.trace").string(), "--commands", "/dev/full"}, out), EnvironmentError);
  }
}

TEST_F(DramCommand, options_are_told_as_those_of_other_commands) {
  const std::string trace = (folder_ / "t.trace").string();
  EXPECT_THAT(fault({trace, "--comands", "c.csv"}), HasSubstr("did you mean --commands?"));
  EXPECT_THAT(fault({trace, "--log", "machine=loud"}), HasSubstr("loud"));
  std::ostringstream out;
  run_dram({"--version"}, out);
  EXPECT_THAT(out.str(), testing::StartsWith("systole "));
}

TEST_F(DramCommand, help_lists_the_options) {
  std::ostringstream out;
  run_dram({"--help"}, out);
  for (const char* option : {"--dram", "--map", "--set", "--commands", "--out", "--log", "--version"})
    EXPECT_THAT(out.str(), HasSubstr(option));
}

}  // namespace
}  // namespace systole
