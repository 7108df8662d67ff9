#include <gtest/gtest.h>

#include <cmath>

#include "kernels/lowering/simd_lowerings.h"
#include "test/kernels/lowering/layer_harness.h"

namespace systole::test {
namespace {

using Index = std::vector<std::int64_t>;

struct UnaryCase {
  OpKind op;
  Attributes attributes;
  double (*expected)(double);
  double low = -3;
};

double clamp01(double x) {
  return std::max(0.0, std::min(1.0, x));
}

const UnaryCase kUnary[] = {
    {OpKind::Relu, NoAttributes(), [](double x) { return std::max(x, 0.0); }},
    {OpKind::LeakyRelu, AlphaBeta{0.25, 0}, [](double x) { return x < 0 ? 0.25 * x : x; }},
    {OpKind::Clip, ClipAttributes{-1, 2}, [](double x) { return std::min(2.0, std::max(-1.0, x)); }},
    {OpKind::Clip, ClipAttributes{}, [](double x) { return x; }},
    {OpKind::Sigmoid, NoAttributes(), [](double x) { return 1 / (1 + std::exp(-x)); }},
    {OpKind::Tanh, NoAttributes(), [](double x) { return std::tanh(x); }},
    {OpKind::HardSigmoid, AlphaBeta{0.2, 0.5}, [](double x) { return clamp01(0.2 * x + 0.5); }},
    {OpKind::HardSwish, NoAttributes(), [](double x) { return x * clamp01(x / 6 + 0.5); }},
    {OpKind::Elu, AlphaBeta{1, 0}, [](double x) { return x > 0 ? x : std::exp(x) - 1; }},
    {OpKind::Elu, AlphaBeta{0.5, 0}, [](double x) { return x > 0 ? x : 0.5 * (std::exp(x) - 1); }},
    {OpKind::Elu, AlphaBeta{2, 0}, [](double x) { return x > 0 ? x : 2 * (std::exp(x) - 1); }},
    {OpKind::Sqrt, NoAttributes(), [](double x) { return std::sqrt(x); }, 0},
    {OpKind::Exp, NoAttributes(), [](double x) { return std::exp(x); }},
    {OpKind::Erf, NoAttributes(), [](double x) { return std::erf(x); }},
};

class Unary : public testing::TestWithParam<UnaryCase> {};

TEST_P(Unary, ComputesEveryElementOfTensorsOfAnySize) {
  for (const Shape& shape : {Shape{1}, Shape{3, 2}, Shape{1, 5, 7, 3}, Shape{2, 3, 11, 13}}) {
    LayerHarness layer;
    const TensorId x = layer.input(shape, GetParam().low, 3);
    const TensorId y = layer.output(shape);
    layer.node(GetParam().op, {x}, {y}, GetParam().attributes);
    layer.run(lower_elementwise);
    layer.expect(y, [&](const Index& at) { return GetParam().expected(layer.at(x, at)); });
  }
}
INSTANTIATE_TEST_SUITE_P(Operators, Unary, testing::ValuesIn(kUnary));

double fold(OpKind op, double a, double b) {
  switch (op) {
    case OpKind::PRelu:
      return a < 0 ? a * b : a;
    case OpKind::Sub:
      return a - b;
    case OpKind::Mul:
      return a * b;
    case OpKind::Div:
      return a / b;
    case OpKind::Max:
      return std::max(a, b);
    case OpKind::Min:
      return std::min(a, b);
    case OpKind::Pow:
      return std::pow(a, b);
    default:
      return a + b;
  }
}

/// Index of a broadcast operand for an index of the result.
Index broadcast_index(const Index& at, const Shape& shape) {
  Index index(shape.size());
  for (std::size_t d = 0; d < shape.size(); ++d) index[d] = shape[d] == 1 ? 0 : at[at.size() - shape.size() + d];
  return index;
}

void check_broadcast(OpKind op, const std::vector<Shape>& shapes, bool constants, Machine machine = small_machine()) {
  LayerHarness layer(std::move(machine));
  std::vector<TensorId> inputs;
  for (const Shape& shape : shapes) {
    const bool constant = constants && !inputs.empty();
    inputs.push_back(constant ? layer.constant(shape, 0.5, 3) : layer.input(shape, 0.5, 3));
  }
  const TensorId y = layer.output(*broadcast(shapes));
  layer.node(op, inputs, {y});
  layer.run(lower_elementwise);
  layer.expect(y, [&](const Index& at) {
    double value = layer.at(inputs[0], broadcast_index(at, shapes[0]));
    for (std::size_t i = 1; i < inputs.size(); ++i) {
      value = fold(op, value, layer.at(inputs[i], broadcast_index(at, shapes[i])));
    }
    return value;
  });
}

TEST(BroadcastingElementwise, EveryOperatorOnEqualShapes) {
  for (const OpKind op :
       {OpKind::PRelu, OpKind::Add, OpKind::Sub, OpKind::Mul, OpKind::Div, OpKind::Max, OpKind::Min, OpKind::Pow}) {
    check_broadcast(op, {{2, 6, 5, 7}, {2, 6, 5, 7}}, false);
  }
}

TEST(BroadcastingElementwise, VariadicOperators) {
  for (const OpKind op : {OpKind::Sum, OpKind::Max, OpKind::Min}) {
    check_broadcast(op, {{1, 6, 5, 7}, {1, 6, 5, 7}, {6, 1, 1}, {1, 6, 5, 7}}, false);
  }
}

TEST(BroadcastingElementwise, AllPatternsOfBroadcasting) {
  const std::vector<Shape> others = {{6, 1, 1}, {1},          {},           {2, 1, 1, 1}, {5, 1},
                                     {7},       {1, 6, 1, 7}, {2, 6, 1, 1}, {2, 1, 5, 7}};
  for (const Shape& other : others) {
    for (const bool constant : {false, true}) {
      check_broadcast(OpKind::Sub, {{2, 6, 5, 7}, other}, constant);
      check_broadcast(OpKind::Div, {other, {2, 6, 5, 7}}, constant);
    }
  }
  check_broadcast(OpKind::Mul, {{3, 1, 9}, {4, 1}}, false);
}

TEST(BroadcastingElementwise, DoubleBufferedTilesDoNotTouchEachOther) {
  Machine machine = small_machine();
  machine.vmem_double_buffered = true;
  check_broadcast(OpKind::Add, {{2, 6, 5, 7}, {6, 1, 1}}, true, machine);
  check_broadcast(OpKind::Sum, {{2, 6, 5, 7}, {2, 6, 5, 7}, {2, 1, 5, 7}}, false, machine);
}

TEST(BroadcastingElementwise, OperandsInDifferentMemoryOrders) {
  LayerHarness layer;
  const Shape shape{2, 6, 5, 3};
  const TensorId a = layer.input(shape, -2, 2, row_major(4));
  const TensorId b = layer.input(shape);
  const TensorId y = layer.output(shape);
  layer.node(OpKind::Add, {a, b}, {y});
  layer.run(lower_elementwise);
  layer.expect(y, [&](const Index& at) { return layer.at(a, at) + layer.at(b, at); });
}

TEST(Power, ConstantExponents) {
  for (const double exponent :
       {0.0, 1.0, 2.0, 3.0, 4.0, 7.0, 16.0, 17.0, 18.0, 0.5, -0.5, -1.0, -2.0, -3.0, 0.75, 1.5}) {
    LayerHarness layer;
    const bool integer = exponent == std::floor(exponent);
    const TensorId x = layer.input({2, 3, 5}, integer ? -1.5 : 0.1, 1.5);
    const TensorId p = layer.constant({}, exponent, exponent);
    const TensorId y = layer.output({2, 3, 5});
    layer.graph.tensor(p).values = Fill{exponent};
    layer.node(OpKind::Pow, {x, p}, {y});
    layer.run(lower_elementwise);
    layer.expect(
        y, [&](const Index& at) { return std::pow(layer.at(x, at), exponent); }, 1e-5);
  }
}

TEST(Power, TensorExponentKeepsTheSignOfOddPowers) {
  LayerHarness layer;
  const TensorId x = layer.input({4}, -2, -1);
  const TensorId p = layer.constant({4});
  const TensorId y = layer.output({4});
  const std::vector<float> exponents{2, 3, -1, 0};
  layer.node(OpKind::Pow, {x, p}, {y});
  layer.set_values(p, exponents);
  layer.run(lower_elementwise);
  layer.expect(y,
               [&](const Index& at) { return std::pow(layer.at(x, at), exponents[static_cast<std::size_t>(at[0])]); });
}

TEST(ElementwiseTraffic, FlatTensorsMoveEachElementOnceInFewTiles) {
  LayerHarness layer;
  const Shape shape{1, 3, 11, 13};
  const TensorId x = layer.input(shape);
  const TensorId y = layer.output(shape);
  layer.node(OpKind::Relu, {x}, {y});
  layer.run(lower_elementwise);
  EXPECT_EQ(layer.interpreter().load_bytes, 429 * 4);
  EXPECT_EQ(layer.interpreter().store_bytes, 429 * 4);
  EXPECT_EQ(layer.interpreter().tiles, 2);  // 108 words of 4 lanes, 64 fit
  EXPECT_EQ(layer.interpreter().issue_cycles, 108);
}

TEST(ElementwiseTraffic, ChannelOperandsAreLoadedOnce) {
  LayerHarness layer(small_machine(32));
  const TensorId x = layer.input({1, 6, 11, 13});
  const TensorId scale = layer.constant({6, 1, 1});
  const TensorId y = layer.output({1, 6, 11, 13});
  layer.node(OpKind::Mul, {x, scale}, {y});
  layer.run(lower_elementwise);
  EXPECT_EQ(layer.interpreter().load_bytes, (6 * 11 * 13 + 6) * 4);
  EXPECT_EQ(layer.interpreter().hazard_cycles, 0);
}

TEST(ElementwiseTraffic, SequencesHaveNoHazardsAndNoBankConflicts) {
  LayerHarness layer;
  const TensorId x = layer.input({1, 4, 5, 5});
  const TensorId y = layer.output({1, 4, 5, 5});
  layer.node(OpKind::Erf, {x}, {y});
  layer.run(lower_elementwise);
  const BlockInterpreter& run = layer.interpreter();
  EXPECT_EQ(run.hazard_cycles, 0);
  // 20 instructions a word; the reciprocal and the exponential take longer than one cycle
  EXPECT_EQ(run.issue_cycles, 25 * (20 + 8 + 2));
  EXPECT_EQ(layer.context().outcome(NodeId{0}).ops, 100 * 20);
}

}  // namespace
}  // namespace systole::test
