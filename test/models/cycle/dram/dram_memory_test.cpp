// The SystemC wrapper: each case has a process of its own under CTest (one elaboration a process).
#include "models/cycle/dram/dram_memory.h"

#include <gtest/gtest.h>

#include <sstream>

#include "test/models/cycle/dram/shipped.h"
#include "test/models/cycle/dram/tlm_initiator.h"

/// libsystemc wants one; the test's main is GoogleTest's.
int sc_main(int /*argc*/, char** /*argv*/) {
  return 0;
}

namespace systole {
namespace {

constexpr std::uint64_t kTck = 833;

struct Bench {
  explicit Bench(const config::Memory& description)
      : memory(make_dram_memory("memory", description)), initiator("initiator", *memory) {}
  void run() { sc_core::sc_start(); }
  std::unique_ptr<DramMemory> memory;
  TlmInitiator initiator;
};

TEST(DramMemory, an_unloaded_read_takes_trcd_rl_and_its_burst_from_the_next_memory_clock_edge) {
  Bench bench(dram::shipped("ddr4_2400"));
  bench.initiator.add({false, 0, 64, 1000});  // between edges 1 (833 ps) and 2 (1666 ps)
  bench.run();
  EXPECT_EQ(bench.initiator.bursts[0].accepted_ps, 1000U);
  EXPECT_EQ(bench.initiator.bursts[0].answered_ps, (2 + 17 + 17 + 4) * kTck);
}

TEST(DramMemory, a_request_exactly_at_an_edge_is_taken_at_the_next_one) {
  Bench bench(dram::shipped("ddr4_2400"));
  bench.initiator.add({false, 0, 64, 2 * kTck});
  bench.run();
  EXPECT_EQ(bench.initiator.bursts[0].answered_ps, (3 + 17 + 17 + 4) * kTck);
}

TEST(DramMemory, a_write_is_answered_when_posted_and_drained_later) {
  Bench bench(dram::shipped("ddr4_2400"));
  bench.initiator.add({true, 0, 64, 0});
  bench.run();
  EXPECT_EQ(bench.initiator.bursts[0].answered_ps, kTck);
  EXPECT_TRUE(bench.memory->busy());  // nobody waits for it: no event, only time
  sc_core::sc_start(1, sc_core::SC_US);
  EXPECT_FALSE(bench.memory->busy());
  EXPECT_EQ(bench.memory->counters().writes, 1);
  EXPECT_EQ(bench.memory->counters().write_bytes, 64);
}

TEST(DramMemory, a_read_of_a_posted_write_is_forwarded_a_clock_later_without_a_command) {
  Bench bench(dram::shipped("ddr4_2400"));
  bench.initiator.add({true, 128, 64, 0});
  bench.initiator.add({false, 130, 8, 0});
  bench.run();
  EXPECT_EQ(bench.initiator.bursts[1].answered_ps, 2 * kTck);
  EXPECT_EQ(bench.memory->counters().reads, 0);
  EXPECT_EQ(bench.memory->dram_counters().forwarded_reads, 1);
}

TEST(DramMemory, a_read_that_a_posted_write_covers_in_part_waits_for_the_write) {
  Bench bench(dram::shipped("ddr4_2400"));
  bench.initiator.add({true, 128, 8, 0});
  bench.initiator.add({false, 128, 64, 0});
  bench.run();
  EXPECT_EQ(bench.memory->counters().writes, 1);
  EXPECT_EQ(bench.memory->counters().reads, 1);
  // ACT at 1, WR at 18; the read enters at 19: WR + WL + BL/2 + tWTR_L, then RL + BL/2.
  EXPECT_EQ(bench.initiator.bursts[1].answered_ps, (18 + 12 + 4 + 9 + 17 + 4) * kTck);
}

TEST(DramMemory, a_4096_byte_burst_is_split_into_device_bursts_that_follow_at_tccd_s) {
  Bench bench(dram::shipped("ddr4_2400"));
  bench.initiator.add({false, 4096, 4096, 0});
  bench.run();
  EXPECT_EQ(bench.memory->counters().reads, 64);
  EXPECT_EQ(bench.memory->counters().read_bytes, 4096);
  // Four banks open at tRRD_S; the first column command goes tRCD after the first ACT and the others fall into step.
  EXPECT_EQ(bench.initiator.bursts[0].answered_ps, (1 + 17 + 63 * 4 + 17 + 4) * kTck);
}

TEST(DramMemory, a_burst_that_is_not_aligned_touches_one_more_device_burst) {
  Bench bench(dram::shipped("ddr4_2400"));
  bench.initiator.add({false, 100, 64, 0});
  bench.run();
  EXPECT_EQ(bench.memory->counters().reads, 2);
}

TEST(DramMemory, full_queues_withhold_end_req_until_a_burst_was_served) {
  Bench bench(dram::shipped("ddr4_2400"));
  bench.initiator.add({false, 0, 2048, 0});   // 32 device bursts fill the read queue
  bench.initiator.add({false, 2048, 64, 0});  // enters when the first column command has gone, at clock 18
  bench.run();
  EXPECT_EQ(bench.initiator.bursts[0].accepted_ps, 0U);
  EXPECT_EQ(bench.initiator.bursts[1].accepted_ps, 18 * kTck);
}

TEST(DramMemory, a_stream_of_dma_bursts_runs_near_the_peak) {
  Bench bench(dram::shipped("ddr4_2400"));
  for (unsigned i = 0; i < 500; ++i) bench.initiator.add({false, i * 1024, 1024, 0});
  bench.run();
  const double seconds = static_cast<double>(bench.initiator.bursts.back().answered_ps) * 1e-12;
  const double rate = 500 * 1024 / seconds;
  EXPECT_GT(rate, 0.94 * bench.memory->peak_bytes_per_second());
  EXPECT_LT(rate, bench.memory->peak_bytes_per_second());
}

TEST(DramMemory, counters_are_up_to_date_in_the_middle_of_a_run_and_while_idle) {
  Bench bench(dram::shipped("ddr4_2400"));
  bench.initiator.add({false, 0, 64, 0});
  sc_core::sc_start(sc_core::sc_time::from_value(18 * kTck));
  EXPECT_EQ(bench.memory->counters().activates, 1);
  sc_core::sc_start(sc_core::sc_time::from_value(3 * 9360 * kTck));
  EXPECT_EQ(bench.memory->counters().refreshes, 3);
}

TEST(DramMemory, a_dump_names_each_channel_and_what_waits) {
  Bench bench(dram::shipped("ddr4_2400"));
  bench.initiator.add({false, 0, 4096, 0});
  sc_core::sc_start(sc_core::sc_time::from_value(5 * kTck));
  std::ostringstream out;
  bench.memory->dump(out);
  EXPECT_NE(out.str().find("channel 0"), std::string::npos);
  EXPECT_NE(out.str().find("reads waiting: 32"), std::string::npos);
  EXPECT_TRUE(bench.memory->busy());
}

TEST(DramMemory, a_burst_across_a_4096_byte_boundary_is_a_bug_of_ours) {
  Bench bench(dram::shipped("ddr4_2400"));
  bench.initiator.add({false, 4090, 64, 0});
  EXPECT_THROW(bench.run(), std::exception);
}

}  // namespace
}  // namespace systole
