#include "kernels/plan/layout.h"

#include <gtest/gtest.h>

namespace systole {

namespace {

using Strides = std::vector<std::int64_t>;

TEST(Layout, of_an_image_has_channels_last) {
  const Layout layout = dense_layout({2, 3, 4, 5}, channels_last(4), 8);
  EXPECT_EQ(layout.bit_strides, (Strides{8 * 60, 8, 8 * 15, 8 * 3}));
  EXPECT_EQ(layout.byte_stride(2), 15);
  EXPECT_EQ(span_bytes({2, 3, 4, 5}, layout), 120);
  EXPECT_TRUE(is_dense({2, 3, 4, 5}, layout));
  EXPECT_EQ(order_of({2, 3, 4, 5}, layout), channels_last(4));
}

TEST(Layout, splits_channels_into_groups_without_moving) {
  const Layout layout = dense_layout({2, 6, 4, 5}, channels_last(4), 8);
  const std::optional<Layout> grouped = reshaped({2, 6, 4, 5}, layout, {2, 3, 2, 4, 5});
  ASSERT_TRUE(grouped);
  EXPECT_EQ(grouped->bit_strides, (Strides{8 * 120, 16, 8, 8 * 30, 8 * 6}));
}

TEST(Layout, flattens_only_what_is_in_order) {
  const Layout image = dense_layout({1, 6, 4, 5}, channels_last(4), 8);
  EXPECT_FALSE(reshaped({1, 6, 4, 5}, image, {1, 120}));
  const Layout pixel = dense_layout({3, 6, 1, 1}, channels_last(4), 8);
  const std::optional<Layout> flat = reshaped({3, 6, 1, 1}, pixel, {3, 6});
  ASSERT_TRUE(flat);
  EXPECT_EQ(flat->bit_strides, (Strides{48, 8}));
  const Layout rows = dense_layout({4, 6}, row_major(2), 32);
  EXPECT_TRUE(reshaped({4, 6}, rows, {2, 12}));
  EXPECT_TRUE(reshaped({4, 6}, rows, {24}));
}

TEST(Layout, reshapes_a_part_of_a_larger_tensor_where_strides_allow) {
  Layout part_of = dense_layout({2, 4, 3, 3}, channels_last(4), 8);
  for (std::size_t d : {0, 2, 3}) part_of.bit_strides[d] *= 2;  // four of eight channels
  EXPECT_TRUE(reshaped({2, 4, 3, 3}, part_of, {2, 4, 9}));
  EXPECT_TRUE(reshaped({2, 4, 3, 3}, part_of, {2, 2, 2, 3, 3}));
  EXPECT_FALSE(is_dense({2, 4, 3, 3}, part_of));
}

TEST(Layout, transposes_and_broadcasts_by_strides) {
  const Layout layout = dense_layout({2, 3, 4}, row_major(3), 8);
  EXPECT_EQ(transposed(layout, {2, 0, 1}).bit_strides, (Strides{8, 96, 32}));
  EXPECT_EQ(broadcast_to({3, 1}, dense_layout({3, 1}, row_major(2), 32), {5, 3, 7}).bit_strides, (Strides{0, 32, 0}));
}

TEST(Layout, has_parts_at_whole_bytes_only) {
  const Layout layout = dense_layout({1, 6}, row_major(2), 4);
  ASSERT_TRUE(part(layout, 1, 2));
  EXPECT_EQ(part(layout, 1, 2)->offset, 1);
  EXPECT_FALSE(part(layout, 1, 3));
}

}  // namespace

}  // namespace systole
