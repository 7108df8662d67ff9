#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <regex>

#include "base/files.h"
#include "test/cli/program_run.h"

namespace systole {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
namespace fs = std::filesystem;

constexpr const char* kMachine4x4 =
    " --hw " SYSTOLE_SOURCE_DIR "/test/values/data/tiny_4x4.textproto --set simd_unit.number_format=fixed32";
constexpr const char* kMachine8x8 =
    " --hw inference_16x16 --dram ideal --set systolic_array.rows=8 --set systolic_array.columns=8";
constexpr const char* kMachine16x16 = " --hw inference_16x16 --dram ideal";

/// What was built for one run is taken by the next.
constexpr const char* kCache = "XDG_CACHE_HOME=" SYSTOLE_TEST_CACHE;

class Lockstep : public ProgramTest {
 protected:
  void expect_equal(const std::string& what, const std::string& rtl) const {
    const Ended ended = systole("cosim " + what, kCache);
    EXPECT_EQ(ended.code, 0) << ended.err;
    EXPECT_THAT(ended.out, HasSubstr("cosim: the " + rtl + " gives the same"));
  }

  /// Runs with a copy of the RTL in which `from` in a file has become `to`.
  [[nodiscard]] Ended with_changed_rtl(const std::string& file, const std::string& from, const std::string& to,
                                       const std::string& what) const {
    fs::copy(SYSTOLE_SOURCE_DIR "/models/rtl", place / "rtl");
    const std::string text = read_file((place / "rtl" / file).string());
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << file << " has no " << from;
    std::ofstream(place / "rtl" / file) << text.substr(0, at) + to + text.substr(at + from.size());
    return systole("cosim " + what + " --simulator icarus --rtl rtl", kCache);
  }

  /// Writes `program`: lenet with `instructions` in place of its first relu.
  void write_program(const std::string& instructions) const {
    ASSERT_EQ(systole(std::string("compile lenet5 -o lenet") + kMachine4x4).code, 0);
    ASSERT_EQ(systole("disasm lenet > text").code, 0);
    const std::regex relu(" *[0-9]+: CALCULUS function=relu destination=0 source1=1 source2=1\n");
    std::string text = std::regex_replace(text_of("text"), relu, instructions, std::regex_constants::format_first_only);
    // The region of the instructions has 4 bytes for each.
    std::smatch bytes;
    ASSERT_TRUE(std::regex_search(text, bytes, std::regex("\"instructions\" address=\\S+ bytes=([0-9]+)")));
    const auto added = 4 * (std::count(instructions.begin(), instructions.end(), '\n') - 1);
    text.replace(static_cast<std::size_t>(bytes.position(1)), static_cast<std::size_t>(bytes.length(1)),
                 std::to_string(std::stol(bytes[1]) + added));
    ASSERT_NE(text, text_of("text"));
    std::ofstream(place / "text") << text;
    const Ended assembled = systole("asm text -o program");
    ASSERT_EQ(assembled.code, 0) << assembled.err;
  }

  static void expect_difference(const Ended& ended, const std::string& unit, const std::string& signal) {
    EXPECT_EQ(ended.code, 3) << ended.out;
    EXPECT_THAT(ended.err,
                testing::ContainsRegex("cycle [0-9]+, " + unit + " " + signal + ": expected .*, the RTL has"));
  }
};

TEST_F(Lockstep, lenet_on_4x4_in_verilator) {
  expect_equal(std::string("lenet5 --tiles 3") + kMachine4x4, "4x4 RTL (verilator)");
}
TEST_F(Lockstep, lenet_on_8x8_in_verilator) {
  expect_equal(std::string("lenet5 --tiles 3") + kMachine8x8, "8x8 RTL (verilator)");
}
TEST_F(Lockstep, lenet_on_16x16_in_verilator) {
  expect_equal(std::string("lenet5 --tiles 3") + kMachine16x16, "16x16 RTL (verilator)");
}
TEST_F(Lockstep, lenet_on_4x4_in_icarus) {
  expect_equal(std::string("lenet5 --tiles 3 --simulator icarus") + kMachine4x4, "4x4 RTL (icarus)");
}
TEST_F(Lockstep, lenet_on_8x8_in_icarus) {
  expect_equal(std::string("lenet5 --simulator icarus") + kMachine8x8, "8x8 RTL (icarus)");
}
TEST_F(Lockstep, accumulation_of_any_latency) {
  for (const char* const latency : {"1", "3", "4"}) {
    expect_equal(
        std::string("lenet5 --simulator icarus --set systolic_array.obuf_accumulate_latency=") + latency + kMachine4x4,
        "4x4 RTL (icarus)");
  }
}

TEST_F(Lockstep, one_cycle_more_or_less_in_the_simd_pipeline_is_found) {
  const std::string what = std::string("lenet5 --layers conv0") + kMachine4x4;
  expect_difference(with_changed_rtl("simd_core.sv", "DEPTH(3)) front", "DEPTH(4)) front", what), "simd_unit",
                    R"(result_valid\[0\])");
  fs::remove_all(place / "rtl");
  expect_difference(with_changed_rtl("simd_core.sv", "DEPTH(3)) front", "DEPTH(2)) front", what), "simd_unit",
                    R"(result_valid\[0\])");
}

TEST_F(Lockstep, one_cycle_more_in_the_drain_of_the_simd_unit_is_found) {
  expect_difference(with_changed_rtl("simd_core.sv", "5 + LANES - 1 - 1", "5 + LANES - 1",
                                     std::string("lenet5 --layers conv0") + kMachine4x4),
                    "simd_unit", "busy");
}

TEST_F(Lockstep, one_cycle_more_until_a_result_can_be_read_is_found) {
  write_program(
      "CALCULUS function=absolute destination=0 source1=1 source2=1\n"
      "CALCULUS function=negate destination=0 source1=0 source2=0\n");
  const std::string what = std::string("program --layers conv0") + kMachine4x4;
  expect_equal(what + " --simulator icarus", "4x4 RTL (icarus)");
  expect_difference(with_changed_rtl("simd_issue.sv", "occupancy + 8'd1;", "occupancy + 8'd2;", what), "simd_unit",
                    R"(result_valid\[0\])");
}

TEST_F(Lockstep, one_row_more_of_skew_is_found) {
  expect_difference(with_changed_rtl("systolic_array.sv", ".DEPTH(r)", ".DEPTH(r + (r == 1 ? 1 : 0))",
                                     std::string("lenet5 --layers conv0") + kMachine4x4),
                    "systolic_array", R"(result\[0\])");
}

TEST_F(Lockstep, a_column_that_keeps_one_bit_less_is_found) {
  expect_difference(with_changed_rtl("accumulator_column.sv", "result = from + sum", "result = (from + sum) & ~32'd1",
                                     std::string("lenet5 --layers conv0") + kMachine4x4),
                    "systolic_array", R"(result\[[0-3]\])");
}

/// One side's latency by one: vectors of one machine on the RTL of another.
class LatencyByOne : public Lockstep {
 protected:
  /// The testbench in Icarus, with one parameter other than parameters.txt says.
  [[nodiscard]] std::string run(const std::string& parameter) const {
    const std::string rtl = SYSTOLE_SOURCE_DIR "/models/rtl/";
    const std::string command = "cd " + place.string() +
                                " && iverilog -g2012 -s cosim_testbench -o tb"
                                " $(sed 's/^/-Pcosim_testbench./' vectors/parameters.txt) -Pcosim_testbench." +
                                parameter + " $(sed 's,^," + rtl + ",' " + rtl +
                                "files.txt) && vvp -n tb +vectors=vectors > said 2>&1";
    EXPECT_EQ(std::system(command.c_str()), 0);
    return text_of("said");
  }
};

TEST_F(LatencyByOne, the_exported_files_pass_by_themselves) {
  ASSERT_EQ(systole(std::string("cosim lenet5 --export vectors") + kMachine4x4).code, 0);
  EXPECT_THAT(run("OBUF_ACCUMULATE_LATENCY=2"), HasSubstr("PASS "));
}

TEST_F(LatencyByOne, of_accumulation_in_the_rtl_is_found) {
  ASSERT_EQ(systole(std::string("cosim lenet5 --export vectors") + kMachine4x4).code, 0);
  const auto difference = HasSubstr(" unit systolic_array signal result_valid[0] expected ");
  EXPECT_THAT(run("OBUF_ACCUMULATE_LATENCY=1"), difference);
  EXPECT_THAT(run("OBUF_ACCUMULATE_LATENCY=3"), difference);
}

TEST_F(LatencyByOne, of_accumulation_in_systemc_is_found) {
  const auto difference = HasSubstr(" unit systolic_array signal result_valid[0] expected ");
  for (const char* const latency : {"1", "3"}) {
    const std::string set = std::string(" --set systolic_array.obuf_accumulate_latency=") + latency;
    ASSERT_EQ(systole(std::string("cosim lenet5 --force --export vectors") + kMachine4x4 + set).code, 0);
    EXPECT_THAT(run("OBUF_ACCUMULATE_LATENCY=2"), difference);
  }
}

TEST_F(LatencyByOne, of_division_is_found_on_either_side) {
  write_program("CALCULUS function=divide destination=0 source1=1 source2=1\n");
  const std::string what = std::string("cosim program --layers conv0 --force --export vectors") + kMachine4x4;
  const auto difference = HasSubstr(" unit simd_unit signal result_valid[0] expected ");
  ASSERT_EQ(systole(what).code, 0);
  EXPECT_THAT(run("DIVIDE_LATENCY=9"), HasSubstr("PASS "));
  EXPECT_THAT(run("DIVIDE_LATENCY=8"), difference);
  EXPECT_THAT(run("DIVIDE_LATENCY=10"), difference);
  for (const char* const latency : {"8", "10"}) {
    ASSERT_EQ(systole(what + " --set simd_unit.divide_latency=" + latency).code, 0);
    EXPECT_THAT(run("DIVIDE_LATENCY=9"), difference);
  }
}

TEST_F(LatencyByOne, one_wrong_bit_of_an_expected_value_is_found) {
  ASSERT_EQ(systole(std::string("cosim lenet5 --layers conv0 --export vectors") + kMachine4x4).code, 0);
  std::string text = text_of("vectors/tile0000_results.hex");
  char& digit = text.at(text.find('_') - 1);  // lane 0 of the first word
  digit = digit == '0' ? '1' : '0';
  std::ofstream(place / "vectors/tile0000_results.hex") << text;
  EXPECT_THAT(run("ROWS=4"), HasSubstr("DIFFERENCE tile 0 cycle 3 unit systolic_array signal result[0] expected "));
}

}  // namespace
}  // namespace systole
