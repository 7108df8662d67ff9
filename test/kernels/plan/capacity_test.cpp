#include "kernels/plan/capacity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels/plan/layout_assignment.h"
#include "test/kernels/graph/small_graph.h"

namespace systole {

namespace {

/// Input {2, 4, 8, 8}, a convolution with 1024 weights to {2, 256, 8, 8}, a sum over all of it: {2, 256}.
Graph narrow_waist() {
  test::SmallGraph small;
  const TensorId x = small.input("x", {2, 4, 8, 8});
  const TensorId w = small.constant("w", {256, 4, 1, 1}, Absent{});
  const TensorId y = small.node("conv", OpKind::Conv, {x, w}, {2, 256, 8, 8}, ConvAttributes{});
  PoolAttributes window;
  window.kernel = {8, 8};
  return small.output(small.node("sum", OpKind::AveragePool, {y}, {2, 256, 1, 1}, window));
}

std::string fault_of(const Graph& graph, std::int64_t memory_bytes) {
  Machine machine;
  machine.memory_bytes = memory_bytes;
  RegionTable regions;
  const LayoutAssignment assigned = assign_layouts(graph, machine, std::vector<bool>(graph.tensors.size()), regions);
  try {
    check_operands(graph, assigned.layouts, regions, machine);
  } catch (const MemoryTooSmall& fault) {
    return fault.diagnostics().front().message + " | " + std::to_string(fault.needed_bytes);
  }
  return "";
}

TEST(Capacity, asks_for_inputs_outputs_and_operands_only) {
  const Graph graph = narrow_waist();
  EXPECT_EQ(fault_of(graph, 2048), "");  // not for the 32 kB between the two operators, which fusion may spare
  EXPECT_EQ(fault_of(graph, 2047),
            "the network needs 2048 bytes of memory for its outputs alone, the machine has 2047 | 2048");
  EXPECT_EQ(fault_of(graph, 511),
            "the network needs 512 bytes of memory for its inputs alone, the machine has 511 | 512");
}

TEST(Capacity, counts_weights_and_what_they_meet_together) {
  test::SmallGraph small;
  const TensorId x = small.input("x", {1, 64});
  const TensorId w = small.constant("w", {64, 8}, Absent{});
  const Graph& graph = small.output(small.node("product", OpKind::MatMul, {x, w}, {1, 8}));
  EXPECT_EQ(fault_of(graph, 576), "");
  EXPECT_EQ(fault_of(graph, 575),
            "the network needs 576 bytes of memory for the operands of MatMul 'product' alone, "
            "the machine has 575 | 576");
}

}  // namespace

}  // namespace systole
