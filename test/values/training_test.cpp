#include <gtest/gtest.h>

#include <cmath>

#include "kernels/training/training.h"
#include "test/kernels/graph/small_graph.h"
#include "test/values/layers.h"
#include "test/values/machine_run.h"

// Training iterations on the simulated machine, against the reference in double precision. Of weights the steps are
// compared: beside a step of any size a weight stays near itself.
namespace systole::test {
namespace {

Elements steps(const Elements& after, const Elements& before) {
  Elements result = after;
  for (std::size_t i = 0; i < result.size(); ++i) result[i] -= before[i];
  return result;
}

void expect_right_iteration(const Training& training, const std::string& hardware, bool fusion,
                            GradientWay way = GradientWay::quicker) {
  SCOPED_TRACE(hardware + (fusion ? ", fused" : ", not fused"));
  const Graph& graph = training.graph;
  const NamedElements inputs = random_inputs(training.graph, 3);
  const NamedElements expected = evaluate(graph, inputs);
  const MachineRun run = run_on_machine(graph, load(hardware), inputs, fusion, way);
  EXPECT_EQ(difference(run.outputs.at("loss/loss"), expected.at("loss/loss"), 1e-5), "") << "loss";
  for (const State& state : graph.states) {
    const std::string& after = graph.tensor(state.after).name;
    const Elements& before = inputs.at(graph.tensor(state.before).name);
    const Elements wanted = steps(expected.at(after), before);
    EXPECT_EQ(difference(steps(run.outputs.at(after), before), wanted, 1e-3), "") << after;
  }
}

void expect_right_iterations(const Graph& network, const TrainingOptions& options) {
  const Training training = expand_training(network, options);
  for (const char* const hardware : {"tiny_4x4", "tiny_8x4"}) {
    for (const bool fusion : {true, false}) expect_right_iteration(training, hardware, fusion);
  }
}

TrainingOptions with(LossKind loss, OptimizerKind optimizer = OptimizerKind::Sgd) {
  TrainingOptions options;
  options.loss = loss;
  options.optimizer = optimizer;
  options.learning_rate = 0.5;
  return options;
}

TEST(TrainingIteration, of_dense_layers) {
  expect_right_iterations(Layers({5, 7}).dense(6).then(OpKind::Relu).dense(3).network(), with(LossKind::MeanSquared));
}

TEST(TrainingIteration, of_convolutions) {
  Layers net({2, 3, 6, 5});
  net.conv(5, 3).then(OpKind::Relu).conv(4, 3, 2).then(OpKind::Tanh).conv(6, 1, 2, 1, false);
  expect_right_iterations(net.network(), with(LossKind::MeanSquared));
}

TEST(TrainingIteration, of_grouped_and_depthwise_convolutions) {
  Layers net({2, 4, 5, 5});
  net.conv(8, 3, 1, 2).then(OpKind::Relu).conv(8, 3, 2, 8).then(OpKind::Clip, ClipAttributes{0, 6}).conv(3, 1);
  expect_right_iterations(net.network(), with(LossKind::MeanSquared));
}

TEST(TrainingIteration, of_batch_norm_behind_convolutions) {
  Layers net({3, 3, 4, 4});
  net.normalised_conv(5, 3).then(OpKind::Relu).normalised_conv(6, 1, 2);
  expect_right_iterations(net.network(), with(LossKind::MeanSquared));
}

TEST(TrainingIteration, of_a_residual_block) {
  Layers net({2, 4, 4, 4});
  net.normalised_conv(4, 3).then(OpKind::Relu);
  const TensorId shortcut = net.last;
  net.normalised_conv(4, 3).add(shortcut).then(OpKind::Relu).conv(2, 1);
  expect_right_iterations(net.network(), with(LossKind::MeanSquared));
}

TEST(TrainingIteration, of_a_classifier_with_pools) {
  Layers net({3, 2, 8, 8});
  net.conv(4, 3).then(OpKind::Relu).pool(OpKind::MaxPool, 2, 2).normalised_conv(6, 3).then(OpKind::Relu);
  net.pool(OpKind::AveragePool, 2, 2).dense(4).then(OpKind::Softmax, SoftmaxAttributes{1, 2});
  expect_right_iterations(net.network(), with(LossKind::CrossEntropy));
}

TEST(TrainingIteration, with_every_optimizer) {
  for (const OptimizerKind kind :
       {OptimizerKind::Momentum, OptimizerKind::Nesterov, OptimizerKind::Adam, OptimizerKind::Adagrad}) {
    TrainingOptions options = with(LossKind::MeanSquared, kind);
    options.weight_decay = 0.1;
    options.epsilon = 1e-3;
    expect_right_iterations(Layers({2, 3, 4, 4}).conv(4, 3).then(OpKind::Relu).conv(3, 1).network(), options);
  }
}

TEST(TrainingIteration, with_both_ways_of_gradients) {
  Layers net({2, 3, 7, 6});
  net.conv(5, 3, 2).then(OpKind::Relu).conv(4, 1, 2).then(OpKind::Relu).conv(4, 3, 1);
  const Training training = expand_training(net.network(), with(LossKind::MeanSquared));
  for (const GradientWay way : {GradientWay::zero_insert, GradientWay::phases}) {
    expect_right_iteration(training, "tiny_4x4", true, way);
  }
}

/// By how much of its length a dense layer's step differs from the reference when its only unit is active by less than
/// a rounding error: the sum of -1, 2^-30 and 1.
double difference_at_the_edge(OpKind activation) {
  SmallGraph g;
  const TensorId x = g.input("x", {1, 2});
  const TensorId w = g.constant("w", {2, 1}, std::vector<float>{1, 1});
  const TensorId b = g.constant("b", {1}, std::vector<float>{-1});
  const TensorId sum = g.node("dense", OpKind::Gemm, {x, w, b}, {1, 1}, GemmAttributes{});
  g.output(g.node("unit", activation, {sum}, {1, 1}));
  TrainingOptions options;
  options.loss = LossKind::MeanSquared;
  const Training training = expand_training(g.graph, options);
  NamedElements inputs = random_inputs(training.graph, 1);
  inputs["x"] = {0x1p-30, 1};
  inputs["targets"] = {5};
  const NamedElements expected = evaluate(training.graph, inputs);
  const MachineRun run = run_on_machine(training.graph, load("tiny_8x4"), inputs);
  EXPECT_EQ(difference(run.outputs.at("loss/loss"), expected.at("loss/loss"), 1e-5), "");
  const double step = expected.at("w/next")[1] - 1;
  return std::fabs(run.outputs.at("w/next")[1] - expected.at("w/next")[1]) / std::fabs(step);
}

TEST(TrainingIteration, a_rectifier_within_a_rounding_error_of_zero_stops_or_passes_a_whole_gradient) {
  EXPECT_EQ(difference_at_the_edge(OpKind::Relu), 1) << "the reference steps, the machine does not";
  EXPECT_LT(difference_at_the_edge(OpKind::Tanh), 1e-5) << "without a switch there is no such difference";
}

}  // namespace
}  // namespace systole::test
