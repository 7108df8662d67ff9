#include <gtest/gtest.h>

#include <cmath>

#include "kernels/reference/evaluate.h"
#include "kernels/training/training.h"
#include "test/kernels/graph/small_graph.h"

// The gradient of every operator against central differences of the loss, in double precision: by each input, and by
// each weight, whose gradient is what Sgd of rate 1 takes off.
namespace systole::test {
namespace {

constexpr double kStep = 1e-5;
constexpr double kTolerance = 1e-7;  ///< of the largest gradient: the step's square, and rounding over the step

double loss_of(const Graph& graph, const NamedElements& inputs) {
  return evaluate(graph, inputs).at(graph.tensor(graph.outputs.front()).name).front();
}

/// `low` and `high` bound the inputs.
void expect_right_gradients(const Graph& network, double low = -1, double high = 1,
                            LossKind loss = LossKind::MeanSquared) {
  TrainingOptions options;
  options.loss = loss;
  options.learning_rate = 1.0;
  options.input_gradient = true;
  Graph filled = network;
  randomise_weights(filled, 1);
  const Training training = expand_training(filled, options);
  const Graph& graph = training.graph;
  NamedElements inputs = random_inputs(graph, 2);
  for (const TensorId id : filled.inputs) {
    for (double& x : inputs.at(filled.tensor(id).name)) x = low + (x + 1) / 2 * (high - low);
  }
  const NamedElements outputs = evaluate(graph, inputs);
  std::map<std::string, std::vector<double>> gradients;
  for (const TensorId id : filled.inputs) {
    const std::string& name = filled.tensor(id).name;
    if (outputs.count(name + "/gradient") != 0) gradients[name] = outputs.at(name + "/gradient");
  }
  for (const State& state : graph.states) {
    const std::string& name = graph.tensor(state.before).name;
    if (graph.node(*graph.producer(state.after)).op != OpKind::Sgd) continue;
    const std::vector<double>& after = outputs.at(graph.tensor(state.after).name);
    for (std::size_t i = 0; i < after.size(); ++i) gradients[name].push_back(inputs.at(name)[i] - after[i]);
  }
  ASSERT_FALSE(gradients.empty());
  for (const auto& [name, gradient] : gradients) {
    double scale = 0;
    for (const double g : gradient) scale = std::max(scale, std::fabs(g));
    EXPECT_GT(scale, 0) << name;
    for (std::size_t i = 0; i < gradient.size(); ++i) {
      NamedElements moved = inputs;
      moved.at(name)[i] += kStep;
      const double above = loss_of(graph, moved);
      moved.at(name)[i] -= 2 * kStep;
      const double below = loss_of(graph, moved);
      ASSERT_NEAR(gradient[i], (above - below) / (2 * kStep), kTolerance * std::max(scale, 1e-2))
          << name << " element " << i;
    }
  }
}

/// A graph of one node on inputs of these shapes.
Graph one_node(OpKind op, const std::vector<Shape>& inputs, const Shape& output,
               Attributes attributes = NoAttributes{}) {
  SmallGraph g;
  std::vector<TensorId> operands;
  for (const Shape& shape : inputs) operands.push_back(g.input("x" + std::to_string(operands.size()), shape));
  return g.output(g.node("y", op, operands, output, std::move(attributes)));
}

/// The first operand is an input, the others are trained.
Graph weighted(OpKind op, const std::vector<Shape>& shapes, const Shape& output, Attributes attributes) {
  SmallGraph g;
  std::vector<TensorId> operands{g.input("x", shapes[0])};
  for (std::size_t i = 1; i < shapes.size(); ++i) {
    operands.push_back(g.constant("w" + std::to_string(i), shapes[i], Absent{}));
  }
  return g.output(g.node("y", op, operands, output, std::move(attributes)));
}

TEST(Gradient, of_convolutions) {
  ConvAttributes conv;
  conv.kernel = {3, 2};
  expect_right_gradients(weighted(OpKind::Conv, {{2, 3, 5, 4}, {4, 3, 3, 2}, {4}}, {2, 4, 3, 3}, conv));
  conv.strides = {2, 3};
  conv.pads = {1, 0, 2, 1};
  expect_right_gradients(weighted(OpKind::Conv, {{2, 3, 5, 4}, {4, 3, 3, 2}}, {2, 4, 3, 2}, conv));
  conv.strides = {1, 2};
  conv.dilations = {2, 1};
  conv.groups = 2;
  expect_right_gradients(weighted(OpKind::Conv, {{1, 4, 5, 4}, {6, 2, 3, 2}, {6}}, {1, 6, 4, 2}, conv));
  conv.groups = 4;  // depthwise
  expect_right_gradients(weighted(OpKind::Conv, {{1, 4, 5, 4}, {4, 1, 3, 2}}, {1, 4, 4, 2}, conv));
}

TEST(Gradient, of_matrix_products) {
  for (const bool a : {false, true}) {
    for (const bool b : {false, true}) {
      const Shape left = a ? Shape{3, 2} : Shape{2, 3};
      const Shape right = b ? Shape{4, 3} : Shape{3, 4};
      const GemmAttributes gemm{0.5, 2.0, a, b};
      expect_right_gradients(weighted(OpKind::Gemm, {left, right, {4}}, {2, 4}, gemm));
      expect_right_gradients(one_node(OpKind::Gemm, {left, right, {2, 1}}, {2, 4}, gemm));
    }
  }
  expect_right_gradients(one_node(OpKind::MatMul, {{2, 3}, {3, 4}}, {2, 4}));
  expect_right_gradients(one_node(OpKind::MatMul, {{2, 2, 3}, {1, 3, 4}}, {2, 2, 4}));
  expect_right_gradients(weighted(OpKind::MatMul, {{2, 2, 3}, {3, 4}, {4}}, {2, 2, 4}, NoAttributes{}));
}

TEST(Gradient, of_normalizations) {
  expect_right_gradients(
      weighted(OpKind::BatchNormalization, {{3, 2, 2, 2}, {2}, {2}, {2}, {2}}, {3, 2, 2, 2}, BatchNormAttributes{}));
  expect_right_gradients(one_node(OpKind::Lrn, {{1, 6, 2, 1}}, {1, 6, 2, 1}, LrnAttributes{4, 0.5, 0.75, 1.0}));
}

TEST(Gradient, of_pools) {
  PoolAttributes pool;
  pool.kernel = {3, 2};
  pool.strides = {2, 1};
  pool.pads = {1, 0, 1, 1};
  for (const OpKind op : {OpKind::MaxPool, OpKind::AveragePool}) {
    expect_right_gradients(one_node(op, {{2, 2, 5, 3}}, {2, 2, 3, 3}, pool));
  }
  pool.count_include_pad = true;
  pool.counted = pool.pads;
  expect_right_gradients(one_node(OpKind::AveragePool, {{1, 2, 5, 3}}, {1, 2, 3, 3}, pool));
  PoolAttributes global;
  global.kernel = {3, 4};
  global.global = true;
  for (const OpKind op : {OpKind::MaxPool, OpKind::AveragePool}) {
    expect_right_gradients(one_node(op, {{2, 3, 3, 4}}, {2, 3, 1, 1}, global));
  }
}

TEST(Gradient, of_activations) {
  const Shape shape{3, 7};
  for (const OpKind op : {OpKind::Relu, OpKind::Sigmoid, OpKind::Tanh, OpKind::Exp, OpKind::Erf}) {
    expect_right_gradients(one_node(op, {shape}, shape));
  }
  expect_right_gradients(one_node(OpKind::HardSwish, {shape}, shape), -5, 5);
  expect_right_gradients(one_node(OpKind::Sqrt, {shape}, shape), 0.5, 2);
  expect_right_gradients(one_node(OpKind::LeakyRelu, {shape}, shape, AlphaBeta{0.1, 0}));
  expect_right_gradients(one_node(OpKind::Elu, {shape}, shape, AlphaBeta{0.7, 0}));
  expect_right_gradients(one_node(OpKind::HardSigmoid, {shape}, shape, AlphaBeta{0.2, 0.5}), -4, 4);
  expect_right_gradients(one_node(OpKind::Clip, {shape}, shape, ClipAttributes{-0.5, 0.3}));
  expect_right_gradients(weighted(OpKind::PRelu, {{2, 3, 2}, {3, 1}}, {2, 3, 2}, NoAttributes{}));
}

TEST(Gradient, of_arithmetic_that_broadcasts) {
  for (const OpKind op : {OpKind::Add, OpKind::Sub, OpKind::Mul, OpKind::Max, OpKind::Min}) {
    expect_right_gradients(one_node(op, {{2, 3, 4}, {3, 1}}, {2, 3, 4}));
    expect_right_gradients(one_node(op, {{4}, {2, 4}}, {2, 4}));
  }
  for (const OpKind op : {OpKind::Sum, OpKind::Max, OpKind::Min}) {
    expect_right_gradients(one_node(op, {{2, 4}, {2, 1}, {4}}, {2, 4}));
  }
  expect_right_gradients(one_node(OpKind::Div, {{2, 4}, {4}}, {2, 4}), 0.5, 2);
  SmallGraph g;
  const TensorId x = g.input("x", {5});
  expect_right_gradients(g.output(g.node("y", OpKind::Pow, {x, g.constant("e", {}, Fill{2.5})}, {5})), 0.5, 2);
}

TEST(Gradient, along_axes) {
  for (const OpKind op : {OpKind::Softmax, OpKind::LogSoftmax}) {
    expect_right_gradients(one_node(op, {{2, 3, 4}}, {2, 3, 4}, SoftmaxAttributes{1, 2}));
  }
  for (const OpKind op : {OpKind::ReduceMean, OpKind::ReduceSum, OpKind::ReduceMax}) {
    expect_right_gradients(one_node(op, {{2, 3, 4}}, {2, 4}, ReduceAttributes{{1}, false}));
    expect_right_gradients(one_node(op, {{2, 3, 4}}, {1, 3, 1}, ReduceAttributes{{0, 2}, true}));
  }
  expect_right_gradients(one_node(OpKind::Concat, {{2, 3}, {2, 1}, {2, 2}}, {2, 6}, ConcatAttributes{1}));
  SmallGraph g;
  const TensorId x = g.input("x", {2, 5});
  const TensorId first = g.node("first", OpKind::Split, {x}, {2, 2}, SplitAttributes{1});
  const TensorId second = g.graph.add(Tensor{"second", {2, 3}, ElementType::Float32, false, Absent{}});
  g.graph.nodes.back().outputs.push_back(second);
  expect_right_gradients(g.output(g.node("y", OpKind::Tanh, {first}, {2, 2})));
}

TEST(Gradient, of_movement) {
  expect_right_gradients(one_node(OpKind::Slice, {{6, 5}}, {3, 2}, SliceAttributes{{0, 1}, {2, 3}}));
  expect_right_gradients(one_node(OpKind::Slice, {{6, 5}}, {2, 3}, SliceAttributes{{5, 4}, {-3, -2}}));
  expect_right_gradients(one_node(OpKind::Pad, {{3, 4}}, {4, 4}, PadAttributes{{2, -1}, {-1, 1}, {}, 0.5}));
  expect_right_gradients(one_node(OpKind::Transpose, {{2, 3, 4}}, {4, 2, 3}, TransposeAttributes{{2, 0, 1}}));
  expect_right_gradients(one_node(OpKind::Reshape, {{2, 6}}, {3, 4}));
  expect_right_gradients(one_node(OpKind::Expand, {{3, 1}}, {2, 3, 4}));
}

TEST(Gradient, of_the_cross_entropy) {
  expect_right_gradients(one_node(OpKind::Reshape, {{3, 5}}, {3, 5}), -1, 1, LossKind::CrossEntropy);
  expect_right_gradients(one_node(OpKind::Softmax, {{3, 5}}, {3, 5}, SoftmaxAttributes{1, 2}), -1, 1,
                         LossKind::CrossEntropy);
  expect_right_gradients(one_node(OpKind::LogSoftmax, {{2, 4, 3}}, {2, 4, 3}, SoftmaxAttributes{1, 2}), -1, 1,
                         LossKind::CrossEntropy);
}

TEST(Gradient, of_what_several_nodes_read_is_their_sum) {
  SmallGraph g;
  const TensorId x = g.input("x", {4});
  const TensorId a = g.node("a", OpKind::Tanh, {x}, {4});
  const TensorId b = g.node("b", OpKind::Mul, {a, a}, {4});
  const TensorId c = g.node("c", OpKind::Sigmoid, {a}, {4});
  const TensorId d = g.node("d", OpKind::Add, {b, c}, {4});
  expect_right_gradients(g.output(g.node("e", OpKind::Sub, {d, a}, {4})));
}

}  // namespace
}  // namespace systole::test
