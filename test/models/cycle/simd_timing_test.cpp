#include "models/cycle/simd_timing.h"

#include <gtest/gtest.h>

#include "test/models/cycle/block_builder.h"

namespace systole::test {
namespace {

using isa::Namespace;
using isa::SimdOpcode;

/// Iterators 0 and 1 read VMEM1, 2 reads VMEM2, 3 writes VMEM2, 4 is an immediate; all but the last move with the
/// innermost loop.
class SimdTimingTest : public testing::Test {
 protected:
  SimdTimingTest() {
    program_.used = true;
    set(0, Namespace::vmem1, 0);
    set(1, Namespace::vmem1, 1000);
    set(2, Namespace::vmem2, 0);
    set(3, Namespace::vmem2, 5000);
    set(4, Namespace::imm, 0);
    program_.iterators[4].stride = {};
  }

  void set(std::size_t iterator, Namespace space, std::int32_t base) {
    program_.iterators[iterator].used = true;
    program_.iterators[iterator].space = space;
    program_.iterators[iterator].base = base;
    program_.iterators[iterator].stride[0] = 1;
  }

  isa::Nest nest(std::int32_t count, std::vector<isa::SimdInstruction> body) {
    isa::Nest result;
    if (count > 0) result.loops = {trip(count)};
    result.lanes.last = trip(16);
    result.body = std::move(body);
    return result;
  }

  SimdTile tile(bool hazards = true, bool bank_conflicts = true) {
    SimdParameters parameters;
    parameters.lanes = 16;
    parameters.hazards = hazards;
    parameters.bank_conflicts = bank_conflicts;
    SimdTiming timing(parameters);
    timing.start(program_);
    return timing.tile(TileWalker({}));
  }

  isa::SimdProgram program_;
};

std::int64_t cycles(const SimdTile& tile) {
  std::int64_t sum = tile.fill;
  for (const SimdNestTime& nest : tile.nests) sum += nest.issue.total();
  return sum;
}

TEST_F(SimdTimingTest, ANestIssuesOneInstructionACycleAndFillsOnce) {
  program_.nests = {nest(100, {{SimdOpcode::relu, 3, 0, 0}})};
  EXPECT_EQ(cycles(tile()), 100 + 5 + 15);
}

TEST_F(SimdTimingTest, ATileWithoutInstructionsTakesNoTime) {
  program_.nests = {nest(100, {{SimdOpcode::relu, 3, 0, 0}})};
  program_.nests[0].when = {isa::Condition::Kind::not_first, 0};
  EXPECT_EQ(cycles(tile()), 0);
}

TEST_F(SimdTimingTest, TheDirectSuccessorWaitsTwoCyclesAndTheOneAfterItOne) {
  program_.nests = {nest(0, {{SimdOpcode::mul, 3, 0, 4}, {SimdOpcode::add, 3, 3, 4}})};
  EXPECT_EQ(tile().nests[0].issue.hazard, 2);
  program_.nests = {nest(0, {{SimdOpcode::mul, 3, 0, 4}, {SimdOpcode::relu, 1, 0, 0}, {SimdOpcode::add, 3, 3, 4}})};
  EXPECT_EQ(tile().nests[0].issue.hazard, 1);
  program_.nests = {nest(0, {{SimdOpcode::mul, 3, 0, 4},
                             {SimdOpcode::relu, 1, 0, 0},
                             {SimdOpcode::relu, 1, 0, 0},
                             {SimdOpcode::add, 3, 3, 4}})};
  EXPECT_EQ(tile().nests[0].issue.hazard, 0);
}

TEST_F(SimdTimingTest, ALongLatencyHoldsTheNextInstructionAndTheResultTwoMore) {
  program_.nests = {nest(0, {{SimdOpcode::divide, 3, 0, 4}, {SimdOpcode::add, 3, 3, 4}})};
  const NestTime time = tile().nests[0].issue;
  EXPECT_EQ(time.busy, 9 + 1);
  EXPECT_EQ(time.hazard, 2);
  program_.nests = {nest(10, {{SimdOpcode::exp, 3, 0, 0}})};
  EXPECT_EQ(cycles(tile()), 10 * 3 + 5 + 15);
  program_.nests = {nest(10, {{SimdOpcode::inverse_sqrt, 3, 0, 0}})};
  EXPECT_EQ(cycles(tile()), 10 * 13 + 5 + 15);
}

TEST_F(SimdTimingTest, HazardsReachFromNestToNest) {
  program_.nests = {nest(0, {{SimdOpcode::relu, 3, 0, 0}}), nest(0, {{SimdOpcode::relu, 1, 3, 0}})};
  EXPECT_EQ(tile().nests[1].issue.hazard, 2);
}

TEST_F(SimdTimingTest, AnAccumulationReadsItsDestination) {
  program_.iterators[3].stride = {};
  program_.nests = {nest(10, {{SimdOpcode::mac, 3, 0, 4}})};
  EXPECT_EQ(tile().nests[0].issue.hazard, 9 * 2);
}

TEST_F(SimdTimingTest, TwoWordsOfOneNamespaceTakeItsReadPortTwice) {
  program_.nests = {nest(10, {{SimdOpcode::add, 3, 0, 1}})};
  EXPECT_EQ(tile().nests[0].issue.conflicts(), 10);
  EXPECT_EQ(tile().nests[0].events.of(Sram::vmem1).conflicts, 10 * 16);
  program_.nests = {nest(10, {{SimdOpcode::add, 3, 0, 2}})};
  EXPECT_EQ(tile().nests[0].issue.conflicts(), 0);
  program_.nests = {nest(10, {{SimdOpcode::mul, 3, 0, 0}})};
  EXPECT_EQ(tile().nests[0].issue.conflicts(), 0);
  EXPECT_EQ(tile().nests[0].events.of(Sram::vmem1).reads, 10 * 16);
  program_.nests = {nest(10, {{SimdOpcode::mul, 3, 4, 4}})};
  EXPECT_EQ(tile().nests[0].issue.conflicts(), 0);
}

TEST_F(SimdTimingTest, WithoutHazardsOnlyTheExecuteStageIsWaitedFor) {
  program_.nests = {nest(0, {{SimdOpcode::divide, 3, 0, 4}, {SimdOpcode::add, 3, 3, 4}})};
  EXPECT_EQ(tile(false).nests[0].issue.hazard, 0);
  EXPECT_EQ(tile(false).nests[0].issue.busy, 9 + 1);
}

TEST_F(SimdTimingTest, WithoutBankConflictsANamespaceIsReadAsOftenAsItIsWanted) {
  program_.nests = {nest(10, {{SimdOpcode::add, 3, 0, 1}})};
  EXPECT_EQ(tile(true, false).nests[0].issue.conflicts(), 0);
  EXPECT_EQ(tile(true, false).nests[0].events.of(Sram::vmem1).reads, 2 * 10 * 16);
}

TEST_F(SimdTimingTest, LanesThatAreNotActiveCountNoWork) {
  program_.nests = {nest(10, {{SimdOpcode::add, 3, 0, 4}})};
  program_.nests[0].lanes = {0, trip(5)};
  const SimdNestTime time = tile().nests[0];
  EXPECT_EQ(time.events.of(SimdOperation::add), 9 * 16 + 5);
  EXPECT_EQ(time.events.of(Sram::vmem2).write_bytes, (9 * 16 + 5) * 4);
  EXPECT_EQ(time.events.of(Sram::imm).reads, 10);
  EXPECT_EQ(time.events.simd_instructions, 10);
}

}  // namespace
}  // namespace systole::test
