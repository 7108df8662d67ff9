#include "kernels/tiling/greedy.h"

#include <gtest/gtest.h>

#include <random>

namespace systole {

namespace {

Machine machine_of_16(std::int64_t wbuf, std::int64_t ibuf, std::int64_t obuf) {
  Machine machine;
  machine.rows = machine.columns = 16;
  machine.wbuf_half_elements = wbuf;
  machine.ibuf_half_elements = ibuf;
  machine.bbuf_half_elements = 256;
  machine.obuf_half_words = obuf;
  machine.vmem_words = 1024;
  return machine;
}

ArrayProblem convolution(std::int64_t size, std::int64_t kernel, std::int64_t ic, std::int64_t oc) {
  ArrayProblem p;
  p.h = p.w = {size, size, kernel, 1, 1, kernel / 2};
  p.ic = ic;
  p.oc = oc;
  return p;
}

TEST(GreedyTiling, takes_channels_before_space_and_output_channels_last) {
  // 56 x 56 x 64 inputs: all 64 channels fit the weights; 28 x 28 pixels fit OBUF; then one block of output channels.
  const Choice choice = *greedy_choice(convolution(56, 3, 64, 64), {}, machine_of_16(9 * 64 * 16, 64 * 900, 800));
  EXPECT_TRUE(choice.tiling == (Tiling{1, 28, 28, 3, 3, 64, 16}));
}

TEST(GreedyTiling, takes_batches_while_they_divide) {
  ArrayProblem p = convolution(8, 1, 16, 32);
  p.batch = 6;
  const Choice choice = *greedy_choice(p, {}, machine_of_16(16 * 64, 16 * 64 * 4, 64 * 4));
  EXPECT_EQ(choice.tiling.batch, 3) << "4 images fit, and 4 does not divide 6";
  EXPECT_EQ(choice.tiling.oc, 16);
}

TEST(GreedyTiling, cuts_a_kernel_that_does_not_fit_to_rows) {
  const Choice choice = *greedy_choice(convolution(8, 5, 16, 16), {}, machine_of_16(16 * 16 * 9, 16 * 400, 64));
  EXPECT_EQ(choice.tiling.kh, 1);
  EXPECT_EQ(choice.tiling.kw, 5);
}

TEST(GreedyTiling, cuts_unevenly_where_nothing_divides_both_extents) {
  ArrayProblem p = convolution(7, 1, 16, 16);
  p.w.out = p.w.in = 5;
  const Choice choice = *greedy_choice(p, {}, machine_of_16(16 * 16, 16 * 64, 16));
  EXPECT_TRUE(choice.tiling.oh * choice.tiling.ow <= 16 && choice.tiling.oh > 1);
}

TEST(GreedyTiling, fits_wherever_it_finds_a_tile) {
  std::mt19937 random(5);
  const auto pick = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); };
  int found = 0;
  for (int round = 0; round < 100; ++round) {
    ArrayProblem p = convolution(pick(1, 40), pick(1, 5), pick(1, 200), pick(1, 200));
    p.batch = pick(1, 4);
    const Machine machine = machine_of_16(256 * pick(1, 30), 16 * pick(20, 300), pick(1, 100));
    const std::optional<Choice> greedy = greedy_choice(p, {}, machine);
    const std::optional<Choice> best = choose_tiling(p, false, {}, machine);
    if (!greedy) continue;
    EXPECT_EQ(overflow_of(greedy->geometry, {}, machine).buffer, nullptr) << round;
    EXPECT_TRUE(best) << round;
    ++found;
  }
  EXPECT_GT(found, 50);
}

}  // namespace

}  // namespace systole
