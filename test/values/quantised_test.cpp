#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "test/values/machine_run.h"
#include "test/values/random_layers.h"

// Quantised networks, random in shapes, zero points and scales, in the machine's integers: equal to their definition.
namespace systole::test {
namespace {

std::vector<std::int64_t> draw(Dice& dice, std::int64_t count, std::int64_t low, std::int64_t high) {
  std::vector<std::int64_t> values;
  for (std::int64_t i = 0; i < count; ++i) values.push_back(dice.roll(low, high));
  return values;
}

/// A chain of quantised layers whose last output is "y".
class Chain {
 public:
  Chain(Dice& dice, const Shape& input, ElementType type) : dice_(dice) {
    running_ = add("x", input, type);
    graph.inputs = {running_};
  }

  /// Weights less their zero points reach from -255 to 255 when the first is drawn from all bytes.
  void convolution(std::int64_t channels, std::int64_t groups) {
    const Shape& x = graph.shape(running_);
    ConvAttributes conv;
    conv.kernel = {dice_.roll(1, std::min<std::int64_t>(3, x[2])), dice_.roll(1, std::min<std::int64_t>(3, x[3]))};
    conv.pads = {dice_.roll(0, 1), dice_.roll(0, 1), dice_.roll(0, 1), dice_.roll(0, 1)};
    conv.strides = {dice_.roll(1, 2), 1};
    conv.groups = groups;
    conv.zero_point = conv.pad_value = zero_point(graph.tensor(running_).type);
    const std::int64_t wide = dice_.roll(0, 1) == 0 ? 127 : 255;
    const Shape w{channels, x[1] / groups, conv.kernel.height, conv.kernel.width};
    const Shape y{x[0], channels,
                  (x[2] + conv.pads.top + conv.pads.bottom - conv.kernel.height) / conv.strides.height + 1,
                  x[3] + conv.pads.left + conv.pads.right - conv.kernel.width + 1};
    const TensorId weights = constant("w", w, ElementType::Int32, draw(dice_, element_count(w), -wide, wide));
    std::vector<TensorId> inputs{running_, weights};
    if (dice_.roll(0, 1) == 0) {
      inputs.push_back(constant("b", {channels}, ElementType::Int32, draw(dice_, channels, -bias, bias)));
    }
    sums(OpKind::Conv, std::move(inputs), conv, y);
  }

  void product(std::int64_t columns) {
    Shape y = graph.shape(running_);
    Shape b{y.back(), columns};
    if (dice_.roll(0, 1) == 0 && y.size() > 2) b.insert(b.begin(), y.begin(), y.end() - 2);  // one matrix each
    y.back() = columns;
    const TensorId weights = constant("w", b, ElementType::Int32, draw(dice_, element_count(b), -200, 200));
    sums(OpKind::MatMul, {running_, weights}, MatMulAttributes{zero_point(graph.tensor(running_).type)}, y);
  }

  void requantize(ElementType type, const Shape& scale_shape) {
    std::vector<float> scales;
    for (std::int64_t i = 0; i < element_count(scale_shape); ++i) {
      scales.push_back(static_cast<float>(dice_.roll(1, 2000)) / (dice_.roll(0, 1) == 0 ? 65536.0F : 777777.0F));
    }
    const TensorId scale = add("scale", scale_shape, ElementType::Float32);
    graph.tensor(scale).constant = true;
    graph.tensor(scale).values = std::move(scales);
    RequantizeAttributes limits{zero_point(type), 0, 255};
    if (type == ElementType::Int8) limits = {zero_point(type), -128, 127};
    const Shape shape = graph.shape(running_);
    const TensorId y = add("q", shape, type);
    node(OpKind::Requantize, {running_, scale}, y, limits);
  }

  Graph finish() {
    graph.tensor(running_).name = "y";
    graph.outputs = {running_};
    graph.validate();
    return std::move(graph);
  }

  Graph graph;
  std::int64_t bias = 1000;

 private:
  TensorId add(const std::string& name, const Shape& shape, ElementType type) {
    return graph.add(Tensor{name + std::to_string(graph.tensors.size()), shape, type, false, Absent{}});
  }
  TensorId constant(const std::string& name, const Shape& shape, ElementType type, std::vector<std::int64_t> values) {
    const TensorId id = add(name, shape, type);
    graph.tensor(id).constant = true;
    graph.tensor(id).values = std::move(values);
    return id;
  }
  double zero_point(ElementType type) {
    return static_cast<double>(type == ElementType::Int8 ? dice_.roll(-128, 127) : dice_.roll(0, 255));
  }
  void sums(OpKind op, std::vector<TensorId> inputs, Attributes attributes, const Shape& shape) {
    node(op, std::move(inputs), add("sums", shape, ElementType::Int32), std::move(attributes));
  }
  void node(OpKind op, std::vector<TensorId> inputs, TensorId output, Attributes attributes) {
    Node made;
    made.name = to_string(op) + std::to_string(graph.nodes.size());
    made.onnx_op = to_string(op);
    made.op = op;
    made.inputs = std::move(inputs);
    made.outputs = {output};
    made.attributes = std::move(attributes);
    graph.add(std::move(made));
    running_ = output;
  }

  Dice& dice_;
  TensorId running_{};
};

ElementType byte(Dice& dice) {
  return dice.roll(0, 1) == 0 ? ElementType::UInt8 : ElementType::Int8;
}

void expect_equal(const Graph& graph, Dice& dice) {
  const NamedElements inputs = random_inputs(graph, 5);
  const NamedElements expected = evaluate(graph, inputs);
  config::Machine machine = load(dice.roll(0, 1) == 0 ? "tiny_4x4" : "tiny_8x4", "fixed32");
  if (dice.roll(0, 2) == 0) machine.mutable_systolic_array()->set_weight_bits(16);
  for (const bool fusion : {true, false}) {
    const MachineRun run = run_on_machine(graph, machine, inputs, fusion);
    EXPECT_EQ(run.program.numbers(), isa::Program::integers);
    ASSERT_EQ(difference(run.outputs.at("y"), expected.at("y"), 0), "") << machine.name();
  }
}

TEST(Quantised, convolutions_are_equal_bit_for_bit) {
  for (unsigned seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Dice dice(seed);
    const std::int64_t groups = dice.roll(1, 4);
    const std::int64_t width = groups * (dice.roll(0, 1) == 0 ? 1 : dice.roll(1, 3));
    Chain chain(dice, {dice.roll(1, 2), width, dice.roll(4, 8), dice.roll(4, 8)}, byte(dice));
    chain.convolution(groups * dice.roll(1, 3), groups);
    if (dice.roll(0, 4) > 0) {
      const std::int64_t channels = chain.graph.shape(chain.graph.nodes.back().outputs[0])[1];
      chain.requantize(byte(dice), dice.roll(0, 1) == 0 ? Shape{} : Shape{channels, 1, 1});
      chain.convolution(dice.roll(1, 5), 1);
      chain.requantize(byte(dice), {});
    }
    expect_equal(chain.finish(), dice);
  }
}

TEST(Quantised, matrix_products_are_equal_bit_for_bit) {
  for (unsigned seed = 0; seed < 40; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Dice dice(seed);
    Shape shape{dice.roll(1, 9), dice.roll(1, 12)};
    if (dice.roll(0, 1) == 0) shape.insert(shape.begin(), dice.roll(1, 3));
    Chain chain(dice, shape, byte(dice));
    const std::int64_t columns = dice.roll(1, 9);
    chain.product(columns);
    if (dice.roll(0, 1) == 0) {
      chain.requantize(byte(dice), dice.roll(0, 1) == 0 ? Shape{} : Shape{columns});
      chain.product(dice.roll(1, 9));
    }
    expect_equal(chain.finish(), dice);
  }
}

TEST(Quantised, sums_that_do_not_fit_wrap_as_the_definition_says) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Dice dice(seed);
    Chain chain(dice, {1, 4, 5, 5}, byte(dice));
    chain.bias = std::numeric_limits<std::int32_t>::max();
    chain.convolution(6, 1);
    expect_equal(chain.finish(), dice);
  }
}

}  // namespace
}  // namespace systole::test
