// What the controller chooses, apart from what is legal.
#include <gtest/gtest.h>

#include "test/models/cycle/dram/recorder.h"
#include "test/models/cycle/dram/shipped.h"

namespace systole::dram {
namespace {

class Policies : public testing::Test {
 protected:
  void make() { channel_ = std::make_unique<Channel>(configure(memory_).channel, 0, recorder_, true); }
  config::DramController& controller() { return *memory_.mutable_dram()->mutable_controller(); }
  void push(Direction direction, int bank, int row, int column, std::uint64_t token = 0) {
    ASSERT_TRUE(channel_->try_push({{0, bank, row, column}, token, 0, 64}, direction));
  }
  std::string names() const {
    std::string all;
    for (const Command& command : recorder_.commands)
      all += std::string(all.empty() ? "" : " ") + name_of(command.kind);
    return all;
  }

  config::Memory memory_ = shipped("ddr4_2400");
  Recorder recorder_;
  std::unique_ptr<Channel> channel_;
};

TEST_F(Policies, row_hits_go_before_an_older_conflict) {
  make();
  push(Direction::read, 0, 1, 0);
  channel_->advance(18);  // row 1 is open and read
  push(Direction::read, 0, 2, 0, 1);
  push(Direction::read, 0, 1, 1, 2);
  channel_->drain();
  EXPECT_EQ(names(), "ACT RD RD PRE ACT RD");
  EXPECT_EQ(recorder_.commands[2].token, 2U);
  const MemoryCounters count = channel_->counters().memory;
  EXPECT_EQ(count.row_misses, 1);
  EXPECT_EQ(count.row_hits, 1);
  EXPECT_EQ(count.row_conflicts, 1);
}

TEST_F(Policies, an_old_request_stops_the_hits_of_its_bank) {
  controller().set_age_cap(200);
  make();
  push(Direction::read, 0, 1, 0);
  channel_->advance(18);
  push(Direction::read, 0, 2, 0, 99);
  Clock served = 0;
  while (served == 0) {
    channel_->try_push({{0, 0, 1, 1}, 0, 0, 64}, Direction::read);  // hits without end
    channel_->advance(channel_->now() + 1);
    if (recorder_.commands.back().token == 99) served = recorder_.commands.back().clock;
    ASSERT_LT(channel_->now(), 1000);
  }
  EXPECT_GE(served, 18 + 200);
  EXPECT_LE(served, 18 + 200 + 9 + 17 + 17 + 1);  // tRTP, tRP, tRCD
}

TEST_F(Policies, a_closed_page_precharges_with_every_column_command) {
  controller().set_page_policy(config::closed_page);
  make();
  for (int column = 0; column < 3; ++column) push(Direction::read, 0, 1, column);
  push(Direction::write, 1, 1, 0);
  channel_->drain();
  EXPECT_EQ(names(), "ACT RDA ACT RDA ACT RDA ACT WRA");
}

TEST_F(Policies, an_adaptive_page_precharges_with_the_last_hit_when_another_row_waits) {
  controller().set_page_policy(config::adaptive_page);
  make();
  push(Direction::read, 0, 1, 0);
  push(Direction::read, 0, 1, 1);
  push(Direction::read, 0, 2, 0);
  channel_->drain();
  EXPECT_EQ(names(), "ACT RD RDA ACT RD");
  EXPECT_EQ(channel_->counters().memory.row_conflicts, 1);
}

TEST_F(Policies, an_ideal_page_is_always_open_but_during_a_refresh) {
  controller().set_page_policy(config::ideal_page);
  make();
  for (int row = 0; row < 3; ++row) push(Direction::read, 0, row, 0);
  channel_->drain();
  EXPECT_EQ(names(), "RD RD RD");
  EXPECT_EQ(recorder_.commands[2].clock - recorder_.commands[0].clock, 2 * 6);  // tCCD_L
  channel_->advance(9360);
  push(Direction::read, 0, 5, 0);
  channel_->drain();
  EXPECT_EQ(names(), "RD RD RD REF RD");
  EXPECT_GE(recorder_.commands[4].clock - recorder_.commands[3].clock, 420);  // tRFC
  EXPECT_EQ(channel_->counters().memory.row_hits, 4);
}

TEST_F(Policies, without_refresh_there_is_none_however_long_it_takes) {
  controller().set_refresh(config::no_refresh);
  make();
  for (int interval = 1; interval < 20; ++interval) {
    push(Direction::read, 0, 1, interval);
    channel_->drain();
    channel_->advance(interval * 9360);
  }
  EXPECT_EQ(channel_->counters().memory.refreshes, 0);
}

TEST_F(Policies, writes_wait_below_the_watermark_while_reads_come_and_then_go_in_a_batch) {
  make();
  for (int i = 0; i < 26; ++i) push(Direction::write, 0, 1, i);
  for (int i = 0; i < 26; ++i) push(Direction::read, 4, 1, i);
  channel_->drain();
  // The high watermark (26) is reached: a batch down to the low one (6), the reads, the rest.
  std::string order;
  for (const Command& command : recorder_.commands) {
    if (command.kind == CommandKind::read) order += 'R';
    if (command.kind == CommandKind::write) order += 'W';
  }
  EXPECT_EQ(order, std::string(20, 'W') + std::string(26, 'R') + std::string(6, 'W'));
  EXPECT_GT(channel_->counters().memory.turnaround_clocks, 0);
}

/// Reads never cease, and writes stay below the low watermark: when the first is over the age cap, all go.
TEST_F(Policies, writes_that_have_grown_old_go_together) {
  controller().set_age_cap(200);
  controller().set_refresh(config::no_refresh);
  make();
  push(Direction::read, 4, 1, 127);
  for (int i = 0; i < 5; ++i) push(Direction::write, 0, 1, i);
  int read = 0;
  for (Clock now = 1; now < 600; ++now) {
    read += channel_->try_push({{4, 0, 1, read % 128}, 0, 0, 64}, Direction::read) ? 1 : 0;
    channel_->advance(now);
  }
  std::string turns;
  Clock written = 0;
  for (const Command& command : recorder_.commands) {
    if (command.kind == CommandKind::read && (turns.empty() || turns.back() != 'R')) turns += 'R';
    if (command.kind != CommandKind::write) continue;
    turns += 'W';
    if (written == 0) written = command.clock;
  }
  EXPECT_EQ(turns, "RWWWWWR");
  EXPECT_GE(written, 200);
  EXPECT_LT(written, 400);
}

TEST_F(Policies, reads_are_not_starved_by_endless_writes) {
  make();
  int written = 0;
  channel_->advance(1);
  for (int i = 0; i < 32; ++i) push(Direction::write, 0, 1, i);
  push(Direction::read, 4, 1, 0, 7);
  while (recorder_.done.empty() && channel_->now() < 2000) {
    written += channel_->try_push({{0, 0, 1, 40 + written % 80}, 0, 0, 64}, Direction::write) ? 1 : 0;
    channel_->advance(channel_->now() + 1);
  }
  ASSERT_EQ(recorder_.done.size(), 1U);
  EXPECT_LT(recorder_.done[0].second, 500);
}

TEST_F(Policies, a_write_waits_until_an_older_read_of_its_burst_has_gone) {
  make();
  push(Direction::read, 0, 1, 5);
  EXPECT_FALSE(channel_->try_push({{0, 0, 1, 5}, 0, 0, 64}, Direction::write));
  channel_->advance(18);
  EXPECT_TRUE(channel_->try_push({{0, 0, 1, 5}, 0, 0, 64}, Direction::write));
}

TEST_F(Policies, a_postponed_refresh_waits_for_an_idle_rank) {
  controller().set_max_postponed_refreshes(8);
  make();
  while (channel_->now() < 3 * 9360 + 100) {
    if (!channel_->try_push({{0, 0, 1, 0}, 0, 0, 64}, Direction::read)) channel_->advance(channel_->now() + 1);
  }
  EXPECT_EQ(channel_->counters().memory.refreshes, 0);
  channel_->drain();
  channel_->advance(channel_->now() + 2000);
  EXPECT_EQ(channel_->counters().memory.refreshes, 3);
}

TEST_F(Policies, refresh_clocks_count_only_while_work_waits) {
  make();
  channel_->advance(9200);
  push(Direction::read, 0, 1, 0);
  channel_->advance(9360 + 20);  // REF goes by 9360
  EXPECT_EQ(channel_->counters().memory.refreshes, 1);
  EXPECT_EQ(channel_->counters().memory.refresh_clocks, 0);
  push(Direction::read, 0, 1, 1);
  channel_->drain();
  const Clock refresh = recorder_.commands[recorder_.commands.size() - 3].clock;
  EXPECT_EQ(recorder_.commands[recorder_.commands.size() - 3].kind, CommandKind::refresh_all);
  EXPECT_EQ(channel_->counters().memory.refresh_clocks, refresh + 420 - 9380);
}

}  // namespace
}  // namespace systole::dram
