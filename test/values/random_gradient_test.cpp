#include <gtest/gtest.h>

#include "test/kernels/windows.h"
#include "test/values/machine_run.h"
#include "test/values/random_layers.h"

// Random convolutions with trained weights, and their gradients, on random small machines against their definition.
namespace systole::test {
namespace {

/// y, dx and dw of one convolution, whose weights and bias are inputs.
Graph trained_convolution(Dice& dice) {
  ConvAttributes conv;
  conv.kernel = {dice.roll(1, 3), dice.roll(1, 3)};
  conv.strides = {dice.roll(1, 2), dice.roll(1, 2)};
  conv.dilations = {dice.roll(1, 2), dice.roll(1, 2)};
  conv.pads = {dice.roll(0, 1), dice.roll(0, 1), dice.roll(0, 1), dice.roll(0, 1)};
  conv.groups = dice.roll(1, 4);
  const bool depthwise = dice.roll(0, 2) == 0;
  const std::int64_t inputs = conv.groups * (depthwise ? 1 : dice.roll(1, 6));
  const std::int64_t outputs = conv.groups * (depthwise ? 1 : dice.roll(1, 6));
  const Shape x{dice.roll(1, 5), inputs, dice.roll(6, 9), dice.roll(6, 9)};
  const Shape w{outputs, inputs / conv.groups, conv.kernel.height, conv.kernel.width};
  const Shape y = windowed(x, outputs, conv);
  Graph graph;
  graph.inputs = {add(graph, "x", x), add(graph, "w", w), add(graph, "b", {outputs}), add(graph, "dy", y)};
  graph.outputs = {add(graph, "y", y), add(graph, "dx", x), add(graph, "dw", w)};
  add(graph, OpKind::Conv, {graph.inputs[0], graph.inputs[1], graph.inputs[2]}, graph.outputs[0], conv);
  add(graph, OpKind::ConvInputGradient, {graph.inputs[3], graph.inputs[1]}, graph.outputs[1], conv);
  add(graph, OpKind::ConvWeightGradient, {graph.inputs[3], graph.inputs[0]}, graph.outputs[2], conv);
  graph.validate();
  return graph;
}

TEST(RandomGradients, compute_what_their_definition_says_in_both_ways) {
  const std::vector<config::Machine> machines = {load("tiny_4x4"), load("tiny_8x4")};
  for (unsigned seed = 0; seed < 40; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Dice dice(seed);
    const Graph graph = trained_convolution(dice);
    const NamedElements inputs = random_inputs(graph, seed);
    const NamedElements expected = evaluate(graph, inputs);
    for (config::Machine machine : machines) {
      machine.mutable_buffers()->set_ibuf_bits(machine.buffers().ibuf_bits() << dice.roll(0, 2));
      machine.mutable_buffers()->set_obuf_bits(machine.buffers().obuf_bits() << dice.roll(0, 2));
      for (const GradientWay way : {GradientWay::phases, GradientWay::zero_insert}) {
        const MachineRun run = run_on_machine(graph, machine, inputs, true, way);
        for (const char* output : {"y", "dx", "dw"}) {
          ASSERT_EQ(difference(run.outputs.at(output), expected.at(output), 1e-5), "")
              << output << " on " << machine.name();
        }
      }
    }
  }
}

}  // namespace
}  // namespace systole::test
