// What each idealization takes out of the cycle-level machine, one at a time and together.
#include <gtest/gtest.h>

#include "configs/idealize.h"
#include "models/analytical/validate/ladder.h"
#include "models/cycle/configure.h"
#include "test/models/analytical/validate/networks.h"
#include "test/models/cycle/fresh_kernel.h"

namespace systole::validation {
namespace {

RunCounters run(const isa::Program& program, const config::Machine& machine) {
  test::fresh_kernel();
  const config::Machine simulated = idealized(machine);
  const std::unique_ptr<Memory> memory = make_memory(simulated.memory_description());
  return simulate(machine_parameters(simulated), *memory, load_program(program));
}

config::Machine without(config::Machine machine, const std::string& cause) {
  config::Idealization& switches = *machine.mutable_without();
  switches.GetReflection()->SetBool(&switches, config::Idealization::descriptor()->FindFieldByName(cause), true);
  return machine;
}

/// LeNet-5 with DDR4: every cause has something to take away.
class Switches : public testing::Test {
 protected:
  RunCounters without_cause(const std::string& cause) { return run(program_, without(machine_, cause)); }

  config::Machine machine_ = machine_named("inference_16x16", "ddr4_2400");
  isa::Program program_ = compiled("lenet5", machine_);
  RunCounters real_ = run(program_, machine_);
};

TEST_F(Switches, without_refresh_dram_is_never_refreshed) {
  ASSERT_GT(real_.memory.refreshes, 0);
  const RunCounters ideal = without_cause("refresh");
  EXPECT_EQ(ideal.memory.refreshes, 0);
  EXPECT_EQ(ideal.memory.refresh_clocks, 0);
  EXPECT_LE(ideal.cycles, real_.cycles);
}

TEST_F(Switches, without_row_misses_every_access_is_a_hit_and_no_row_is_opened) {
  ASSERT_GT(real_.memory.row_conflicts + real_.memory.row_misses, 0);
  const RunCounters ideal = without_cause("row_misses");
  EXPECT_EQ(ideal.memory.activates, 0);
  EXPECT_EQ(ideal.memory.precharges, 0);
  EXPECT_EQ(ideal.memory.row_misses + ideal.memory.row_conflicts, 0);
  EXPECT_EQ(ideal.memory.row_hits, ideal.memory.reads + ideal.memory.writes);
  EXPECT_GT(ideal.memory.refreshes, 0);
  EXPECT_LT(ideal.cycles, real_.cycles);
}

TEST_F(Switches, without_turnaround_the_bus_turns_in_less_time) {
  const RunCounters ideal = without_cause("turnaround");
  ASSERT_GT(real_.memory.turnaround_clocks, 0);
  EXPECT_LT(ideal.memory.turnaround_clocks, real_.memory.turnaround_clocks);
}

TEST_F(Switches, without_bus_sharing_no_port_waits_for_another) {
  const RunCounters ideal = without_cause("bus_sharing");
  EXPECT_EQ(ideal.memory.read_bytes, run(program_, without(machine_, "memory")).memory.read_bytes);
  EXPECT_EQ(ideal.memory.reads, 0);  // no commands: no device
  EXPECT_LT(ideal.cycles, real_.cycles);
}

TEST_F(Switches, without_latency_every_transfer_ends_sooner) {
  EXPECT_LT(without_cause("latency").cycles, real_.cycles);
}

TEST_F(Switches, without_memory_the_machine_is_that_with_the_ideal_one) {
  const RunCounters ideal = without_cause("memory");
  EXPECT_EQ(ideal.cycles, run(program_, machine_named("inference_16x16", "ideal")).cycles);
}

TEST_F(Switches, without_instruction_fetch_no_word_is_fetched_and_blocks_follow_at_once) {
  const RunCounters ideal = without_cause("instruction_fetch");
  EXPECT_EQ(ideal.of(Unit::dma_instruction).busy.count(), 0);
  EXPECT_EQ(ideal.of(Unit::controller).busy.count(), 0);
  EXPECT_EQ(ideal.blocks.front().start.count(), 0);
  for (std::size_t b = 1; b < ideal.blocks.size(); ++b) EXPECT_EQ(ideal.blocks[b].start, ideal.blocks[b - 1].end);
  EXPECT_LT(ideal.memory.read_bytes, real_.memory.read_bytes);
  EXPECT_LT(ideal.cycles, real_.cycles);
}

TEST(Switch, without_hazards_no_unit_stalls_for_one) {
  const config::Machine machine = machine_named("inference_64x64", "ideal");
  const isa::Program program = compiled("mobilenet_v2", machine);
  const auto hazards = [](const RunCounters& counters) {
    return counters.of(Unit::systolic_array).stalls[Stall::obuf_hazard].count() +
           counters.of(Unit::simd_unit).stalls[Stall::hazard].count();
  };
  const RunCounters real = run(program, machine);
  const RunCounters ideal = run(program, without(machine, "hazards"));
  ASSERT_GT(hazards(real), 0);
  EXPECT_EQ(hazards(ideal), 0);
  EXPECT_LT(ideal.cycles, real.cycles);
}

/// A controller that serves row hits first can be unlucky with less to wait for: by six cycles in one of these runs.
TEST(Switch, nothing_takes_longer_without_the_causes_before_and_one_more) {
  constexpr double kUnlucky = 1.001;
  for (const char* network : {"lenet5", "squeezenet"}) {
    for (const char* memory : {"ddr4_2400", "hbm2", "lpddr4_3200"}) {
      const config::Machine machine = machine_named("inference_64x64", memory);
      const isa::Program program = compiled(network, machine);
      const std::vector<Rung> rungs = ladder(machine);
      std::int64_t before = run(program, machine).cycles.count();
      for (std::size_t i = 1; i < rungs.size(); ++i) {
        const std::int64_t cycles = run(program, rungs[i].machine).cycles.count();
        EXPECT_LE(static_cast<double>(cycles), kUnlucky * static_cast<double>(before))
            << network << ", " << memory << ", without " << rungs[i].cause;
        before = cycles;
      }
    }
  }
}

}  // namespace
}  // namespace systole::validation
