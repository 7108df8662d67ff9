#include "kernels/training/training.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/errors.h"
#include "kernels/graph/learning_rate.h"
#include "kernels/graph/node_appender.h"
#include "kernels/graph/passes/remove_dead.h"
#include "kernels/training/backward.h"
#include "kernels/training/forward.h"
#include "kernels/training/gradients.h"

namespace systole {

namespace {

using training::Backward;
using training::Gradient;
using training::NodeGradient;

/// Tensors that depend on what is trained, or on an input whose gradient is asked for.
std::vector<bool> wanted_gradients(const Graph& graph, const std::set<TensorId>& sources) {
  std::vector<bool> wanted(graph.tensors.size());
  for (const TensorId source : sources) wanted[static_cast<std::size_t>(source)] = true;
  for (const Node& node : graph.nodes) {
    const bool any = std::any_of(node.inputs.begin(), node.inputs.end(),
                                 [&](TensorId id) { return wanted[static_cast<std::size_t>(id)]; });
    if (any) wanted[static_cast<std::size_t>(node.outputs.front())] = true;
    for (std::size_t i = 1; any && node.op == OpKind::Split && i < node.outputs.size(); ++i) {
      wanted[static_cast<std::size_t>(node.outputs[i])] = true;
    }
  }
  return wanted;
}

/// Appends the updates of weights by their gradients.
class Updates {
 public:
  Updates(Backward& backward, const TrainingOptions& options) : backward_(backward), options_(options) {
    attributes_.rate = options.learning_rate;
    attributes_.weight_decay = options.weight_decay;
    attributes_.alpha = options.momentum;
    attributes_.epsilon = options.epsilon;
    attributes_.nesterov = options.optimizer == OptimizerKind::Nesterov;
    if (options.optimizer == OptimizerKind::Adam) {
      attributes_.beta = options.second_moment;
      attributes_.rate = 1;  // the operand is all of it
    }
  }

  /// `node` is the name of the forward node that reads the weight.
  void update(const std::string& node, TensorId weight) {
    const std::optional<TensorId> gradient = backward_.gradient(weight);
    Graph& graph = backward_.graph();
    if (!gradient) return;
    const Shape shape = graph.shape(weight);
    std::vector<TensorId> held{weight};
    for (const char* const moment : moments()) held.push_back(add_moment(weight, moment));
    std::vector<TensorId> inputs = held;
    inputs.insert(inputs.begin() + 1, *gradient);
    if (kind() == OpKind::Adam) inputs.push_back(adam_rate());
    const std::string name = backward_.unique(fmt::format("{}/update", node));
    const std::vector<TensorId> after = backward_.append(name, TrainingPhase::Update, kind(), std::move(inputs),
                                                         std::vector<Shape>(held.size(), shape), attributes_);
    for (std::size_t i = 0; i < held.size(); ++i) {
      graph.states.push_back({held[i], after[i]});
      graph.outputs.push_back(after[i]);
      graph.tensor(after[i]).name = backward_.unique(graph.tensor(held[i]).name + "/next");
    }
  }

 private:
  [[nodiscard]] OpKind kind() const {
    switch (options_.optimizer) {
      case OptimizerKind::Sgd:
        return OpKind::Sgd;
      case OptimizerKind::Adam:
        return OpKind::Adam;
      case OptimizerKind::Adagrad:
        return OpKind::Adagrad;
      default:
        return OpKind::Momentum;
    }
  }

  [[nodiscard]] std::vector<const char*> moments() const {
    switch (kind()) {
      case OpKind::Sgd:
        return {};
      case OpKind::Adam:
        return {"moment", "second_moment"};
      default:
        return {"moment"};
    }
  }

  /// Computed once, by the first update. The number of the iteration is a state, so that each one corrects its own
  /// bias.
  TensorId adam_rate() {
    if (adam_rate_) return *adam_rate_;
    Graph& graph = backward_.graph();
    const std::string name = backward_.unique("adam");
    NodeAppender build(graph, name, TrainingPhase::Update);
    const TensorId before = graph.add(Tensor{name + "/iterations", {}, ElementType::Float32, false, Fill{0.0}});
    graph.inputs.push_back(before);
    const TensorId step = build.add("iterations/next", OpKind::Add, {before, build.number("one_more", 1)}, {});
    graph.states.push_back({before, step});
    graph.outputs.push_back(step);
    const TensorId rate = build.number("learning_rate", options_.learning_rate);
    adam_rate_ = add_adam_rate(graph, name, rate, step, options_.momentum, options_.second_moment);
    return *adam_rate_;
  }

  TensorId add_moment(TensorId weight, const char* moment) {
    Graph& graph = backward_.graph();
    const std::string name = backward_.unique(fmt::format("{}/{}", graph.tensor(weight).name, moment));
    const TensorId id = graph.add(Tensor{name, graph.shape(weight), ElementType::Float32, false, Fill{0.0}});
    graph.inputs.push_back(id);
    return id;
  }

  Backward& backward_;
  const TrainingOptions& options_;
  OptimizerAttributes attributes_;
  std::optional<TensorId> adam_rate_;
};

void add_gradient(Backward& backward, const Node& node) {
  const auto& outputs = node.outputs;
  const bool reached = std::any_of(outputs.begin(), outputs.end(), [&](TensorId id) {
    return backward.wanted(id) && backward.gradient(id).has_value();
  });
  if (!reached) return;
  NodeGradient gradient(backward, node);
  if (const Gradient rule = training::gradient_of(node.op)) {
    rule(gradient);
  } else {
    gradient.refuse("it has no gradient");
  }
}

/// The network's inputs that hold real numbers, in the expanded graph.
std::vector<TensorId> images(const Graph& network, const Graph& graph) {
  std::vector<TensorId> found;
  for (const TensorId input : network.inputs) {
    const std::optional<TensorId> id = graph.find(network.tensor(input).name);
    if (id && graph.tensor(*id).type == ElementType::Float32) found.push_back(*id);
  }
  return found;
}

/// The loss by itself: one.
TensorId seed(Graph& graph, TensorId loss) {
  return graph.add(Tensor{"loss/seed", graph.shape(loss), ElementType::Float32, true, Fill{1.0}});
}

/// What turned out to have no gradient is not trained.
void freeze_unreached(Graph& graph, const std::set<TensorId>& weights) {
  for (const TensorId weight : weights) {
    const bool trained = std::any_of(graph.states.begin(), graph.states.end(),
                                     [&](const State& state) { return state.before == weight; });
    if (trained) continue;
    graph.tensor(weight).constant = true;
    graph.inputs.erase(std::find(graph.inputs.begin(), graph.inputs.end(), weight));
  }
}

}  // namespace

Training expand_training(const Graph& network, const TrainingOptions& options) {
  Training result;
  result.graph = network;
  Graph& graph = result.graph;
  Diagnostics faults;
  training::prepare_forward(options, result, faults);
  const TensorId loss = graph.outputs.front();
  const std::set<TensorId> weights = training::trained_weights(graph);
  if (weights.empty() && !options.input_gradient) {
    throw UserError({"", 0, 0, "nothing in the network can be trained",
                     "weights are constant operands of Conv, Gemm, MatMul, BatchNormalization or PRelu"});
  }
  const std::vector<TensorId> data = options.input_gradient ? images(network, graph) : std::vector<TensorId>{};
  std::set<TensorId> sources = weights;
  sources.insert(data.begin(), data.end());
  const std::vector<bool> wanted = wanted_gradients(graph, sources);
  training::record_maxima(graph, wanted);

  Backward backward(graph, wanted, weights);
  backward.contribute(loss, seed(graph, loss));
  Updates updates(backward, options);
  std::map<TensorId, std::size_t> first_reader;
  const std::size_t forward_nodes = graph.nodes.size();
  for (std::size_t n = forward_nodes; n-- > 0;) {
    for (const TensorId input : graph.nodes[n].inputs) first_reader[input] = n;
  }
  for (std::size_t n = forward_nodes; n-- > 0;) {
    const Node node = graph.nodes[n];
    add_gradient(backward, node);
    for (const TensorId input : node.inputs) {
      if (weights.count(input) != 0 && first_reader.at(input) == n) updates.update(node.name, input);
    }
  }
  for (auto fault = backward.faults().rbegin(); fault != backward.faults().rend(); ++fault) faults.add(*fault);
  faults.throw_if_any();
  for (const TensorId input : data) {
    const std::optional<TensorId> gradient = backward.gradient(input);
    if (!gradient || graph.tensor(*gradient).constant) continue;
    graph.tensor(*gradient).name = backward.unique(graph.tensor(input).name + "/gradient");
    graph.outputs.push_back(*gradient);
  }
  freeze_unreached(graph, weights);
  remove_dead(graph);
  graph.validate();
  return result;
}

}  // namespace systole
