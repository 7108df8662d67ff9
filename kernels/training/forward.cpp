#include "kernels/training/forward.h"

#include <fmt/format.h>

#include <algorithm>

#include "kernels/graph/loss.h"
#include "kernels/graph/passes/remove_dead.h"

namespace systole::training {

namespace {

std::string free_name(const Graph& graph, std::string name) {
  while (graph.find(name)) name += "'";
  return name;
}

TensorId add_input(Graph& graph, const std::string& name, const Shape& shape, ElementType type) {
  const TensorId id = graph.add(Tensor{name, shape, type, false, Absent{}});
  graph.inputs.push_back(id);
  return id;
}

/// A vector that the iteration replaces: constant until here.
TensorId add_state(Graph& graph, TensorId constant, TensorId after) {
  Tensor before = graph.tensor(constant);
  before.constant = false;
  before.name = free_name(graph, before.name + "/before");
  const TensorId id = graph.add(std::move(before));
  graph.inputs.push_back(id);
  graph.outputs.push_back(after);
  graph.states.push_back({id, after});
  return id;
}

void train_batch_norm(Graph& graph, std::size_t index, Training& training, Diagnostics& diagnostics) {
  const Node& old = graph.nodes[index];
  for (std::size_t i = 1; i < 5; ++i) {
    if (graph.tensor(old.inputs[i]).constant) continue;
    diagnostics.add(
        {"", 0, 0, fmt::format("{} '{}' cannot be trained: its parameters are computed", old.onnx_op, old.name), ""});
    return;
  }
  const Shape& x = graph.shape(old.inputs[0]);
  const std::int64_t positions = element_count(x) / x[0] / x[1];
  if (x[0] == 1) {
    training.warnings.push_back(
        positions == 1
            ? fmt::format("batch 1: '{}' normalises one value by itself, which makes it its bias", old.name)
            : fmt::format("batch 1: the variance of '{}' is over {} positions of one image only", old.name, positions));
  }
  Node node = old;
  if (old.op == OpKind::BatchNormalization) {
    node.op = OpKind::BatchNormTraining;
    for (const char* const part : {"running_mean", "running_variance", "mean", "inverse_deviation"}) {
      node.outputs.push_back(graph.add(Tensor{free_name(graph, node.name + "/" + part), graph.shape(node.inputs[1]),
                                              ElementType::Float32, false, Absent{}}));
    }
  }
  node.inputs[3] = add_state(graph, node.inputs[3], node.outputs[1]);
  node.inputs[4] = add_state(graph, node.inputs[4], node.outputs[2]);
  graph.nodes[index] = std::move(node);
}

void train_dropout(Graph& graph, std::size_t index, Training& training) {
  Node& node = graph.nodes[index];
  const double ratio = std::get<DropoutAttributes>(node.attributes).ratio;
  if (ratio == 0.0) return;
  const std::string name = free_name(graph, node.name + "/mask");
  node.op = OpKind::Mul;
  node.attributes = NoAttributes{};
  node.inputs.push_back(add_input(graph, name, graph.shape(node.inputs[0]), ElementType::Float32));
  training.masks.push_back({name, ratio});
}

/// The network's own loss: a scalar output.
std::optional<TensorId> own_loss(const Graph& graph) {
  for (const TensorId output : graph.outputs) {
    if (graph.shape(output).empty() && !graph.tensor(output).constant) return output;
  }
  return std::nullopt;
}

/// Are the elements scores of classes along dimension 1?
bool has_classes(const Shape& shape) {
  return shape.size() >= 2 && shape[1] > 1;
}

bool over_classes(const Node& node, const Shape& shape) {
  const auto& axes = std::get<SoftmaxAttributes>(node.attributes);
  std::int64_t normalised = 1;
  for (std::int64_t d = axes.first_axis; d < axes.last_axis; ++d) normalised *= shape[static_cast<std::size_t>(d)];
  return axes.first_axis <= 1 && axes.last_axis > 1 && normalised == shape[1];
}

LossResult add_class_loss(Graph& graph, TensorId output, Training& training) {
  const std::string name = graph.tensor(output).name;
  const Shape shape = graph.shape(output);
  Shape labels = shape;
  labels.erase(labels.begin() + 1);
  const std::string input = free_name(graph, "labels");
  const TensorId label_input = add_input(graph, input, labels, ElementType::Int32);
  const std::optional<NodeId> producer = graph.producer(output);
  if (producer) {
    const Node& node = graph.node(*producer);
    if (node.op == OpKind::LogSoftmax && over_classes(node, shape)) {
      training.notes = fmt::format("loss: negative log-likelihood of output '{}' with input '{}'", name, input);
      return add_negative_log_likelihood(graph, "loss", output, label_input, LossReduction::Mean);
    }
    if (node.op == OpKind::Softmax && over_classes(node, shape)) {
      const TensorId scores = node.inputs[0];
      training.notes = fmt::format(
          "loss: cross-entropy of '{}', what the Softmax of output '{}' reads, with input "
          "'{}'; the loss does the Softmax's work",
          graph.tensor(scores).name, name, input);
      return add_cross_entropy(graph, "loss", scores, label_input, LossReduction::Mean);
    }
  }
  training.notes = fmt::format("loss: cross-entropy of output '{}' with input '{}'", name, input);
  return add_cross_entropy(graph, "loss", output, label_input, LossReduction::Mean);
}

TensorId add_loss(const TrainingOptions& options, Training& training) {
  Graph& graph = training.graph;
  if (!options.loss) {
    if (const std::optional<TensorId> own = own_loss(graph)) {
      training.notes = fmt::format("loss: the network's own, output '{}'", graph.tensor(*own).name);
      return *own;
    }
  }
  const TensorId output = graph.outputs.front();
  const std::string name = graph.tensor(output).name;
  const Shape shape = graph.shape(output);
  const std::string others = graph.outputs.size() > 1 ? "; no other output is trained" : "";
  LossResult result;
  if (options.loss == LossKind::MeanSquared) {
    const std::string targets = free_name(graph, "targets");
    training.notes = fmt::format("loss: mean squared error of output '{}' with input '{}'", name, targets);
    result = add_mean_squared(graph, "loss", output, add_input(graph, targets, shape, ElementType::Float32));
  } else if (has_classes(shape)) {
    result = add_class_loss(graph, output, training);
  } else {
    throw UserError({"", 0, 0,
                     fmt::format("output '{}' {} holds no scores of classes, which the cross-entropy needs", name,
                                 to_string(shape)),
                     "--loss mse compares it with targets"});
  }
  training.notes += others;
  return result.loss;
}

/// Does training change the constant operand i? `behind[t]`: something trained lies behind tensor t.
bool is_trained(const Graph& graph, const Node& node, std::size_t i, const std::vector<bool>& behind) {
  const Tensor& tensor = graph.tensor(node.inputs[i]);
  if (!tensor.constant) return false;
  switch (node.op) {
    case OpKind::Conv:
    case OpKind::PRelu:
      return i > 0;
    case OpKind::Gemm:
    case OpKind::MatMul:
      return true;
    case OpKind::BatchNormTraining:
      return i == 1 || i == 2;
    case OpKind::Add:
    case OpKind::Mul:
      return element_count(tensor.shape) > 1 && behind[static_cast<std::size_t>(node.inputs[1 - i])];
    default:
      return false;
  }
}

}  // namespace

void prepare_forward(const TrainingOptions& options, Training& training, Diagnostics& diagnostics) {
  Graph& graph = training.graph;
  const TensorId loss = add_loss(options, training);
  graph.outputs = {loss};
  remove_dead(graph);
  const std::size_t count = graph.nodes.size();
  for (std::size_t n = 0; n < count; ++n) {
    const OpKind op = graph.nodes[n].op;
    const bool normalises = op == OpKind::BatchNormalization || op == OpKind::BatchNormTraining;
    if (normalises) train_batch_norm(graph, n, training, diagnostics);
    if (std::holds_alternative<DropoutAttributes>(graph.nodes[n].attributes)) train_dropout(graph, n, training);
  }
}

std::set<TensorId> trained_weights(Graph& graph) {
  std::set<TensorId> weights;
  std::vector<bool> behind(graph.tensors.size());
  for (const Node& node : graph.nodes) {
    bool any = false;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      const TensorId id = node.inputs[i];
      if (is_trained(graph, node, i, behind)) {
        weights.insert(id);
        graph.tensor(id).constant = false;
        graph.inputs.push_back(id);
        behind[static_cast<std::size_t>(id)] = true;
      }
      any = any || behind[static_cast<std::size_t>(id)];
    }
    for (const TensorId output : node.outputs) behind[static_cast<std::size_t>(output)] = any;
  }
  return weights;
}

void record_maxima(Graph& graph, const std::vector<bool>& wanted) {
  for (Node& node : graph.nodes) {
    if (node.op != OpKind::MaxPool || !wanted[static_cast<std::size_t>(node.inputs[0])]) continue;
    const Shape shape = graph.shape(node.outputs[0]);
    node.outputs.push_back(graph.add(Tensor{node.name + "/index", shape, ElementType::Int32, false, Absent{}}));
  }
}

}  // namespace systole::training
