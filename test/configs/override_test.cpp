#include "configs/override.h"

#include <gtest/gtest.h>

#include "configs/machine.pb.h"

namespace systole {
namespace {

std::string fault_of(const std::string& text) {
  config::Machine machine;
  Source source("a");
  Diagnostics diagnostics;
  apply_override(text, machine, source, diagnostics);
  return diagnostics.empty() ? "" : diagnostics.items().front().to_string();
}

TEST(Override, sets_numbers_texts_booleans_and_names_and_the_last_one_wins) {
  config::Machine machine;
  Source source("a");
  Diagnostics diagnostics;
  for (const char* text : {"systolic_array.rows=16", "systolic_array.rows=32", "memory=hbm2", "energy=\"a b\"",
                           "buffers.vmem_double_buffered=true", "simd_unit.number_format=float32", "clock_mhz=812.5"}) {
    apply_override(text, machine, source, diagnostics);
  }
  diagnostics.throw_if_any();
  EXPECT_EQ(machine.systolic_array().rows(), 32);
  EXPECT_EQ(machine.memory(), "hbm2");
  EXPECT_EQ(machine.energy(), "a b");
  EXPECT_TRUE(machine.buffers().vmem_double_buffered());
  EXPECT_EQ(machine.simd_unit().number_format(), config::float32);
  EXPECT_EQ(machine.clock_mhz(), 812.5);
  EXPECT_EQ(source.fault("systolic_array.rows", "x").to_string(), "--set systolic_array.rows=32: error: x");
}

TEST(Override, an_unknown_path_suggests_the_nearest_one) {
  EXPECT_EQ(fault_of("systolic_array.row=32"),
            "--set systolic_array.row=32: error: unknown key 'systolic_array.row'\n"
            "  hint: did you mean 'systolic_array.rows'?");
  EXPECT_EQ(
      fault_of("sistolic_array.rows=32"),
      "--set sistolic_array.rows=32: error: unknown key 'sistolic_array'\n  hint: did you mean 'systolic_array'?");
}

TEST(Override, a_value_out_of_range_gets_the_files_message) {
  EXPECT_EQ(fault_of("systolic_array.rows=0"),
            "--set systolic_array.rows=0: error: rows must be a whole number from 1 to 1024, not 0");
  EXPECT_EQ(fault_of("simd_unit.number_format=fixed16"),
            "--set simd_unit.number_format=fixed16: error: number_format must be fixed32 or float32, not fixed16");
  EXPECT_EQ(fault_of("clock_mhz="), "--set clock_mhz=: error: clock_mhz must be a number from 1 to 10000, not nothing");
}

TEST(Override, what_is_no_key_with_a_value_is_refused) {
  EXPECT_EQ(fault_of("clock_mhz"),
            "--set clock_mhz: error: there is no '='\n  hint: write PATH=VALUE, as in systolic_array.rows=32");
  EXPECT_EQ(fault_of("clock_mhz.x=1"), "--set clock_mhz.x=1: error: 'clock_mhz' has no keys of its own");
  EXPECT_EQ(fault_of("interconnect=1"),
            "--set interconnect=1: error: 'interconnect' is a group\n"
            "  hint: name one of its keys: request_latency, response_latency");
  EXPECT_NE(fault_of("=1"), "");
  EXPECT_NE(fault_of("systolic_array.=1"), "");
}

}  // namespace
}  // namespace systole
