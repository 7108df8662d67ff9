#include "kernels/tiling/geometry.h"

#include <gtest/gtest.h>

namespace systole {

namespace {

Machine machine_of_4() {
  Machine machine;
  machine.rows = machine.columns = 4;
  machine.wbuf_half_elements = 64;
  machine.ibuf_half_elements = 64;
  machine.bbuf_half_elements = 8;
  machine.obuf_half_words = 8;
  machine.vmem_words = 16;
  machine.obuf_accumulate_latency = 2;
  return machine;
}

ArrayProblem convolution(std::int64_t kernel, std::int64_t stride, std::int64_t dilation) {
  ArrayProblem p;
  p.h = p.w = {8, 16, kernel, stride, dilation, 0};
  p.ic = 6;
  p.oc = 9;
  return p;
}

TEST(Geometry, counts_tiles_and_blocks_with_remainders) {
  const Geometry g = geometry_of(convolution(3, 1, 1), {1, 3, 8, 3, 3, 4, 8}, machine_of_4());
  EXPECT_EQ(g.rows, 3);
  EXPECT_EQ(g.columns, 1);
  EXPECT_EQ(g.ics, 2);
  EXPECT_EQ(g.ocs, 2);
  EXPECT_EQ(g.ic_blocks, 1);
  EXPECT_EQ(g.oc_blocks, 2);
  EXPECT_EQ(g.obuf_words, 3 * 8 * 2);
  EXPECT_EQ(g.ibuf_elements, 5 * 10 * 4);
  EXPECT_EQ(g.wbuf_elements, 9 * 2 * 16);
}

TEST(Geometry, leaves_out_pixels_that_a_strided_kernel_skips) {
  EXPECT_EQ(geometry_of(convolution(1, 2, 1), {1, 4, 4, 1, 1, 6, 9}, machine_of_4()).h.positions, 4);
  EXPECT_EQ(geometry_of(convolution(3, 2, 1), {1, 4, 4, 3, 3, 6, 9}, machine_of_4()).h.positions, 9);
  const InputAxis both = geometry_of(convolution(3, 2, 2), {1, 4, 4, 3, 3, 6, 9}, machine_of_4()).h;
  EXPECT_EQ(both.step, 2);
  EXPECT_EQ(both.positions, 6);
  EXPECT_EQ(both.output_distance, 1);
  EXPECT_EQ(both.kernel_distance, 1);
}

TEST(Geometry, spills_sums_when_both_pixels_and_reduction_are_cut) {
  const Machine machine = machine_of_4();
  EXPECT_FALSE(geometry_of(convolution(1, 1, 1), {1, 4, 8, 1, 1, 6, 9}, machine).spills());
  EXPECT_TRUE(geometry_of(convolution(1, 1, 1), {1, 4, 8, 1, 1, 4, 9}, machine).spills());
  const Geometry one_tile = geometry_of(convolution(1, 1, 1), {1, 8, 8, 1, 1, 4, 9}, machine);
  EXPECT_FALSE(one_tile.spills());
}

TEST(Geometry, moves_channel_blocks_inside_the_reduction_for_single_pixels) {
  const Machine machine = machine_of_4();
  EXPECT_TRUE(geometry_of(convolution(1, 1, 1), {1, 1, 1, 1, 1, 6, 9}, machine).oc_inside);
  EXPECT_FALSE(geometry_of(convolution(1, 1, 1), {1, 1, 2, 1, 1, 6, 9}, machine).oc_inside);
  EXPECT_FALSE(geometry_of(convolution(1, 1, 1), {1, 1, 1, 1, 1, 6, 4}, machine).oc_inside);
}

TEST(Geometry, packs_kernel_columns_onto_rows) {
  ArrayProblem p = convolution(7, 2, 1);
  p.ic = 3;
  const ArrayProblem q = packed(p, 4);
  EXPECT_EQ(q.w.kernel, 2);
  EXPECT_EQ(q.w.dilation, 4);
  EXPECT_EQ(q.ic, 12);
  EXPECT_EQ(q.h.kernel, 7);
}

TEST(Overflow, names_the_buffer_and_both_sizes) {
  const Machine machine = machine_of_4();
  const ArrayProblem p = convolution(1, 1, 1);
  const Overflow weights = overflow_of(geometry_of(p, {1, 1, 1, 1, 1, 6, 9}, machine), {}, machine);
  EXPECT_STREQ(weights.buffer, "half of WBUF");
  EXPECT_EQ(weights.needed, 2 * 3 * 16);
  EXPECT_EQ(weights.available, 64);
  const Geometry fits = geometry_of(p, {1, 1, 4, 1, 1, 4, 4}, machine);
  EXPECT_EQ(overflow_of(fits, {}, machine).buffer, nullptr);
  FusedWork fused;
  fused.vmem1_areas = 5;
  EXPECT_STREQ(overflow_of(fits, fused, machine).buffer, "VMEM1");
}

}  // namespace

}  // namespace systole
