#include "kernels/tiling/search.h"

#include <gtest/gtest.h>

#include <random>

#include "base/units.h"

namespace systole {

namespace {

Machine small(std::int64_t wbuf, std::int64_t ibuf, std::int64_t obuf) {
  Machine machine;
  machine.rows = machine.columns = 16;
  machine.wbuf_half_elements = wbuf;
  machine.ibuf_half_elements = ibuf;
  machine.bbuf_half_elements = 256;
  machine.obuf_half_words = obuf;
  machine.vmem_words = 1024;
  machine.memory_bytes_per_cycle = 16;
  machine.memory_latency = 60;
  return machine;
}

ArrayProblem random_problem(std::mt19937& random) {
  const auto pick = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); };
  ArrayProblem p;
  p.batch = pick(1, 4);
  for (WindowAxis* axis : {&p.h, &p.w}) {
    *axis = {pick(1, 40), 0, pick(1, 5), pick(1, 3), 1, pick(0, 2)};
    axis->in = (axis->out - 1) * axis->stride + axis->kernel - axis->pad;
  }
  p.ic = pick(1, 200);
  p.oc = pick(1, 200);
  p.bias = true;
  return p;
}

TEST(Search, gives_tiles_that_fit_and_cover_the_output_once) {
  std::mt19937 random(3);
  for (int round = 0; round < 60; ++round) {
    const ArrayProblem p = random_problem(random);
    const Machine machine = small(256 * 20, 16 * 200, 64);
    const std::optional<Choice> choice = choose_tiling(p, true, {}, machine);
    ASSERT_TRUE(choice) << round;
    const Tiling& t = choice->tiling;
    const ArrayProblem& q = choice->problem;
    EXPECT_EQ(overflow_of(choice->geometry, {}, machine).buffer, nullptr);
    const auto covered = [](std::int64_t total, std::int64_t tile) {
      std::int64_t sum = 0;
      for (std::int64_t i = 0; i < ceil_div(total, tile); ++i) sum += std::min(tile, total - i * tile);
      return sum == total && tile >= 1 && tile <= total;
    };
    EXPECT_TRUE(covered(q.batch, t.batch) && covered(q.h.out, t.oh) && covered(q.w.out, t.ow));
    EXPECT_TRUE(covered(q.ic, t.ic) && covered(q.oc, t.oc));
    EXPECT_EQ(q.h.kernel % t.kh, 0);
    EXPECT_EQ(q.w.kernel % t.kw, 0);
    EXPECT_TRUE(t.ic == q.ic || t.ic % machine.rows == 0);
    EXPECT_TRUE(t.oc == q.oc || t.oc % machine.columns == 0);
  }
}

TEST(Search, is_deterministic) {
  std::mt19937 random(5);
  const ArrayProblem p = random_problem(random);
  const Machine machine = small(256 * 20, 16 * 200, 64);
  EXPECT_EQ(choose_tiling(p, true, {}, machine)->tiling, choose_tiling(p, true, {}, machine)->tiling);
}

TEST(Search, packs_the_columns_of_a_first_layer) {
  ArrayProblem p;
  p.h = p.w = {112, 224, 7, 2, 1, 3};
  p.ic = 3;
  p.oc = 64;
  const Machine machine = small(256 * 64, 16 * 4096, 4096);
  const std::optional<Choice> choice = choose_tiling(p, true, {}, machine);
  ASSERT_TRUE(choice);
  EXPECT_EQ(choice->problem.pack, 4) << "two blocks of four and three columns need 12 of 16 rows";
  EXPECT_EQ(choose_tiling(p, false, {}, machine)->problem.pack, 1);
}

TEST(Search, finds_nothing_when_the_smallest_tile_is_too_large) {
  ArrayProblem p;
  p.ic = p.oc = 16;
  const Machine machine = small(255, 1024, 64);
  EXPECT_FALSE(choose_tiling(p, true, {}, machine));
  const Overflow overflow = smallest_overflow(p, {}, machine);
  EXPECT_STREQ(overflow.buffer, "half of WBUF");
  EXPECT_EQ(overflow.needed, 256);
  EXPECT_EQ(overflow.available, 255);
}

TEST(Search, is_never_slower_with_larger_buffers) {
  std::mt19937 random(11);
  for (int round = 0; round < 20; ++round) {
    const ArrayProblem p = random_problem(random);
    const double tight = choose_tiling(p, true, {}, small(256 * 20, 16 * 200, 64))->estimate.cycles;
    const double roomy = choose_tiling(p, true, {}, small(256 * 40, 16 * 400, 128))->estimate.cycles;
    EXPECT_LE(roomy, tight) << round;
  }
}

TEST(AxisLoad, counts_what_is_read_and_what_is_padding) {
  const WindowAxis axis{4, 4, 3, 1, 1, 1};
  const InputAxis input{1, 6, 1, 1};
  const AxisLoad whole = axis_load(axis, input, 4, 3);
  EXPECT_EQ(whole.positions, 6);
  EXPECT_EQ(whole.valid, 4);
  const AxisLoad halves = axis_load(axis, input, 2, 3);
  EXPECT_EQ(halves.positions, 8);
  EXPECT_EQ(halves.valid, 6) << "two columns of halo are read twice";
}

}  // namespace

}  // namespace systole
