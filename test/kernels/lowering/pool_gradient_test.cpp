#include <gtest/gtest.h>

#include <random>

#include "kernels/lowering/simd_lowerings.h"
#include "test/kernels/lowering/layer_harness.h"
#include "test/kernels/windows.h"

// Max pools that leave indices, and the gradients of pools.
namespace systole::test {
namespace {

PoolAttributes global(const Shape& image) {
  PoolAttributes pool = window({image[2], image[3]}, {1, 1});
  pool.global = true;
  return pool;
}

/// Values of which many are equal: the first largest counts.
void set_few_values(LayerHarness& layer, TensorId id, std::int64_t values) {
  std::vector<float> numbers;
  for (const double value : layer.data(id)) {
    numbers.push_back(static_cast<float>(static_cast<std::int64_t>(value * 100) % values));
  }
  layer.set_values(id, numbers);
}

void check_index(const Shape& image, const PoolAttributes& pool, const Machine& machine) {
  LayerHarness layer(machine);
  const TensorId x = layer.input(image);
  set_few_values(layer, x, 5);
  layer.node(OpKind::MaxPool, {x},
             {layer.output(windowed(image, image[1], pool)), layer.output(windowed(image, image[1], pool))}, pool);
  layer.run(lower_pool);
  layer.expect_reference(0);
}

void check_max(const Shape& image, const PoolAttributes& pool, const Machine& machine) {
  LayerHarness layer(machine);
  // Indices into the image as a pool would leave them: positions in its padding are never chosen.
  Graph forward;
  const TensorId dy = layer.input(windowed(image, image[1], pool));
  const TensorId index = layer.input(windowed(image, image[1], pool));
  std::vector<float> chosen;
  std::mt19937 random(1);
  const Shape out = windowed(image, image[1], pool);
  for (std::int64_t i = 0; i < element_count(out); ++i) {
    for (;;) {
      const std::int64_t kh = static_cast<std::int64_t>(random()) % pool.kernel.height;
      const std::int64_t kw = static_cast<std::int64_t>(random()) % pool.kernel.width;
      const std::int64_t h = i / out[3] % out[2] * pool.strides.height - pool.pads.top + kh * pool.dilations.height;
      const std::int64_t w = i % out[3] * pool.strides.width - pool.pads.left + kw * pool.dilations.width;
      if (h < 0 || h >= image[2] || w < 0 || w >= image[3]) continue;
      chosen.push_back(static_cast<float>(kh * pool.kernel.width + kw));
      break;
    }
  }
  layer.set_values(index, chosen);
  layer.node(OpKind::MaxPoolGradient, {dy, index}, {layer.output(image)}, pool);
  layer.run(lower_max_pool_gradient);
  layer.expect_reference(1e-6);
}

void check_average(const Shape& image, const PoolAttributes& pool, const Machine& machine) {
  LayerHarness layer(machine);
  layer.node(OpKind::AveragePoolGradient, {layer.input(windowed(image, image[1], pool))}, {layer.output(image)}, pool);
  layer.run(lower_average_pool_gradient);
  layer.expect_reference(1e-6);
}

void check_all(const Shape& image, PoolAttributes pool, const Machine& machine) {
  SCOPED_TRACE(to_string(image) + " " + std::to_string(pool.kernel.height) + "x" + std::to_string(pool.kernel.width) +
               "/" + std::to_string(pool.strides.height) + "," + std::to_string(pool.strides.width));
  check_index(image, pool, machine);
  check_max(image, pool, machine);
  if (pool.dilations.height > 1 || pool.dilations.width > 1) return;
  for (const bool include : {false, true}) {
    pool.count_include_pad = include;
    check_average(image, pool, machine);
  }
}

TEST(PoolGradient, windows_that_overlap_lie_side_by_side_or_leave_gaps) {
  const Machine machine = small_machine(120);
  check_all({1, 6, 7, 9}, window({3, 3}, {2, 2}, {1, 1, 1, 1}), machine);
  check_all({2, 5, 8, 6}, window({2, 2}, {2, 2}), machine);
  check_all({2, 5, 9, 7}, window({2, 2}, {2, 2}), machine);
  check_all({1, 3, 9, 9}, window({3, 2}, {1, 3}, {0, 1, 2, 0}), machine);
  check_all({1, 17, 4, 4}, window({1, 1}, {2, 2}), machine);
  check_all({1, 5, 9, 9}, window({2, 2}, {3, 3}), machine);
  check_all({2, 5, 6, 6}, window({3, 3}, {1, 1}, {1, 1, 1, 1}), machine);
  check_all({1, 3, 8, 8}, window({5, 5}, {2, 2}, {2, 2, 2, 2}), machine);
  check_all({1, 2, 9, 9}, window({1, 9}, {1, 1}, {0, 4, 0, 4}), machine);
}

TEST(PoolGradient, dilated_windows) {
  PoolAttributes pool = window({3, 2}, {1, 2}, {2, 1, 2, 1});
  pool.dilations = {2, 3};
  check_all({1, 6, 9, 11}, pool, small_machine(200));
  pool = window({3, 3}, {2, 3}, {1, 2, 2, 1});
  pool.dilations = {3, 2};
  check_all({2, 5, 11, 9}, pool, small_machine(200));
  pool = window({3, 3}, {4, 2}, {0, 0, 0, 0});
  pool.dilations = {2, 2};
  check_all({1, 5, 13, 9}, pool, small_machine(200));
}

TEST(PoolGradient, windows_whose_stride_has_more_places_than_a_block_has_iterators) {
  const Machine machine = small_machine(600);
  for (const std::int64_t stride : {6, 7, 13, 17, 29}) {
    check_all({1, 3, 60, 5}, window({stride + 2, 2}, {stride, 1}, {3, 0, 1, 0}), machine);
    check_all({1, 3, 61, 5}, window({stride - 2, 1}, {stride, 2}), machine);
  }
  PoolAttributes pool = window({9, 3}, {8, 3}, {2, 1, 2, 1});
  pool.dilations = {3, 2};
  check_all({1, 3, 50, 9}, pool, machine);
}

TEST(PoolGradient, global_pools) {
  for (const Shape& image : {Shape{1, 6, 7, 7}, Shape{2, 5, 1, 1}, Shape{3, 17, 2, 3}}) {
    check_index(image, global(image), small_machine(128));
    check_max(image, global(image), small_machine(128));
    check_average(image, global(image), small_machine(128));
  }
  check_average({2, 3, 30, 30}, global({2, 3, 30, 30}), small_machine(64));
}

TEST(PoolGradient, random_windows) {
  std::mt19937 random(11);
  const auto draw = [&](int low, int high) { return std::uniform_int_distribution<std::int64_t>(low, high)(random); };
  for (int i = 0; i < 80; ++i) {
    const Extent2 kernel{draw(1, 4), draw(1, 4)};
    PoolAttributes pool = window(kernel, {draw(1, 4), draw(1, 4)});
    pool.pads = {draw(0, static_cast<int>(kernel.height) - 1), draw(0, static_cast<int>(kernel.width) - 1),
                 draw(0, static_cast<int>(kernel.height) - 1), draw(0, static_cast<int>(kernel.width) - 1)};
    pool.counted = pool.pads;
    const Shape image{draw(1, 2), draw(1, 11), draw(4, 10), draw(4, 10)};
    Machine machine = small_machine(draw(150, 250), draw(2, 5));
    machine.vmem_double_buffered = draw(0, 1) == 1;
    check_all(image, pool, machine);
  }
}

TEST(MaxPoolGradientCost, two_instructions_for_each_position_and_one_to_clear) {
  LayerHarness layer(small_machine(1024));
  const PoolAttributes pool = window({3, 3}, {2, 2}, {1, 1, 1, 1});
  layer.node(OpKind::MaxPoolGradient, {layer.input({1, 4, 8, 8}), layer.input({1, 4, 8, 8})},
             {layer.output({1, 4, 16, 16})}, pool);
  layer.run(lower_max_pool_gradient);
  // groups of two rows: 9 of them, of which the last has no place of its own in the image
  const std::int64_t groups = 9;
  const std::int64_t columns = 17;
  const std::int64_t sums = 2 * 3 * (2 * groups * 8) + 2 * 3 * (groups * 8);
  EXPECT_EQ(layer.interpreter().issue_cycles, sums + 2 * groups * columns + 1 + 8 * 3);
  EXPECT_LE(layer.interpreter().hazard_cycles, 8 * 2);
}

}  // namespace
}  // namespace systole::test
