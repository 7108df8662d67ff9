#include "models/cycle/accounting.h"

#include <gtest/gtest.h>

#include "base/errors.h"

namespace systole {
namespace {

constexpr Cycles at(std::int64_t cycle) {
  return Cycles{cycle};
}

TEST(UnitAccount, EveryCycleIsChargedToWhatTheUnitDid) {
  UnitAccount account(Unit::dma_ibuf);
  account.rest(at(10), Stall::slot);
  account.spend(at(15), Activity::busy(), at(30));
  account.rest(at(20), Stall::memory);  // in the middle of what is spent: counts from its end
  account.spend(at(40), Activity::busy(), at(45));
  const UnitTime time = account.close(at(50));
  EXPECT_EQ(time.idle, at(10));
  EXPECT_EQ(time.stalls[Stall::slot], at(5));
  EXPECT_EQ(time.busy, at(15 + 5));
  EXPECT_EQ(time.stalls[Stall::memory], at(10 + 5));
}

TEST(UnitAccount, WhatOverlapsIsChargedOnce) {
  UnitAccount account(Unit::dma_ibuf);
  account.spend(at(0), Activity::busy(), at(10));
  account.spend(at(5), Activity::busy(), at(8));
  account.spend(at(5), Activity::busy(), at(12));
  EXPECT_EQ(account.close(at(12)).busy, at(12));
}

TEST(UnitAccount, AUnitThatWorksBeyondTheEndOfTheRunIsABug) {
  UnitAccount account(Unit::systolic_array);
  account.spend(at(0), Activity::busy(), at(11));
  EXPECT_THROW(account.close(at(10)), InternalError);
}

TEST(UnitAccount, TimeBelongsToTheLayerThatIsServed) {
  LayerCounters a;
  LayerCounters b;
  UnitAccount account(Unit::simd_unit);
  account.serve(at(0), &a);
  account.rest(at(0), Stall::vmem_load);
  account.spend(at(4), Activity::busy(), at(10));
  account.serve(at(10), &b);
  account.spend(at(10), Activity::busy(), at(13));
  account.rest(at(13), Activity::idle());
  account.serve(at(13), nullptr);
  account.close(at(20));
  EXPECT_EQ(a.stalls[Stall::vmem_load], at(4));
  EXPECT_EQ(a.compute, at(6));
  EXPECT_EQ(b.compute, at(3));
}

/// A block with the array (layer 0) and a fused nest (layer 1).
class LedgerTest : public testing::Test {
 protected:
  LedgerTest() {
    layers_.array = 0;
    layers_.nests = {1};
  }

  Ledger ledger_{2};
  BlockLayers layers_;
};

TEST_F(LedgerTest, KindsDivideTheRunAndGapsBelongToTheBlockThatFollows) {
  ledger_.open_block(layers_, true, at(10));
  ledger_.array_work(at(10), at(60));
  ledger_.transfer(0, true, at(20), at(80));
  ledger_.simd_work(1, at(50), at(70), at(100));
  ledger_.close_block(at(100), {});
  BlockLayers alone;
  alone.nests = {1};
  ledger_.open_block(alone, false, at(105));
  ledger_.simd_work(1, at(105), at(105), at(110));
  ledger_.close_block(at(110), {});
  const RunCounters run = ledger_.take();
  EXPECT_EQ(run.conv_gemm, at(10 + 60));  // the gap before, then up to the first instruction of the SIMD unit
  EXPECT_EQ(run.overlap, at(10));
  EXPECT_EQ(run.other, at(20 + 10));
}

TEST_F(LedgerTest, ALayersCyclesAreChargedSharedDrainOrGap) {
  ledger_.open_block(layers_, true, at(0));
  LayerCounters& conv = *ledger_.layer(0);
  LayerCounters& relu = *ledger_.layer(1);
  conv.compute += at(30);
  ledger_.array_work(at(0), at(30));
  ledger_.transfer(0, true, at(0), at(45));
  relu.compute += at(12);
  ledger_.simd_work(1, at(20), at(20), at(40));
  ledger_.transfer(1, false, at(35), at(50));
  ledger_.close_block(at(50), {});
  EXPECT_EQ(conv.stalls[Stall::drain], at(15));
  EXPECT_EQ(relu.stalls[Stall::drain], at(10));
  EXPECT_EQ(relu.stalls[Stall::shared], at(8));  // from 20 to 40 less what it worked

  BlockLayers again;
  again.nests = {1};
  ledger_.open_block(again, false, at(60));
  relu.compute += at(5);
  ledger_.simd_work(1, at(60), at(60), at(65));
  ledger_.close_block(at(65), {});
  EXPECT_EQ(relu.stalls[Stall::gap], at(10));
  EXPECT_EQ(relu.compute + relu.stalls.total(), relu.end - relu.start);
}

TEST_F(LedgerTest, TheSimdUnitsTimeForTheArraysLayerIsTheArrays) {
  layers_.nests = {0, 1};
  ledger_.open_block(layers_, true, at(0));
  EXPECT_EQ(ledger_.served_by_simd(0), nullptr);
  EXPECT_EQ(ledger_.served_by_simd(1), ledger_.layer(1));
}

TEST_F(LedgerTest, MemoryCountersAreDividedByBlock) {
  MemoryCounters memory;
  memory.read_bytes = 100;
  ledger_.open_block(layers_, true, at(0));
  ledger_.close_block(at(1), memory);
  memory.read_bytes = 130;
  ledger_.open_block(layers_, true, at(2));
  ledger_.close_block(at(3), memory);
  const RunCounters run = ledger_.take();
  EXPECT_EQ(run.blocks[0].memory.read_bytes, 100);
  EXPECT_EQ(run.blocks[1].memory.read_bytes, 30);
  EXPECT_EQ(run.blocks[1].layer, 0);
}

TEST(RunCounters, ARunWhoseCyclesDoNotAddUpIsABug) {
  RunCounters run;
  run.cycles = at(10);
  for (UnitTime& unit : run.units) unit.idle = at(10);
  run.other = at(10);
  check_identities(run);
  run.other = at(9);
  EXPECT_THROW(check_identities(run), InternalError);
  run.other = at(10);
  run.units[2].stalls[Stall::slot] = at(1);
  EXPECT_THROW(check_identities(run), InternalError);
}

}  // namespace
}  // namespace systole
