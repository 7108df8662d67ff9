// The energy is what the command trace and the currents come to, counted again from the CSV text.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "models/cycle/dram/command_csv.h"
#include "test/models/cycle/dram/checker/data_sheet.h"
#include "test/models/cycle/dram/shipped.h"
#include "test/models/cycle/dram/traffic.h"

namespace systole::dram {
namespace {

struct Line {
  std::int64_t clock = 0;
  std::string command;
  int channel = 0, rank = 0, group = 0, bank = 0;
};

std::vector<Line> parse(std::istream& csv) {
  std::string text;
  std::getline(csv, text);
  EXPECT_EQ(text, "clock,command,channel,rank,bankgroup,bank,row,column");
  std::vector<Line> lines;
  while (std::getline(csv, text)) {
    std::replace(text.begin(), text.end(), ',', ' ');
    std::istringstream in(text);
    Line line;
    in >> line.clock >> line.command >> line.channel >> line.rank >> line.group >> line.bank;
    EXPECT_TRUE(in) << text;
    lines.push_back(line);
  }
  return lines;
}

/// Clocks until `end` in which the channel's only rank has a bank open.
std::int64_t active_clocks(const std::vector<Line>& lines, const checker::DataSheet& s, std::int64_t end) {
  struct Open {
    std::int64_t activated = 0, may_close = 0;
  };
  std::map<int, Open> open;                                      // by bank
  std::vector<std::pair<std::int64_t, std::int64_t>> intervals;  // from ACT to precharge of a bank
  const auto close = [&](int bank, std::int64_t at) {
    intervals.emplace_back(open.at(bank).activated, std::min(at, end));
    open.erase(bank);
  };
  for (const Line& line : lines) {
    const int bank = line.group * s.banks_per_group + line.bank;
    if (line.command == "ACT") open[bank] = {line.clock, line.clock + s.act_counts_from + s.tras};
    if (line.command == "PRE") close(bank, line.clock);
    if (line.command == "PREA") {
      while (!open.empty()) close(open.begin()->first, line.clock);
    }
    if (line.command[0] != 'R' && line.command[0] != 'W') continue;
    if (line.command[1] != 'D' && line.command[1] != 'R') continue;
    const std::int64_t recovery = line.command[0] == 'R' ? s.trtp : s.write_recovery_from + s.twr;
    Open& column = open.at(bank);
    column.may_close = std::max(column.may_close, line.clock + recovery);
    if (line.command.back() == 'A') close(bank, column.may_close);
  }
  while (!open.empty()) close(open.begin()->first, end);
  std::sort(intervals.begin(), intervals.end());
  std::int64_t total = 0;
  std::int64_t reached = 0;
  for (const auto& [from, to] : intervals) {
    total += std::max<std::int64_t>(0, to - std::max(from, reached));
    reached = std::max(reached, to);
  }
  return total;
}

class Energy : public testing::TestWithParam<const char*> {};

TEST_P(Energy, parts_equal_a_recount_from_the_command_trace_and_the_currents) {
  const checker::DataSheet sheet = checker::data_sheet(GetParam());
  for (const config::DramPagePolicy page : {config::open_page, config::closed_page, config::adaptive_page}) {
    config::Memory memory = shipped(GetParam());
    memory.mutable_dram()->mutable_controller()->set_page_policy(page);
    const DramConfig config = configure(memory);
    std::stringstream csv;
    CommandCsv writer(csv, config.channel.geometry);
    TraceRun run(config, [&](const ChannelCommand& command) { writer.write(command); });
    Traffic traffic(3);
    for (const TraceRequest& request : traffic.make({5000, 1U << 26, 40, 50, 30, 1, 3000})) run.enter(request);
    const TraceResult result = run.finish();

    const std::vector<Line> lines = parse(csv);
    std::map<std::string, double> count;
    std::map<int, std::vector<Line>> by_channel;
    for (const Line& line : lines) {
      ++count[line.command];
      by_channel[line.channel].push_back(line);
    }
    std::int64_t active = 0;
    for (const auto& [channel, its] : by_channel) active += active_clocks(its, sheet, result.clocks);
    const double all = static_cast<double>(result.clocks) * config.channels;
    const auto& o = memory.dram().organization();
    const double unit = o.channel_bits() / o.device_bits() * memory.dram().timing().clock_ps() / 1000.0;

    double activate = 0, read = 0, write = 0, refresh = 0, standby = 0;
    for (const config::DramRail& r : memory.dram().rail()) {
      const double scale = unit * r.volts();
      activate += scale * count["ACT"] * static_cast<double>(sheet.trc) *
                  (r.idd0() - (r.idd3n() * static_cast<double>(sheet.tras) +
                               r.idd2n() * static_cast<double>(sheet.trc - sheet.tras)) /
                                  static_cast<double>(sheet.trc));
      read += scale * (count["RD"] + count["RDA"]) * static_cast<double>(sheet.burst) * (r.idd4r() - r.idd3n());
      write += scale * (count["WR"] + count["WRA"]) * static_cast<double>(sheet.burst) * (r.idd4w() - r.idd3n());
      refresh += scale * count["REF"] * static_cast<double>(sheet.trfc) * (r.idd5() - r.idd2n());
      refresh += scale * count["REFPB"] * static_cast<double>(sheet.trfc_bank) * (r.idd5_bank() - r.idd2n());
      standby += scale * (static_cast<double>(active) * r.idd3n() + (all - static_cast<double>(active)) * r.idd2n());
    }
    const DramEnergy energy = config.prices.of(result.counters.memory, result.clocks);
    EXPECT_EQ(result.counters.memory.active_clocks, active);
    EXPECT_NEAR(energy.activate_pj, activate, 1e-9 * activate);
    EXPECT_NEAR(energy.read_pj, read, 1e-9 * read);
    EXPECT_NEAR(energy.write_pj, write, 1e-9 * write);
    EXPECT_NEAR(energy.refresh_pj, refresh, 1e-9 * refresh);
    EXPECT_NEAR(energy.active_standby_pj + energy.precharged_standby_pj, standby, 1e-9 * standby);
    EXPECT_GT(refresh, 0);
    EXPECT_EQ(static_cast<double>(result.counters.memory.activates), count["ACT"]);
  }
}

INSTANTIATE_TEST_SUITE_P(Devices, Energy, testing::ValuesIn(kShippedDevices),
                         [](const auto& device) { return std::string(device.param); });

}  // namespace
}  // namespace systole::dram
