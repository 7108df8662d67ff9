#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "kernels/lowering/simd_lowerings.h"
#include "test/kernels/lowering/layer_harness.h"

namespace systole::test {
namespace {

using Index = std::vector<std::int64_t>;

/// Calls `visit` with every index of `shape` that equals `at` outside the axes.
template <typename Visit>
void along_axes(const Shape& shape, const std::vector<std::int64_t>& axes, const Index& at, Visit visit) {
  for (std::int64_t e = 0; e < element_count(shape); ++e) {
    Index index(shape.size());
    std::int64_t rest = e;
    for (std::size_t d = shape.size(); d-- > 0;) {
      index[d] = rest % shape[d];
      rest /= shape[d];
    }
    bool matches = true;
    for (std::size_t d = 0; d < shape.size(); ++d) {
      const bool reduced = std::count(axes.begin(), axes.end(), static_cast<std::int64_t>(d)) > 0;
      matches = matches && (reduced || index[d] == at[d]);
    }
    if (matches) visit(index);
  }
}

void check_reduce(OpKind op, const Shape& shape, const std::vector<std::int64_t>& axes, bool keep,
                  Machine machine = small_machine()) {
  LayerHarness layer(std::move(machine));
  Shape kept;
  for (std::size_t d = 0; d < shape.size(); ++d) {
    const bool reduced = std::count(axes.begin(), axes.end(), static_cast<std::int64_t>(d)) > 0;
    if (!reduced || keep) kept.push_back(reduced ? 1 : shape[d]);
  }
  const TensorId x = layer.input(shape);
  const TensorId y = layer.output(kept);
  layer.node(op, {x}, {y}, ReduceAttributes{axes, keep});
  layer.run(lower_reduce);
  layer.expect(y, [&](const Index& at) {
    Index full;
    for (std::size_t d = 0, k = 0; d < shape.size(); ++d) {
      const bool reduced = std::count(axes.begin(), axes.end(), static_cast<std::int64_t>(d)) > 0;
      full.push_back(reduced ? 0 : at[k]);
      if (!reduced || keep) ++k;
    }
    double sum = 0;
    double highest = -1e30;
    int count = 0;
    along_axes(shape, axes, full, [&](const Index& index) {
      sum += layer.at(x, index);
      highest = std::max(highest, layer.at(x, index));
      ++count;
    });
    return op == OpKind::ReduceMax ? highest : op == OpKind::ReduceMean ? sum / count : sum;
  });
}

const std::vector<std::vector<std::int64_t>> kAxes = {{0},    {1},    {2},    {3},       {2, 3},
                                                      {1, 2}, {1, 3}, {0, 3}, {1, 2, 3}, {0, 1, 2, 3}};

TEST(Reduce, AnyAxesOfAnyShape) {
  for (const OpKind op : {OpKind::ReduceSum, OpKind::ReduceMean, OpKind::ReduceMax}) {
    for (const auto& axes : kAxes) {
      check_reduce(op, {2, 6, 5, 7}, axes, true);
      check_reduce(op, {3, 5, 2, 9}, axes, false);
    }
  }
}

TEST(Reduce, LargerThanTheBuffer) {
  for (const auto& axes : kAxes) {
    check_reduce(OpKind::ReduceSum, {2, 6, 5, 7}, axes, true, small_machine(7, 3));
    Machine machine = small_machine(16);
    machine.vmem_double_buffered = true;
    check_reduce(OpKind::ReduceMean, {2, 6, 5, 7}, axes, true, machine);
  }
}

TEST(Reduce, AloneOnOneLanePartialSumsHideTheAdditionsLatency) {
  LayerHarness layer(small_machine(1024));
  const TensorId x = layer.input({1, 400});
  const TensorId y = layer.output({1, 1});
  layer.node(OpKind::ReduceSum, {x}, {y}, ReduceAttributes{{1}, true});
  layer.run(lower_reduce);
  // 400 additions into 4 partial sums, and the 4 sums added up: each waits for the one before
  EXPECT_LE(layer.interpreter().issue_cycles, 400 + 4 * 4);
}

void check_softmax(OpKind op, const Shape& shape, std::int64_t first, std::int64_t last,
                   Machine machine = small_machine()) {
  LayerHarness layer(std::move(machine));
  const TensorId x = layer.input(shape, -4, 4);
  const TensorId y = layer.output(shape);
  layer.node(op, {x}, {y}, SoftmaxAttributes{first, last});
  layer.run(lower_softmax);
  std::vector<std::int64_t> axes;
  for (std::int64_t axis = first; axis < last; ++axis) axes.push_back(axis);
  layer.expect(y, [&](const Index& at) {
    double sum = 0;
    along_axes(shape, axes, at, [&](const Index& index) { sum += std::exp(layer.at(x, index)); });
    const double value = layer.at(x, at);
    return op == OpKind::LogSoftmax ? value - std::log(sum) : std::exp(value) / sum;
  });
}

TEST(Softmax, AnyAxis) {
  for (const OpKind op : {OpKind::Softmax, OpKind::LogSoftmax}) {
    check_softmax(op, {1, 40}, 1, 2);
    check_softmax(op, {1, 37}, 1, 2);
    check_softmax(op, {11, 7}, 1, 2);
    check_softmax(op, {2, 3, 5, 6}, 3, 4);
    check_softmax(op, {2, 6, 5, 3}, 1, 2);
    check_softmax(op, {2, 6, 2, 3}, 1, 4);
    check_softmax(op, {3, 1}, 1, 2);
  }
}

TEST(Softmax, TwoPassesWhereTheAxisDoesNotFit) {
  for (const OpKind op : {OpKind::Softmax, OpKind::LogSoftmax}) {
    check_softmax(op, {1, 400}, 1, 2);
    check_softmax(op, {9, 101}, 1, 2);
    check_softmax(op, {1, 70, 3, 2}, 1, 2);
    Machine machine = small_machine(24);
    machine.vmem_double_buffered = true;
    check_softmax(op, {3, 50}, 1, 2, machine);
  }
}

TEST(SoftmaxCost, SevenCyclesForEachWord) {
  LayerHarness layer(small_machine(1024));
  const TensorId x = layer.input({16, 50});
  const TensorId y = layer.output({16, 50});
  layer.node(OpKind::Softmax, {x}, {y}, SoftmaxAttributes{1, 2});
  layer.run(lower_softmax);
  // max, subtract, e^x (3 cycles), add, multiply; 4 words of rows, 9 cycles for each reciprocal
  EXPECT_EQ(layer.interpreter().issue_cycles, 4 * 50 * 7 + 4 * 9);
  EXPECT_EQ(layer.interpreter().hazard_cycles, 0);
}

}  // namespace
}  // namespace systole::test
