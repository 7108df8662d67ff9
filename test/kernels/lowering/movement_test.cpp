#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "kernels/lowering/simd_lowerings.h"
#include "test/kernels/lowering/layer_harness.h"

namespace systole::test {
namespace {

using Index = std::vector<std::int64_t>;

Machine tiny(bool double_buffered) {
  Machine machine = small_machine(16);
  machine.vmem_double_buffered = double_buffered;
  return machine;
}

class Movement : public testing::TestWithParam<bool> {
 protected:
  LayerHarness layer{tiny(GetParam())};
};
INSTANTIATE_TEST_SUITE_P(Buffering, Movement, testing::Bool());

TEST_P(Movement, TransposeMovesEveryElementOnce) {
  const Shape shape{3, 6, 5, 7};
  const std::vector<std::int64_t> permutation{2, 0, 3, 1};
  const TensorId x = layer.input(shape);
  const TensorId y = layer.output({5, 3, 7, 6}, row_major(4));
  layer.node(OpKind::Transpose, {x}, {y}, TransposeAttributes{permutation});
  layer.run(lower_transpose);
  layer.expect(y, [&](const Index& at) {
    Index from(4);
    for (std::size_t d = 0; d < 4; ++d) from[static_cast<std::size_t>(permutation[d])] = at[d];
    return layer.at(x, from);
  });
  EXPECT_EQ(layer.interpreter().load_bytes, 630 * 4);
  EXPECT_EQ(layer.interpreter().store_bytes, 630 * 4);
  EXPECT_EQ(layer.interpreter().instructions, 0);
}

TEST_P(Movement, ReshapeOfImagesThatLieChannelsLast) {
  const TensorId x = layer.input({2, 6, 5, 3});
  const TensorId y = layer.output({2, 90});
  layer.node(OpKind::Reshape, {x}, {y});
  layer.run(lower_reshape);
  layer.expect(y, [&](const Index& at) { return layer.at(x, {at[0], at[1] / 15, at[1] / 3 % 5, at[1] % 3}); });
}

TEST_P(Movement, ReshapeAcrossTheDimensionsOfBothSides) {
  const TensorId x = layer.input({1, 6, 4, 5});
  const TensorId y = layer.output({1, 8, 5, 3});
  layer.node(OpKind::Reshape, {x}, {y});
  layer.run(lower_reshape);
  layer.expect(y, [&](const Index& at) {
    const std::int64_t place = (at[1] * 5 + at[2]) * 3 + at[3];
    return layer.at(x, {0, place / 20, place / 5 % 4, place % 5});
  });
  EXPECT_EQ(layer.blocks().size(), 2U);
}

TEST_P(Movement, SliceWithStepsInBothDirections) {
  const TensorId x = layer.input({2, 6, 9, 7});
  const TensorId y = layer.output({2, 3, 4, 7});
  layer.node(OpKind::Slice, {x}, {y}, SliceAttributes{{0, 1, 8, 6}, {1, 2, -2, -1}});
  layer.run(lower_slice);
  layer.expect(y, [&](const Index& at) { return layer.at(x, {at[0], 1 + 2 * at[1], 8 - 2 * at[2], 6 - at[3]}); });
}

TEST_P(Movement, ConcatCopiesOnlyWhatIsNotInPlace) {
  const TensorId y = layer.output({1, 9, 4, 5});
  const TensorId a = layer.input({1, 2, 4, 5});
  const TensorId b = layer.input({1, 3, 4, 5}, -2, 2, row_major(4));
  const TensorId c = layer.input({1, 4, 4, 5});
  layer.layout(a) = layer.layout(y);  // its first channels
  layer.node(OpKind::Concat, {a, b, c}, {y}, ConcatAttributes{1});
  layer.run(lower_concat);
  layer.expect(y, [&](const Index& at) {
    if (at[1] < 2) return layer.at(a, at);
    return at[1] < 5 ? layer.at(b, {0, at[1] - 2, at[2], at[3]}) : layer.at(c, {0, at[1] - 5, at[2], at[3]});
  });
  EXPECT_EQ(layer.interpreter().load_bytes, 7 * 20 * 4);
  EXPECT_EQ(layer.context().outcome(NodeId{0}).note, "1 of 3 parts are in place and not copied");
}

TEST_P(Movement, SplitIntoTensorsOfTheirOwn) {
  const TensorId x = layer.input({2, 7, 3, 3});
  const TensorId a = layer.output({2, 3, 3, 3});
  const TensorId b = layer.output({2, 4, 3, 3});
  layer.node(OpKind::Split, {x}, {a, b}, SplitAttributes{1});
  layer.run(lower_split);
  layer.expect(a, [&](const Index& at) { return layer.at(x, at); });
  layer.expect(b, [&](const Index& at) { return layer.at(x, {at[0], at[1] + 3, at[2], at[3]}); });
}

std::int64_t reflected(std::int64_t i, std::int64_t extent) {
  if (i < 0) return -i;
  return i < extent ? i : 2 * (extent - 1) - i;
}

TEST_P(Movement, PadInEveryMode) {
  const Shape shape{2, 5, 4, 6};
  const std::vector<std::int64_t> begin{0, 1, 2, -1};
  const std::vector<std::int64_t> end{1, 2, 1, 3};
  for (const auto& [mode, value] : {std::pair(PadMode::Constant, 0.0), std::pair(PadMode::Constant, 1.5),
                                    std::pair(PadMode::Reflect, 0.0), std::pair(PadMode::Edge, 0.0)}) {
    LayerHarness padded(tiny(GetParam()));
    const TensorId x = padded.input(shape);
    const TensorId y = padded.output({3, 8, 7, 8});
    padded.node(OpKind::Pad, {x}, {y}, PadAttributes{begin, end, mode, value});
    padded.run(lower_pad);
    padded.expect(y, [&, mode = mode, value = value](const Index& at) {
      Index from(4);
      for (std::size_t d = 0; d < 4; ++d) {
        from[d] = at[d] - begin[d];
        if (mode == PadMode::Constant && (from[d] < 0 || from[d] >= shape[d])) return value;
        if (mode == PadMode::Reflect) from[d] = reflected(from[d], shape[d]);
        if (mode == PadMode::Edge) from[d] = std::clamp<std::int64_t>(from[d], 0, shape[d] - 1);
      }
      return padded.at(x, from);
    });
  }
}

TEST(Expand, repeats_along_new_and_single_dimensions) {
  for (const Shape& from : {Shape{5}, Shape{3, 1}, Shape{2, 1, 5}, Shape{1, 3, 5}, Shape{}}) {
    LayerHarness layer;
    layer.node(OpKind::Expand, {layer.input(from)}, {layer.output({2, 3, 5})});
    layer.run(lower_expand);
    layer.expect_reference(0);
  }
}

TEST(MovementCost, PaddingIsNotRead) {
  LayerHarness layer;
  const TensorId x = layer.input({1, 4, 5, 5});
  const TensorId y = layer.output({1, 4, 7, 7});
  layer.node(OpKind::Pad, {x}, {y}, PadAttributes{{0, 0, 1, 1}, {0, 0, 1, 1}, PadMode::Constant, 0});
  layer.run(lower_pad);
  EXPECT_EQ(layer.interpreter().load_bytes, 100 * 4);
  EXPECT_EQ(layer.interpreter().store_bytes, 196 * 4);
}

TEST(MovementCost, CopiesOfNarrowElementsKeepToWholeBytes) {
  LayerHarness layer(tiny(false));
  const Shape shape{1, 6, 5, 7};
  const TensorId x = layer.input(shape);
  const TensorId y = layer.output({1, 6, 5, 5});
  layer.layout(x) = [&] {
    Layout narrow = dense_layout(shape, channels_last(4), 4);
    narrow.region = layer.layout(x).region;
    return narrow;
  }();
  layer.node(OpKind::Slice, {x}, {y}, SliceAttributes{{0, 0, 0, 2}, {1, 1, 1, 1}});
  layer.run(lower_slice);
  layer.expect(y, [&](const Index& at) { return layer.at(x, {0, at[1], at[2], at[3] + 2}); });
}

}  // namespace
}  // namespace systole::test
