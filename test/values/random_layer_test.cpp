#include <gtest/gtest.h>

#include <random>

#include "test/values/machine_run.h"

// Random convolutions, each followed by a Relu that may be fused, on random small machines against their definition.
namespace systole::test {
namespace {

class Dice {
 public:
  explicit Dice(unsigned seed) : random_(seed) {}
  std::int64_t roll(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(high - low + 1));
  }

 private:
  std::mt19937 random_;
};

TensorId add(Graph& graph, const std::string& name, const Shape& shape, bool constant) {
  Tensor tensor;
  tensor.name = name;
  tensor.shape = shape;
  tensor.constant = constant;
  return graph.add(std::move(tensor));
}

void add(Graph& graph, OpKind op, std::vector<TensorId> inputs, TensorId output, Attributes attributes) {
  Node node;
  node.name = to_string(op);
  node.onnx_op = to_string(op);
  node.op = op;
  node.inputs = std::move(inputs);
  node.outputs = {output};
  node.attributes = std::move(attributes);
  graph.add(std::move(node));
}

Graph random_convolution(Dice& dice) {
  ConvAttributes conv;
  conv.kernel = {dice.roll(1, 3), dice.roll(1, 3)};
  conv.strides = {dice.roll(1, 2), dice.roll(1, 2)};
  conv.dilations = {dice.roll(1, 2), dice.roll(1, 2)};
  conv.pads = {dice.roll(0, 1), dice.roll(0, 1), dice.roll(0, 1), dice.roll(0, 1)};
  conv.groups = dice.roll(1, 3);
  const std::int64_t inputs = conv.groups * dice.roll(1, 6);
  const std::int64_t outputs = conv.groups * dice.roll(1, 6);
  const Shape x{dice.roll(1, 2), inputs, dice.roll(6, 10), dice.roll(6, 10)};
  const auto extent = [](std::int64_t size, std::int64_t pads, std::int64_t kernel, std::int64_t dilation,
                         std::int64_t stride) { return (size + pads - (dilation * (kernel - 1) + 1)) / stride + 1; };
  const Shape y{
      x[0], outputs,
      extent(x[2], conv.pads.top + conv.pads.bottom, conv.kernel.height, conv.dilations.height, conv.strides.height),
      extent(x[3], conv.pads.left + conv.pads.right, conv.kernel.width, conv.dilations.width, conv.strides.width)};
  Graph graph;
  const TensorId in = add(graph, "x", x, false);
  const TensorId weights =
      add(graph, "w", {outputs, inputs / conv.groups, conv.kernel.height, conv.kernel.width}, true);
  const TensorId bias = add(graph, "b", {outputs}, true);
  const TensorId sums = add(graph, "sums", y, false);
  const TensorId out = add(graph, "y", y, false);
  add(graph, OpKind::Conv, {in, weights, bias}, sums, conv);
  add(graph, OpKind::Relu, {sums}, out, NoAttributes{});
  graph.inputs = {in};
  graph.outputs = {out};
  graph.validate();
  return graph;
}

TEST(RandomLayers, convolutions_compute_what_their_definition_says) {
  const std::vector<config::Machine> machines = {load("tiny_4x4"), load("tiny_8x4")};
  for (unsigned seed = 0; seed < 100; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Dice dice(seed);
    Graph graph = random_convolution(dice);
    ASSERT_EQ(randomise_weights(graph, seed), 2);
    const NamedElements inputs = random_inputs(graph, seed);
    const NamedElements expected = evaluate(graph, inputs);
    for (config::Machine machine : machines) {
      machine.mutable_buffers()->set_ibuf_bits(machine.buffers().ibuf_bits() << dice.roll(0, 2));
      machine.mutable_buffers()->set_obuf_bits(machine.buffers().obuf_bits() << dice.roll(0, 2));
      const MachineRun run = run_on_machine(graph, machine, inputs, dice.roll(0, 1) == 1);
      ASSERT_EQ(difference(run.outputs.at("y"), expected.at("y"), 1e-5), "") << machine.name();
    }
  }
}

}  // namespace
}  // namespace systole::test
