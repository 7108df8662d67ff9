#include <gtest/gtest.h>
#include <onnx/onnx_pb.h>

#include <cmath>

#include "kernels/onnx/import.h"
#include "kernels/training/training.h"
#include "test/kernels/onnx/model_builder.h"
#include "test/values/machine_run.h"

// ONNX's training operators in files. ONNX's own models of them run with all the others (operator_test.cpp), but there
// every iteration is number 0: here are the later ones, by the formulas of the operators' documentation.
namespace systole::test {
namespace {

constexpr double kRate = 0.05;

/// What a model of one optimizer is given, and what should come out.
struct Case {
  std::string op;
  std::vector<onnx::AttributeProto> attributes;
  std::size_t moments;
  /// Of one element: w, g and the moments become the new w and moments.
  void (*step)(double t, double& w, double g, double& v, double& h);
};

const std::vector<Case> kCases = {
    {"Adam",
     {attribute("alpha", 0.9F), attribute("beta", 0.99F), attribute("epsilon", 1e-3F),
      attribute("norm_coefficient", 0.01F)},
     2,
     [](double t, double& w, double g, double& v, double& h) {
       const double regularised = g + 0.01 * w;
       v = 0.9 * v + 0.1 * regularised;
       h = 0.99 * h + 0.01 * regularised * regularised;
       const double rate = t > 0 ? kRate * std::sqrt(1 - std::pow(0.99, t)) / (1 - std::pow(0.9, t)) : kRate;
       w -= rate * v / (std::sqrt(h) + 1e-3);
     }},
    {"Adagrad",
     {attribute("decay_factor", 0.1F), attribute("epsilon", 1e-3F)},
     1,
     [](double t, double& w, double g, double& v, double& /*h*/) {
       v += g * g;
       w -= kRate / (1 + t * 0.1) * g / (std::sqrt(v) + 1e-3);
     }},
    {"Momentum",
     {attribute("alpha", 0.9F), attribute("beta", 0.25F), attribute("mode", "nesterov"),
      attribute("norm_coefficient", 0.01F)},
     1,
     [](double t, double& w, double g, double& v, double& /*h*/) {
       const double regularised = g + 0.01 * w;
       v = 0.9 * v + (t > 0 ? 0.25 : 1.0) * regularised;
       w -= kRate * (regularised + 0.9 * v);
     }},
};

const Ints kShape = {3, 5};

Model model_of(const Case& one) {
  Model model;
  model.input("R", {}).input("T", {}, onnx::TensorProto::INT64).input("X", kShape).input("G", kShape);
  std::vector<std::string> inputs{"R", "T", "X", "G"};
  std::vector<std::string> outputs{"X_new"};
  for (std::size_t m = 0; m < one.moments; ++m) {
    inputs.push_back(m == 0 ? "V" : "H");
    outputs.push_back(inputs.back() + "_new");
    model.input(inputs.back(), kShape);
  }
  model.node(one.op, inputs, outputs, one.attributes, "step");
  for (const std::string& output : outputs) model.output(output);
  onnx::ModelProto& proto = model.proto();
  proto.mutable_graph()->mutable_node(0)->set_domain("ai.onnx.preview.training");
  proto.mutable_opset_import(0)->set_domain("ai.onnx.preview.training");
  proto.mutable_opset_import(0)->set_version(1);
  return model;
}

TEST(OnnxTraining, optimizers_know_the_number_of_the_iteration) {
  for (const Case& one : kCases) {
    for (const double t : {0.0, 1.0, 7.0, 400.0}) {
      SCOPED_TRACE(one.op + " at " + std::to_string(t));
      const Model model = model_of(one);
      const Graph graph = model.import();
      NamedElements inputs = random_inputs(graph, 4);
      inputs["R"] = {static_cast<float>(kRate)};
      inputs["T"] = {t};
      for (const char* const moment : {"V", "H"}) {
        for (double& element : inputs[moment]) element = std::fabs(element);
      }
      NamedElements expected{{"X_new", inputs["X"]}, {"V_new", inputs["V"]}, {"H_new", inputs["H"]}};
      expected["H_new"].resize(expected["X_new"].size());
      for (std::size_t i = 0; i < inputs["X"].size(); ++i) {
        one.step(t, expected["X_new"][i], inputs["G"][i], expected["V_new"][i], expected["H_new"][i]);
      }
      if (one.moments < 2) inputs.erase("H");
      ImportOptions known;
      known.constants["R"] = Tensor{"", {}, ElementType::Float32, true, Fill{static_cast<float>(kRate)}};
      known.constants["T"] = Tensor{"", {}, ElementType::Int64, true, Fill{t}};
      const NamedElements reference = evaluate(graph, inputs);
      const NamedElements folded = evaluate(model.import(known), inputs);
      const MachineRun run = run_on_machine(graph, load("tiny_8x4"), inputs);
      for (const auto& [name, elements] : reference) {
        EXPECT_EQ(difference(elements, expected.at(name), 1e-5), "") << name << " by the reference";
        EXPECT_EQ(difference(folded.at(name), expected.at(name), 1e-5), "") << name << " with R and T in the file";
        EXPECT_EQ(difference(run.outputs.at(name), expected.at(name), 1e-4), "") << name << " on the machine";
      }
    }
  }
}

/// {4,6} times a weight is scores of 3 classes, and the file has the loss of that.
Model network_with_a_loss(const Ints& labels = {4}) {
  Model model;
  model.input("x", {4, 6}).input("y", labels, onnx::TensorProto::INT64).no_values("w", {6, 3});
  model.node("MatMul", {"x", "w"}, {"scores"}, {}, "dense");
  model.node("SoftmaxCrossEntropyLoss", {"scores", "y"}, {"cost"}, {}, "loss").output("cost");
  return model;
}

TEST(OnnxTraining, a_network_with_its_own_loss_trains_on_the_machine) {
  Graph network = network_with_a_loss().import();
  randomise_weights(network, 1);
  const Training training = expand_training(network, {});
  EXPECT_EQ(training.notes, "loss: the network's own, output 'cost'");
  ASSERT_EQ(training.graph.states.size(), 1U);
  const NamedElements inputs = random_inputs(training.graph, 3);
  EXPECT_EQ(inputs.at("y"), Elements({0, 1, 2, 0})) << "class numbers";
  const NamedElements expected = evaluate(training.graph, inputs);
  const MachineRun run = run_on_machine(training.graph, load("tiny_8x4"), inputs);
  EXPECT_NEAR(run.outputs.at("cost").front(), expected.at("cost").front(), 1e-5);
  const std::string& after = training.graph.tensor(training.graph.states[0].after).name;
  EXPECT_EQ(difference(run.outputs.at(after), expected.at(after), 1e-5), "");
}

TEST(OnnxTraining, labels_that_do_not_fit_the_scores_are_refused) {
  const std::string fault = network_with_a_loss({5}).faults();
  EXPECT_NE(fault.find("node 'loss' (SoftmaxCrossEntropyLoss)"), std::string::npos) << fault;
}

TEST(OnnxTraining, batch_normalization_in_training_form_trains_like_the_one_for_inference) {
  const auto network = [](bool training_form) {
    Model model(14);
    model.input("x", {4, 3, 2, 2});
    for (const char* const vector : {"scale", "bias", "mean", "variance"}) model.no_values(vector, {3});
    std::vector<onnx::AttributeProto> attributes;
    std::vector<std::string> outputs{"y"};
    if (training_form) {
      attributes.push_back(attribute("training_mode", std::int64_t{1}));
      outputs.insert(outputs.end(), {"new_mean", "new_variance"});
    }
    model.node("BatchNormalization", {"x", "scale", "bias", "mean", "variance"}, outputs, attributes, "norm");
    model.node("GlobalAveragePool", {"y"}, {"pooled"}).node("Flatten", {"pooled"}, {"scores"}).output("scores");
    Graph graph = model.import();
    randomise_weights(graph, 1);
    const Training training = expand_training(graph, {});
    std::vector<Elements> states;
    const NamedElements outputs_of_iteration = evaluate(training.graph, random_inputs(training.graph, 2));
    for (const State& state : training.graph.states) {
      states.push_back(outputs_of_iteration.at(training.graph.tensor(state.after).name));
    }
    return states;
  };
  const std::vector<Elements> states = network(true);
  EXPECT_EQ(states.size(), 4U) << "scale, bias and the running averages";
  EXPECT_EQ(states, network(false));
}

}  // namespace
}  // namespace systole::test
