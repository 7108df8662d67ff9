// The manual's table of devices says what the devices' files say.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <sstream>

#include "test/models/cycle/dram/shipped.h"

namespace systole::dram {
namespace {

/// The cells of the table's line for the device; empty when there is none.
std::vector<std::string> row_of(const std::string& device) {
  std::ifstream manual(std::string(SYSTOLE_SOURCE_DIR) + "/docs/dram.md");
  for (std::string line; std::getline(manual, line);) {
    if (line.rfind("| `" + device + "` |", 0) != 0) continue;
    std::vector<std::string> cells;
    std::istringstream in(line);
    for (std::string cell; std::getline(in, cell, '|');) {
      const std::size_t first = cell.find_first_not_of(' ');
      cells.push_back(first == std::string::npos ? "" : cell.substr(first, cell.find_last_not_of(' ') - first + 1));
    }
    return cells;
  }
  return {};
}

std::string refreshed_at_once(const config::Dram& dram) {
  if (dram.controller().refresh() != config::per_bank) return "all banks";
  return dram.per_bank_refresh().banks() == 1 ? "one bank" : "two banks";
}

class Manual : public testing::TestWithParam<const char*> {};

TEST_P(Manual, the_table_of_devices_says_what_the_file_says) {
  const config::Memory memory = shipped(GetParam());
  const DramConfig config = configure(memory);
  const config::DramOrganization& o = memory.dram().organization();
  const std::vector<std::string> cells = row_of(GetParam());
  ASSERT_EQ(cells.size(), 7U) << "docs/dram.md has no line of six cells for the device";

  std::string organization = fmt::format("{} x {}, {} Gb", o.channels(), o.channel_bits(), o.device_megabits() / 1024);
  if (o.device_bits() < o.channel_bits()) organization += fmt::format(" x{}", o.device_bits());
  EXPECT_EQ(cells[2].substr(0, cells[2].find(" (")), organization);
  EXPECT_EQ(cells[3], fmt::format("{} B", config.channel.geometry.burst_bytes));
  const double gigabytes = config.peak_bytes_per_second() / 1e9;
  EXPECT_EQ(cells[4], fmt::format("{:g} GB/s", std::round(gigabytes * 10) / 10));
  EXPECT_EQ(cells[5], refreshed_at_once(memory.dram()));
}

INSTANTIATE_TEST_SUITE_P(Devices, Manual, testing::ValuesIn(kShippedDevices),
                         [](const auto& device) { return std::string(device.param); });

}  // namespace
}  // namespace systole::dram
