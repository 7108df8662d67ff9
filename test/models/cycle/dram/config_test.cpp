// Descriptions that contradict themselves are refused, with the field's place.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/models/cycle/dram/shipped.h"

namespace systole::dram {
namespace {

using testing::HasSubstr;

/// The shipped DDR4-2400 with one line replaced.
std::vector<Diagnostic> faults_of(const std::string& line, const std::string& with) {
  const std::string path = std::string(SYSTOLE_SOURCE_DIR) + "/configs/dram/ddr4_2400.textproto";
  std::string text = read_file(path);
  const std::size_t at = text.find(line);
  EXPECT_NE(at, std::string::npos) << line;
  text.replace(at, line.size(), with);
  Diagnostics faults;
  config::Memory memory;
  const Source source = parse_text(text, "my.textproto", memory, faults);
  if (faults.empty()) make_dram_config(memory, source, "", faults);
  return faults.items();
}

void expect_fault(const std::string& line, const std::string& with, const std::string& says) {
  const std::vector<Diagnostic> faults = faults_of(line, with);
  ASSERT_FALSE(faults.empty()) << with;
  EXPECT_THAT(faults[0].message, HasSubstr(says));
  EXPECT_EQ(faults[0].file, "my.textproto");
  EXPECT_GT(faults[0].line, 0);
}

TEST(DramConfig, every_shipped_device_is_accepted) {
  for (const char* device : kShippedDevices) EXPECT_NO_THROW(configure(shipped(device))) << device;
}

TEST(DramConfig, trc_below_tras_plus_trp_is_refused) {
  expect_fault("trc: 56", "trc: 55", "less than tRAS + tRP (56)");
}

TEST(DramConfig, a_column_count_that_does_not_make_the_capacity_is_refused) {
  expect_fault("columns: 1024", "columns: 2048", "16384 Mbit, not the device's 8192 Mbit");
  expect_fault("device_bits: 8", "device_bits: 16", "not the device's 8192 Mbit");
}

TEST(DramConfig, a_burst_the_device_cannot_do_is_refused) {
  expect_fault("burst_length: 8", "burst_length: 7", "7");
  expect_fault("burst_length: 8", "burst_length: 16", "tccd_s is 4 clocks, less than the clocks of a burst (8)");
  expect_fault("burst_length: 8", "burst_length: 2", "less than half of the 8 that the device fetches");
}

TEST(DramConfig, a_device_wider_than_its_channel_is_refused) {
  expect_fault("device_bits: 8", "device_bits: 128", "does not fit a channel of 64");
}

TEST(DramConfig, a_missing_key_and_an_unknown_one_are_refused) {
  expect_fault("    tfaw: 26", "    # tfaw", "tfaw");
  expect_fault("tfaw: 26", "tfawn: 26", "tfawn");
}

TEST(DramConfig, watermarks_must_fit_the_queue) {
  expect_fault("write_high: 26", "write_high: 33", "above write_entries (32)");
  expect_fault("write_low: 6", "write_low: 26", "not below write_high (26)");
}

TEST(DramConfig, per_bank_refresh_needs_a_device_that_has_it) {
  expect_fault("refresh: all_bank", "refresh: per_bank", "no per-bank refresh");
}

TEST(DramConfig, an_interval_that_refreshing_fills_is_refused) {
  expect_fault("trefi: 9360", "trefi: 450", "nothing is left");
}

TEST(DramConfig, several_faults_are_reported_together) {
  const std::vector<Diagnostic> faults = faults_of("tras: 39              # 32 ns\n    trc: 56", "tras: 5\n    trc: 5");
  EXPECT_EQ(faults.size(), 2U);
}

TEST(DramConfig, peak_bandwidth_is_width_times_rate_times_channels) {
  EXPECT_NEAR(configure(shipped("ddr4_3200")).peak_bytes_per_second(), 25.6e9, 1e6);
  EXPECT_NEAR(configure(shipped("hbm2")).peak_bytes_per_second(), 256e9, 1e6);
  EXPECT_NEAR(configure(shipped("lpddr4_3200")).peak_bytes_per_second(), 2 * 6.4e9, 1e6);
  EXPECT_NEAR(configure(shipped("lpddr5_6400")).peak_bytes_per_second(), 4 * 12.8e9, 1e6);
}

}  // namespace
}  // namespace systole::dram
