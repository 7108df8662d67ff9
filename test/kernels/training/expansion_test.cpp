#include <gtest/gtest.h>

#include <algorithm>

#include "base/errors.h"
#include "kernels/graph/loss.h"
#include "kernels/reference/evaluate.h"
#include "kernels/training/training.h"
#include "test/kernels/graph/small_graph.h"

// What an iteration consists of, and what is refused.
namespace systole::test {
namespace {

/// conv1 - relu - conv2 - relu2 - pool -> {N,4}, trained with the cross-entropy.
struct TinyNetwork : SmallGraph {
  explicit TinyNetwork(std::int64_t batch = 2) {
    const TensorId x = input("x", {batch, 3, 4, 4});
    ConvAttributes conv;
    const TensorId w1 = constant("w1", {4, 3, 1, 1}, Fill{0.5});
    const TensorId w2 = constant("w2", {4, 4, 1, 1}, Fill{0.5});
    const TensorId a = node("conv1", OpKind::Conv, {x, w1, constant("b1", {4}, Fill{0.0})}, {batch, 4, 4, 4}, conv);
    const TensorId b = node("relu1", OpKind::Relu, {a}, {batch, 4, 4, 4});
    const TensorId c = node("conv2", OpKind::Conv, {b, w2}, {batch, 4, 4, 4}, conv);
    PoolAttributes pool;
    pool.kernel = {4, 4};
    pool.global = true;
    const TensorId d = node("pool", OpKind::MaxPool, {c}, {batch, 4, 1, 1}, pool);
    output(node("scores", OpKind::Reshape, {d}, {batch, 4}));
  }
};

std::vector<std::string> names(const Graph& graph, TrainingPhase phase) {
  std::vector<std::string> found;
  for (const Node& node : graph.nodes) {
    if (node.phase == phase) found.push_back(node.name);
  }
  return found;
}

TEST(Expansion, has_a_node_for_each_gradient_and_each_update) {
  const Training training = expand_training(TinyNetwork().graph, {});
  const Graph& graph = training.graph;
  using Names = std::vector<std::string>;
  EXPECT_EQ(names(graph, TrainingPhase::GradData), Names({"conv2/grad_data"})) << "nobody asks for that of the image";
  EXPECT_EQ(names(graph, TrainingPhase::GradWeight), Names({"conv2/grad_weight", "conv1/grad_weight"}));
  EXPECT_EQ(names(graph, TrainingPhase::Update), Names({"conv2/update", "conv1/update", "conv1/update_2"}));
  EXPECT_EQ(graph.states.size(), 3U);
  EXPECT_EQ(graph.tensor(graph.outputs.front()).name, "loss/loss");
  const auto classes = class_inputs(graph);
  ASSERT_EQ(classes.size(), 1U);
  EXPECT_EQ(graph.tensor(classes.begin()->first).name, "labels");
  EXPECT_EQ(classes.begin()->second, 4);
  EXPECT_NE(training.notes.find("cross-entropy of output 'scores'"), std::string::npos) << training.notes;
}

TEST(Expansion, computes_the_gradient_by_the_input_when_asked_to) {
  TrainingOptions options;
  options.input_gradient = true;
  const Graph graph = expand_training(TinyNetwork().graph, options).graph;
  const std::vector<std::string> data = names(graph, TrainingPhase::GradData);
  EXPECT_NE(std::find(data.begin(), data.end(), "conv1/grad_data"), data.end());
  ASSERT_TRUE(graph.find("x/gradient").has_value());
  EXPECT_TRUE(graph.is_output(*graph.find("x/gradient")));
}

TEST(Expansion, lets_the_forward_max_pool_write_its_indices) {
  const Graph graph = expand_training(TinyNetwork().graph, {}).graph;
  const auto pool =
      std::find_if(graph.nodes.begin(), graph.nodes.end(), [](const Node& node) { return node.op == OpKind::MaxPool; });
  EXPECT_EQ(pool->outputs.size(), 2U);
}

TEST(Expansion, gives_optimizers_their_moments) {
  for (const auto& [kind, moments] : std::map<OptimizerKind, std::size_t>{{OptimizerKind::Momentum, 1},
                                                                          {OptimizerKind::Nesterov, 1},
                                                                          {OptimizerKind::Adam, 2},
                                                                          {OptimizerKind::Adagrad, 1}}) {
    TrainingOptions options;
    options.optimizer = kind;
    const std::size_t iterations = kind == OptimizerKind::Adam ? 1 : 0;  // their number
    EXPECT_EQ(expand_training(TinyNetwork().graph, options).graph.states.size(), 3 * (1 + moments) + iterations);
  }
}

TEST(Expansion, trains_running_statistics_and_warns_of_batch_one) {
  for (const std::int64_t batch : {1, 2}) {
    SmallGraph g;
    const TensorId x = g.input("x", {batch, 3, 2, 2});
    std::vector<TensorId> inputs{x};
    for (const char* const name : {"scale", "bias", "mean", "variance"}) {
      inputs.push_back(g.constant(name, {3}, Fill{1.0}));
    }
    g.output(g.node("bn", OpKind::BatchNormalization, inputs, {batch, 3, 2, 2}, BatchNormAttributes{}));
    TrainingOptions options;
    options.loss = LossKind::MeanSquared;
    const Training training = expand_training(g.graph, options);
    EXPECT_EQ(training.graph.states.size(), 4U);
    EXPECT_EQ(training.warnings.size(), batch == 1 ? 1U : 0U);
  }
}

TEST(Expansion, multiplies_by_a_mask_where_a_dropout_was) {
  SmallGraph g;
  const TensorId x = g.input("x", {2, 3});
  const TensorId y = g.node("fc", OpKind::Gemm, {x, g.constant("w", {3, 4}, Fill{0.5})}, {2, 4}, GemmAttributes{});
  g.output(g.node("drop", OpKind::Reshape, {y}, {2, 4}, DropoutAttributes{0.25}));
  const Training training = expand_training(g.graph, {});
  ASSERT_EQ(training.masks.size(), 1U);
  EXPECT_EQ(training.masks.front().input, "drop/mask");
  EXPECT_EQ(training.masks.front().ratio, 0.25);
  EXPECT_TRUE(training.graph.find("drop/mask").has_value());
}

std::vector<std::string> faults_of(const Graph& graph, const TrainingOptions& options = {}) {
  try {
    static_cast<void>(expand_training(graph, options));
  } catch (const UserError& error) {
    std::vector<std::string> messages;
    for (const Diagnostic& diagnostic : error.diagnostics()) messages.push_back(diagnostic.message);
    return messages;
  }
  return {};
}

TEST(Expansion, lists_every_operator_without_a_gradient) {
  SmallGraph g;
  const TensorId x = g.input("x", {2, 3});
  const TensorId a = g.node("fc", OpKind::Gemm, {x, g.constant("w", {3, 4}, Fill{0.5})}, {2, 4}, GemmAttributes{});
  const PadAttributes pad{{0, 1}, {0, 1}, PadMode::Reflect, 0.0};
  const TensorId b = g.node("pad1", OpKind::Pad, {a}, {2, 6}, pad);
  g.output(g.node("pad2", OpKind::Pad, {b}, {2, 8}, pad));
  const std::vector<std::string> faults = faults_of(g.graph);
  ASSERT_EQ(faults.size(), 2U);
  EXPECT_NE(faults[0].find("'pad1' cannot be trained"), std::string::npos);
  EXPECT_NE(faults[1].find("'pad2' cannot be trained"), std::string::npos);
}

TEST(Expansion, refuses_what_cannot_be_trained) {
  SmallGraph scores;
  scores.output(scores.node("y", OpKind::Relu, {scores.input("x", {6})}, {6}));
  ASSERT_EQ(faults_of(scores.graph).size(), 1U);
  EXPECT_NE(faults_of(scores.graph)[0].find("holds no scores of classes"), std::string::npos);
  TrainingOptions options;
  options.loss = LossKind::MeanSquared;
  ASSERT_EQ(faults_of(scores.graph, options).size(), 1U);
  EXPECT_EQ(faults_of(scores.graph, options)[0], "nothing in the network can be trained");
}

}  // namespace
}  // namespace systole::test
