#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kernels/graph/learning_rate.h"
#include "kernels/graph/loss.h"
#include "kernels/onnx/converters.h"

namespace systole::convert {

namespace {

LossReduction reduction_of(const NodeImport& node) {
  const std::string word = node.text("reduction", "mean");
  if (word == "mean") return LossReduction::Mean;
  if (word == "sum") return LossReduction::Sum;
  if (word == "none") return LossReduction::None;
  throw Rejected("attribute reduction is '" + word + "'", "it is mean, sum or none");
}

/// What a class counts. No class has a number outside 0 .. C-1, so such a label is ignored by itself; the weight of a
/// class that is ignored is 0. nullopt: all the same, and none is ignored.
std::optional<TensorId> class_weights(NodeImport& node, std::int64_t classes) {
  const std::int64_t ignored = node.integer("ignore_index", -1);
  const bool ignores_class = ignored >= 0 && ignored < classes;
  if (node.attribute("ignore_index") == nullptr && !node.has_input(2)) return std::nullopt;
  std::vector<float> factors(static_cast<std::size_t>(classes), 1.0F);
  if (node.has_input(2)) {
    node.require_constant(2, "class weight");
    if (node.shape(2) != Shape{classes}) {
      throw Rejected(fmt::format("its class weights are {}", to_string(node.shape(2))),
                     fmt::format("the scores have {} classes", classes));
    }
    if (!ignores_class) return node.input(2);
    const auto given = as_floats(node.operand(2).values, classes);
    if (!given) throw Rejected("its class weights '" + node.operand(2).name + "' have no values");
    factors = *given;
  }
  if (ignores_class) factors[static_cast<std::size_t>(ignored)] = 0;
  return node.add_constant("given_weights", {classes}, ElementType::Float32, std::move(factors));
}

using AddLoss = LossResult (*)(Graph&, const std::string&, TensorId, TensorId, LossReduction, std::optional<TensorId>,
                               bool);

void loss(NodeImport& node, AddLoss add) {
  const Shape scores = node.shape(0);
  if (scores.size() < 2) throw Rejected(fmt::format("its scores are {}", to_string(scores)), "{N,C} or {N,C,d..}");
  Shape wanted = scores;
  wanted.erase(wanted.begin() + 1);
  if (node.shape(1) != wanted) {
    throw Rejected(fmt::format("its labels '{}' are {}, and its scores {}", node.operand(1).name,
                               to_string(node.shape(1)), to_string(scores)),
                   fmt::format("labels are class numbers, {} here", to_string(wanted)));
  }
  const std::optional<TensorId> weights = class_weights(node, scores[1]);
  const bool ignores = node.attribute("ignore_index") != nullptr;
  const LossResult result =
      add(node.graph(), node.name(), node.input(0), node.input(1), reduction_of(node), weights, ignores);
  node.adopt({result.loss, result.log_probabilities});
}

/// The value of an operand that is a constant.
std::optional<double> known(const NodeImport& node, std::size_t i) {
  return node.operand(i).constant ? node.constant_real(i) : std::nullopt;
}

OptimizerAttributes optimizer_attributes(const NodeImport& node, OpKind kind) {
  OptimizerAttributes a;
  a.rate = 1;
  a.weight_decay = node.real("norm_coefficient", 0);
  a.epsilon = node.real("epsilon", 1e-6);
  a.alpha = node.real("alpha", 0.9);
  a.beta = node.real("beta", kind == OpKind::Adam ? 0.999 : 1.0);
  a.final_decay = node.real("norm_coefficient_post", 0);
  if (kind != OpKind::Momentum) return a;
  const std::string mode = node.text("mode", "standard");
  if (mode != "standard" && mode != "nesterov") {
    throw Rejected("attribute mode is '" + mode + "'", "it is standard or nesterov");
  }
  a.nesterov = mode == "nesterov";
  return a;
}

/// Scalars that all weights of a node share: the rate, and Momentum's share of the gradient where it changes. What is
/// known goes into the attributes.
std::vector<TensorId> optimizer_scalars(NodeImport& node, OpKind kind, OptimizerAttributes& a) {
  const double decay = node.real("decay_factor", 0);
  const bool changes = kind == OpKind::Adam || (kind == OpKind::Adagrad && decay != 0);
  const bool first_whole = kind == OpKind::Momentum && a.beta != 1;
  const std::optional<double> step = known(node, 1);
  if (step && kind == OpKind::Adam && *step > 0) {
    a.rate = std::sqrt(1 - std::pow(a.beta, *step)) / (1 - std::pow(a.alpha, *step));
  }
  if (step && kind == OpKind::Adagrad) a.rate = 1 / (1 + *step * decay);
  if (step && first_whole && *step == 0) a.beta = 1;
  const std::optional<double> rate = known(node, 0);
  std::vector<TensorId> scalars;
  if (changes && !step) {
    const TensorId given = node.reshaped(0, {});
    const TensorId count = node.reshaped(1, {});
    scalars.push_back(kind == OpKind::Adam ? add_adam_rate(node.graph(), node.name(), given, count, a.alpha, a.beta)
                                           : add_decayed_rate(node.graph(), node.name(), given, count, decay));
  } else if (rate) {
    a.rate *= *rate;
  } else {
    scalars.push_back(node.reshaped(0, {}));
  }
  if (first_whole && !step) {
    if (scalars.empty()) scalars.push_back(node.add_constant("rate", {}, ElementType::Float32, Fill{1.0}));
    scalars.push_back(add_first_whole(node.graph(), node.name(), node.reshaped(1, {}), a.beta));
    a.beta = 1;
  }
  return scalars;
}

}  // namespace

void softmax_cross_entropy_loss(NodeImport& node) {
  loss(node, add_cross_entropy);
}

void negative_log_likelihood_loss(NodeImport& node) {
  loss(node, add_negative_log_likelihood);
}

void batch_norm_training(NodeImport& node) {
  const Shape channels = node.shape(1);
  std::vector<TensorId> made;
  for (const char* const part : {"y", "running_mean", "running_variance", "mean", "inverse_deviation"}) {
    const Shape shape = made.empty() ? node.shape(0) : channels;
    made.push_back(node.graph().add(Tensor{node.name() + "/" + part, shape, ElementType::Float32, false, Absent{}}));
  }
  node.graph().add(Node{node.name(),
                        "BatchNormalization",
                        OpKind::BatchNormTraining,
                        node.all_inputs(),
                        made,
                        BatchNormAttributes{node.real("epsilon", 1e-5), node.real("momentum", 0.9)},
                        {}});
  made.resize(3);
  node.adopt(made);
}

/// Operands: rate, number of the iteration, all weights, all gradients, all first moments ..; outputs: all new weights,
/// all first moments ..
void optimizer(NodeImport& node, OpKind kind) {
  const std::size_t moments = moments_of(kind);
  const std::size_t operands = 2 + moments;
  if (node.input_count() < 2 + operands || (node.input_count() - 2) % operands != 0) {
    throw Rejected(fmt::format("it has {} inputs", node.input_count()),
                   fmt::format("R, T, then {} tensors for each weight", operands));
  }
  const std::size_t weights = (node.input_count() - 2) / operands;
  OptimizerAttributes attributes = optimizer_attributes(node, kind);
  const std::vector<TensorId> scalars = optimizer_scalars(node, kind, attributes);
  std::vector<TensorId> made(weights * (1 + moments));
  for (std::size_t w = 0; w < weights; ++w) {
    const std::string name = weights == 1 ? node.name() : fmt::format("{}/{}", node.name(), w + 1);
    std::vector<TensorId> inputs;
    for (std::size_t k = 0; k < operands; ++k) inputs.push_back(node.input(2 + k * weights + w));
    inputs.insert(inputs.end(), scalars.begin(), scalars.end());
    const Shape shape = node.shape(2 + w);
    std::vector<TensorId> outputs;
    for (std::size_t k = 0; k <= moments; ++k) {
      outputs.push_back(
          node.graph().add(Tensor{fmt::format("{}/result_{}", name, k), shape, ElementType::Float32, false, Absent{}}));
      made[k * weights + w] = outputs.back();
    }
    Node updating{name, to_string(kind), kind, std::move(inputs), std::move(outputs), attributes, {}};
    updating.phase = TrainingPhase::Update;
    node.graph().add(std::move(updating));
  }
  node.adopt(made);
}

}  // namespace systole::convert
