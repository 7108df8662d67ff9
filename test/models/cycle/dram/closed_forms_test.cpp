// What can be worked out on paper holds exactly.
#include <gtest/gtest.h>

#include <algorithm>

#include "models/cycle/dram/trace_run.h"
#include "test/models/cycle/dram/checker/data_sheet.h"
#include "test/models/cycle/dram/recorder.h"
#include "test/models/cycle/dram/shipped.h"
#include "test/models/cycle/dram/traffic.h"

namespace systole::dram {
namespace {

/// The device with all-bank refresh, which stays away from runs shorter than tREFI.
config::Memory all_bank(const std::string& device) {
  config::Memory memory = shipped(device);
  memory.mutable_dram()->mutable_controller()->set_refresh(config::all_bank);
  return memory;
}

std::vector<Clock> clocks_of(const std::vector<Command>& commands, CommandKind kind) {
  std::vector<Clock> clocks;
  for (const Command& command : commands) {
    if (command.kind == kind) clocks.push_back(command.clock);
  }
  return clocks;
}

class ClosedForms : public testing::TestWithParam<const char*> {
 protected:
  checker::DataSheet sheet_ = checker::data_sheet(GetParam());
};

TEST_P(ClosedForms, an_unloaded_read_takes_activate_column_and_burst) {
  Recorder recorder;
  Channel channel(configure(all_bank(GetParam())).channel, 0, recorder, true);
  channel.advance(100);
  ASSERT_TRUE(channel.try_push({{0, 0, 5, 3}, 0, 0, 64}, Direction::read));
  channel.drain();
  ASSERT_EQ(recorder.done.size(), 1U);
  EXPECT_EQ(recorder.done[0].second - 100, sheet_.unloaded_read);
}

TEST_P(ClosedForms, conflicts_in_one_bank_come_every_trc) {
  Recorder recorder;
  Channel channel(configure(all_bank(GetParam())).channel, 0, recorder, true);
  for (int row = 0; row < 20; ++row) ASSERT_TRUE(channel.try_push({{0, 0, row, 0}, 0, 0, 64}, Direction::read));
  channel.drain();
  const std::vector<Clock> activates = clocks_of(recorder.commands, CommandKind::activate);
  ASSERT_EQ(activates.size(), 20U);
  for (std::size_t i = 1; i < activates.size(); ++i) EXPECT_EQ(activates[i] - activates[i - 1], sheet_.trc) << i;
}

TEST_P(ClosedForms, activates_over_all_banks_come_four_in_a_tfaw) {
  config::Memory memory = all_bank(GetParam());
  memory.mutable_dram()->mutable_controller()->set_page_policy(config::closed_page);
  // Here RD would fall on the clock of an ACT and take the command bus; a longer tRCD parts them.
  if (memory.name() == "ddr4_3200") memory.mutable_dram()->mutable_timing()->set_trcd_read(23);
  if (memory.name() == "lpddr4_3200") memory.mutable_dram()->mutable_timing()->set_trcd_read(34);
  if (memory.name() == "lpddr5_6400") memory.mutable_dram()->mutable_timing()->set_trcd_read(17);
  const ChannelConfig config = configure(memory).channel;
  Recorder recorder;
  Channel channel(config, 0, recorder, true);
  const int banks = config.geometry.banks();
  for (int i = 0; i < 200; ++i) {
    // Bank groups in turn.
    const int bank = i % config.geometry.groups * config.geometry.banks_per_group + i % banks / config.geometry.groups;
    while (!channel.try_push({{0, bank, i, 0}, 0, 0, 64}, Direction::read)) channel.advance(channel.now() + 1);
  }
  channel.drain();
  const std::vector<Clock> activates = clocks_of(recorder.commands, CommandKind::activate);
  ASSERT_EQ(activates.size(), 200U);
  for (std::size_t i = 4; i < activates.size(); ++i) EXPECT_EQ(activates[i] - activates[i - 4], sheet_.tfaw) << i;
}

TEST_P(ClosedForms, a_refresh_costs_a_stream_its_closing_trfc_and_its_opening) {
  Recorder recorder;
  Channel channel(configure(all_bank(GetParam())).channel, 0, recorder, true);
  // One row of one bank for ever: the last read before a refresh, precharge, REF, activate, the first read after.
  while (channel.now() < 20 * sheet_.trefi) {
    if (!channel.try_push({{0, 0, 0, 0}, 0, 0, 64}, Direction::read)) channel.advance(channel.now() + 1);
  }
  const std::vector<Clock> reads = clocks_of(recorder.commands, CommandKind::read);
  const std::vector<Clock> refreshes = clocks_of(recorder.commands, CommandKind::refresh_all);
  EXPECT_EQ(refreshes.size(), 20U);
  for (const Clock refresh : refreshes) {
    const auto after = std::lower_bound(reads.begin(), reads.end(), refresh);
    if (after == reads.end()) continue;
    EXPECT_GE(*after - *(after - 1), sheet_.trtp + sheet_.trp_all + sheet_.trfc + sheet_.trcd_read);
    EXPECT_LE(*after - *(after - 1), sheet_.trtp + sheet_.trp_all + sheet_.trfc + sheet_.trcd_read + sheet_.tccd_l);
    EXPECT_EQ(*after - refresh, sheet_.trfc + sheet_.trcd_read);
  }
  // Between refreshes the bus is bound by tCCD_L alone: the loss is the refreshes' and the first opening's.
  Clock gaps = 0;
  for (std::size_t i = 1; i < reads.size(); ++i) gaps += reads[i] - reads[i - 1] == sheet_.tccd_l ? 0 : 1;
  EXPECT_LE(gaps, 20);
}

TEST_P(ClosedForms, a_stream_in_one_bank_group_is_bound_by_tccd_l_and_over_bank_groups_by_tccd_s) {
  for (const bool one_group : {true, false}) {
    const ChannelConfig config = configure(all_bank(GetParam())).channel;
    Recorder recorder;
    Channel channel(config, 0, recorder, true);
    for (int i = 0; i < 200; ++i) {
      const int bank = one_group ? 0 : i % config.geometry.groups * config.geometry.banks_per_group;
      while (!channel.try_push({{0, bank, 0, i / 8}, 0, 0, 64}, Direction::read)) channel.advance(channel.now() + 1);
    }
    channel.drain();
    const std::vector<Clock> reads = clocks_of(recorder.commands, CommandKind::read);
    for (std::size_t i = 50; i < reads.size() - 10; ++i)
      EXPECT_EQ(reads[i] - reads[i - 1], one_group ? sheet_.tccd_l : sheet_.tccd_s);
  }
}

INSTANTIATE_TEST_SUITE_P(Devices, ClosedForms, testing::ValuesIn(kShippedDevices),
                         [](const auto& device) { return std::string(device.param); });

}  // namespace
}  // namespace systole::dram
