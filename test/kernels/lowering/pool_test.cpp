#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "base/errors.h"
#include "kernels/lowering/simd_lowerings.h"
#include "test/kernels/lowering/layer_harness.h"
#include "test/kernels/windows.h"

namespace systole::test {
namespace {

using Index = std::vector<std::int64_t>;

/// Pooling by definition.
double pool_at(const LayerHarness& layer, TensorId x, const PoolAttributes& p, bool average, const Index& at) {
  const Shape& in = layer.graph.shape(x);
  double sum = 0;
  double highest = -1e30;
  int count = 0;
  for (std::int64_t kh = 0; kh < p.kernel.height; ++kh) {
    for (std::int64_t kw = 0; kw < p.kernel.width; ++kw) {
      const std::int64_t h = at[2] * p.strides.height - p.pads.top + kh * p.dilations.height;
      const std::int64_t w = at[3] * p.strides.width - p.pads.left + kw * p.dilations.width;
      const Padding2 c = p.count_include_pad ? p.counted : Padding2{};
      if (h >= -c.top && h < in[2] + c.bottom && w >= -c.left && w < in[3] + c.right) ++count;
      if (h < 0 || h >= in[2] || w < 0 || w >= in[3]) continue;
      const double value = layer.at(x, {at[0], at[1], h, w});
      sum += value;
      highest = std::max(highest, value);
    }
  }
  return average ? sum / count : highest;
}

void check_pool(OpKind op, const Shape& in, const PoolAttributes& pool, Machine machine = small_machine()) {
  LayerHarness layer(std::move(machine));
  const TensorId x = layer.input(in);
  const TensorId y = layer.output(windowed(in, in[1], pool));
  layer.node(op, {x}, {y}, pool);
  layer.run(lower_pool);
  layer.expect(y, [&](const Index& at) { return pool_at(layer, x, pool, op == OpKind::AveragePool, at); });
}

TEST(MaxPool, WindowsOfManyShapes) {
  check_pool(OpKind::MaxPool, {1, 6, 7, 9}, window({3, 3}, {2, 2}, {1, 1, 1, 1}));
  check_pool(OpKind::MaxPool, {2, 5, 8, 6}, window({2, 2}, {2, 2}));
  check_pool(OpKind::MaxPool, {1, 3, 9, 9}, window({3, 2}, {1, 3}, {0, 1, 2, 0}));
  check_pool(OpKind::MaxPool, {1, 17, 4, 4}, window({1, 1}, {2, 2}));
  PoolAttributes dilated = window({3, 2}, {1, 2}, {2, 1, 2, 1});
  dilated.dilations = {2, 3};
  check_pool(OpKind::MaxPool, {1, 6, 9, 11}, dilated);
}

TEST(MaxPool, NegativeImagesAreNotTouchedByPadding) {
  LayerHarness layer;
  const TensorId x = layer.input({1, 4, 5, 5}, -3, -2);
  const TensorId y = layer.output({1, 4, 5, 5});
  layer.node(OpKind::MaxPool, {x}, {y}, window({3, 3}, {1, 1}, {1, 1, 1, 1}));
  layer.run(lower_pool);
  for (const double value : layer.result(y)) EXPECT_LE(value, -2);
}

TEST(MaxPool, DoubleBuffered) {
  Machine machine = small_machine(96);
  machine.vmem_double_buffered = true;
  check_pool(OpKind::MaxPool, {2, 6, 9, 9}, window({3, 3}, {2, 2}, {1, 1, 1, 1}), machine);
}

TEST(AveragePool, CountsPaddingOrNot) {
  for (const bool include : {false, true}) {
    PoolAttributes pool = window({3, 3}, {1, 1}, {1, 1, 1, 1});
    pool.count_include_pad = include;
    check_pool(OpKind::AveragePool, {1, 6, 7, 9}, pool);
    pool = window({5, 3}, {1, 2}, {2, 1, 2, 1});
    pool.count_include_pad = include;
    check_pool(OpKind::AveragePool, {2, 5, 9, 8}, pool);
    // what ceil_mode adds behind is never counted
    pool = window({3, 3}, {2, 2}, {1, 1, 2, 2});
    pool.counted = {1, 1, 1, 1};
    pool.count_include_pad = include;
    check_pool(OpKind::AveragePool, {1, 6, 8, 8}, pool);
  }
}

TEST(Pool, RandomWindows) {
  std::mt19937 random(7);
  const auto draw = [&](int low, int high) { return std::uniform_int_distribution<std::int64_t>(low, high)(random); };
  for (int i = 0; i < 60; ++i) {
    const Extent2 kernel{draw(1, 4), draw(1, 4)};
    PoolAttributes pool = window(kernel, {draw(1, 3), draw(1, 3)});
    pool.pads = {draw(0, static_cast<int>(kernel.height) - 1), draw(0, static_cast<int>(kernel.width) - 1),
                 draw(0, static_cast<int>(kernel.height) - 1), draw(0, static_cast<int>(kernel.width) - 1)};
    pool.counted = pool.pads;
    pool.count_include_pad = draw(0, 1) == 1;
    const Shape in{draw(1, 2), draw(1, 11), draw(4, 10), draw(4, 10)};
    check_pool(draw(0, 1) == 1 ? OpKind::MaxPool : OpKind::AveragePool, in, pool,
               small_machine(draw(40, 100), draw(2, 5)));
  }
}

TEST(PoolCost, OneInstructionForEachKernelPositionAndOneDivision) {
  LayerHarness layer(small_machine(1024));
  const TensorId x = layer.input({1, 4, 8, 8});
  const TensorId y = layer.output({1, 4, 4, 4});
  layer.node(OpKind::AveragePool, {x}, {y}, window({2, 2}, {2, 2}));
  layer.run(lower_pool);
  EXPECT_EQ(layer.interpreter().tiles, 1);
  EXPECT_EQ(layer.interpreter().issue_cycles, 16 * (4 + 9));
  EXPECT_EQ(layer.context().outcome(NodeId{0}).ops, 64 * 5);
}

TEST(PoolCost, HalosAreFetchedOnceATileAndPaddingNever) {
  LayerHarness layer(small_machine(1024));
  const TensorId x = layer.input({1, 4, 8, 8});
  const TensorId y = layer.output({1, 4, 8, 8});
  layer.node(OpKind::MaxPool, {x}, {y}, window({3, 3}, {1, 1}, {1, 1, 1, 1}));
  layer.run(lower_pool);
  EXPECT_EQ(layer.interpreter().load_bytes, 4 * 64 * 4);
  EXPECT_EQ(layer.interpreter().store_bytes, 4 * 64 * 4);
}

TEST(PoolLimits, AWindowThatDoesNotFitIsRefusedWithTheNumbers) {
  LayerHarness layer(small_machine(8));
  const TensorId x = layer.input({1, 4, 8, 8});
  const TensorId y = layer.output({1, 4, 6, 6});
  layer.node(OpKind::MaxPool, {x}, {y}, window({3, 3}, {1, 1}));
  try {
    layer.run(lower_pool);
    FAIL() << "it should not fit";
  } catch (const UserError& error) {
    EXPECT_EQ(error.diagnostics().front().message,
              "MaxPool 'layer': its smallest tile needs 9 words of VMEM1, the machine has 8");
  }
}

TEST(GlobalPool, ReducesImagesOfAnySize) {
  for (const Shape& in : {Shape{1, 6, 7, 9}, Shape{2, 5, 1, 1}, Shape{1, 3, 30, 30}, Shape{3, 17, 2, 3}}) {
    for (const OpKind op : {OpKind::AveragePool, OpKind::MaxPool}) {
      PoolAttributes pool = window({in[2], in[3]}, {1, 1});
      pool.global = true;
      check_pool(op, in, pool);
    }
  }
}

}  // namespace
}  // namespace systole::test
