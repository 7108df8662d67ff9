#include <gtest/gtest.h>
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "kernels/graph/loss.h"
#include "kernels/onnx/import.h"
#include "test/kernels/graph/small_graph.h"
#include "test/values/machine_run.h"

// ONNX's own models of optimizers, losses and batch normalization in training (Debian package libonnx-testdata), as
// nodes of a training graph: the reference and the machine must give the outputs that come with them. The learning
// rate and the iteration's number are inputs in ONNX and figures of the node here.
namespace systole::test {
namespace {

const std::filesystem::path kModels = "/usr/share/libonnx-testdata/data/node";

/// One model of one node, with its first data set.
class Model {
 public:
  explicit Model(const std::string& name) : folder_(kModels / name) {
    std::ifstream file(folder_ / "model.onnx", std::ios::binary);
    EXPECT_TRUE(model_.ParseFromIstream(&file)) << name;
  }

  [[nodiscard]] std::size_t inputs() const { return static_cast<std::size_t>(node().input_size()); }
  [[nodiscard]] std::size_t outputs() const { return static_cast<std::size_t>(node().output_size()); }
  [[nodiscard]] Tensor tensor(const char* direction, std::size_t i) const {
    return read_tensor((folder_ / "test_data_set_0" / (std::string(direction) + "_" + std::to_string(i) + ".pb")));
  }
  [[nodiscard]] Elements elements(const char* direction, std::size_t i) const {
    const Tensor found = tensor(direction, i);
    const std::vector<float> values = as_floats(found.values, element_count(found.shape)).value();
    return {values.begin(), values.end()};
  }
  [[nodiscard]] double real(const std::string& name, double otherwise) const {
    const onnx::AttributeProto* found = attribute(name);
    return found == nullptr ? otherwise : static_cast<double>(found->f());
  }
  [[nodiscard]] std::string text(const std::string& name, const std::string& otherwise) const {
    const onnx::AttributeProto* found = attribute(name);
    return found == nullptr ? otherwise : found->s();
  }
  [[nodiscard]] const onnx::AttributeProto* attribute(const std::string& name) const {
    for (const auto& one : node().attribute()) {
      if (one.name() == name) return &one;
    }
    return nullptr;
  }
  [[nodiscard]] const onnx::NodeProto& node() const { return model_.graph().node(0); }

 private:
  std::filesystem::path folder_;
  onnx::ModelProto model_;
};

/// A graph of a model, what goes into it, and what should come out.
struct Case {
  SmallGraph g;
  NamedElements inputs;
  NamedElements expected;

  TensorId input(const Model& model, std::size_t i) {
    const std::string name = "in" + std::to_string(i);
    inputs[name] = model.elements("input", i);
    return g.input(name, model.tensor("input", i).shape);
  }
  void output(const Model& model, TensorId id, std::size_t i) {
    g.graph.outputs.push_back(id);
    expected[g.graph.tensor(id).name] = model.elements("output", i);
  }
  void expect_right(bool on_machine) const {
    const NamedElements reference = evaluate(g.graph, inputs);
    for (const auto& [name, elements] : expected) {
      EXPECT_EQ(difference(reference.at(name), elements, 1e-5), "") << name << " by the reference";
    }
    if (!on_machine) return;
    const MachineRun run = run_on_machine(g.graph, load("tiny_8x4"), inputs);
    for (const auto& [name, elements] : expected) {
      EXPECT_EQ(difference(run.outputs.at(name), elements, 1e-4), "") << name << " on the machine";
    }
  }
};

/// Inputs R, T, then all weights, all gradients, all first moments ..; outputs all weights, all first moments ..
void expect_optimizer(const std::string& name, OpKind op, std::size_t moments) {
  SCOPED_TRACE(name);
  const Model model(name);
  const double rate = model.elements("input", 0).front();
  const double step = model.elements("input", 1).front();
  OptimizerAttributes a;
  a.weight_decay = model.real("norm_coefficient", 0);
  a.epsilon = model.real("epsilon", 1e-6);
  // Its outputs were made with this figure, which the model leaves out.
  if (name == "test_adam_multiple") a.epsilon = 1e-2;
  a.alpha = model.real("alpha", 0.9);
  a.rate = rate;
  if (op == OpKind::Adagrad) a.rate = rate / (1 + step * model.real("decay_factor", 0));
  if (op == OpKind::Momentum) {
    a.beta = step > 0 ? model.real("beta", 1) : 1;
    a.nesterov = model.text("mode", "standard") == "nesterov";
  }
  if (op == OpKind::Adam) {
    a.beta = model.real("beta", 0.999);
    a.final_decay = model.real("norm_coefficient_post", 0);
    if (step > 0) a.rate = rate * std::sqrt(1 - std::pow(a.beta, step)) / (1 - std::pow(a.alpha, step));
  }
  const std::size_t weights = (model.inputs() - 2) / (2 + moments);
  Case made;
  for (std::size_t w = 0; w < weights; ++w) {
    std::vector<TensorId> operands;
    for (std::size_t k = 0; k < 2 + moments; ++k) operands.push_back(made.input(model, 2 + k * weights + w));
    const Shape shape = made.g.graph.shape(operands[0]);
    made.output(model, made.g.node("new" + std::to_string(w), op, operands, shape, a), w);
    for (std::size_t m = 1; m <= moments; ++m) {
      const std::string moment = "moment" + std::to_string(m) + "_" + std::to_string(w);
      const TensorId id = made.g.graph.add(Tensor{moment, shape, ElementType::Float32, false, Absent{}});
      made.g.graph.nodes.back().outputs.push_back(id);
      made.output(model, id, m * weights + w);
    }
  }
  made.expect_right(true);
}

void expect_loss(const std::string& name) {
  SCOPED_TRACE(name);
  const Model model(name);
  Case made;
  const TensorId scores = made.input(model, 0);
  const TensorId labels = made.input(model, 1);
  const Shape shape = made.g.graph.shape(scores);
  const onnx::AttributeProto* ignored = model.attribute("ignore_index");
  std::vector<float> factors(static_cast<std::size_t>(shape[1]), 1.0F);
  if (model.inputs() > 2) factors = as_floats(model.tensor("input", 2).values, shape[1]).value();
  // No class has a number outside 0 .. C-1, so such labels are ignored by themselves; a class that is has no weight.
  if (ignored != nullptr && ignored->i() >= 0 && ignored->i() < shape[1]) {
    factors[static_cast<std::size_t>(ignored->i())] = 0;
  }
  std::optional<TensorId> weights;
  if (ignored != nullptr || model.inputs() > 2) weights = made.g.constant("weights", {shape[1]}, factors);
  const std::string word = model.text("reduction", "mean");
  const LossReduction reduction =
      word == "mean" ? LossReduction::Mean : (word == "sum" ? LossReduction::Sum : LossReduction::None);
  Graph& graph = made.g.graph;
  const LossResult loss =
      model.node().op_type() == "SoftmaxCrossEntropyLoss"
          ? add_cross_entropy(graph, "loss", scores, labels, reduction, weights, ignored != nullptr)
          : add_negative_log_likelihood(graph, "loss", scores, labels, reduction, weights, ignored != nullptr);
  made.output(model, loss.loss, 0);
  if (model.outputs() > 1) made.output(model, loss.log_probabilities, 1);
  made.expect_right(shape.size() <= 4);  // tensors of more dimensions have no order in the machine's memory
}

class OnnxTraining : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kModels)) GTEST_SKIP() << "package libonnx-testdata is not installed";
  }
};

TEST_F(OnnxTraining, optimizers) {
  for (const char* const name : {"test_adam", "test_adam_multiple"}) expect_optimizer(name, OpKind::Adam, 2);
  for (const char* const name : {"test_adagrad", "test_adagrad_multiple"}) expect_optimizer(name, OpKind::Adagrad, 1);
  for (const char* const name : {"test_momentum", "test_momentum_multiple", "test_nesterov_momentum"}) {
    expect_optimizer(name, OpKind::Momentum, 1);
  }
}

TEST_F(OnnxTraining, losses) {
  int ran = 0;
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kModels)) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) {
    const bool loss = name.rfind("test_sce_", 0) == 0 || name.rfind("test_nllloss_", 0) == 0;
    if (!loss || name.find("expanded") != std::string::npos) continue;
    expect_loss(name);
    ++ran;
  }
  EXPECT_EQ(ran, 52);
}

TEST_F(OnnxTraining, batch_normalization) {
  for (const char* const name : {"test_batchnorm_example_training_mode", "test_batchnorm_epsilon_training_mode"}) {
    SCOPED_TRACE(name);
    const Model model(name);
    Case made;
    std::vector<TensorId> operands;
    for (std::size_t i = 0; i < 5; ++i) operands.push_back(made.input(model, i));
    const BatchNormAttributes a{model.real("epsilon", 1e-5), model.real("momentum", 0.9)};
    const Graph& graph = made.g.graph;
    made.output(model, made.g.node("y", OpKind::BatchNormTraining, operands, graph.shape(operands[0]), a), 0);
    for (const char* const part : {"running_mean", "running_variance", "mean", "inverse_deviation"}) {
      const Shape vector = graph.shape(operands[1]);
      const TensorId id = made.g.graph.add(Tensor{part, vector, ElementType::Float32, false, Absent{}});
      made.g.graph.nodes.back().outputs.push_back(id);
    }
    const std::vector<TensorId> outputs = graph.nodes.back().outputs;
    made.output(model, outputs[1], 1);
    made.output(model, outputs[2], 2);
    made.expect_right(true);
  }
}

}  // namespace
}  // namespace systole::test
