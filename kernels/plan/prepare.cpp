#include "kernels/plan/prepare.h"

#include <optional>
#include <utility>
#include <vector>

namespace systole {

namespace {

/// Can the array start its sums from C? A trained one lies in memory as it is, so that nothing scales it.
bool is_channel_vector(const Graph& graph, TensorId c, std::int64_t channels, double beta) {
  const Tensor& tensor = graph.tensor(c);
  const Shape& shape = tensor.shape;
  const bool row = shape == Shape{channels} || shape == Shape{1, channels};
  if (!tensor.constant) return row && beta == 1.0;
  return row || element_count(shape) == 1;
}

/// Takes apart what a Gemm adds and scales. New nodes are collected in the order in which they run.
class GemmParts {
 public:
  GemmParts(Graph& graph, std::map<std::string, std::string>& origins) : graph_(graph), origins_(origins) {}

  std::vector<Node> split(Node gemm) {
    auto& attributes = std::get<GemmAttributes>(gemm.attributes);
    const TensorId result = gemm.outputs.front();
    const std::int64_t channels = graph_.shape(result).at(1);
    std::optional<TensorId> addend;
    if (gemm.inputs.size() > 2 && !is_channel_vector(graph_, gemm.inputs[2], channels, attributes.beta)) {
      addend = gemm.inputs[2];
      gemm.inputs.pop_back();
    }
    const bool scaled = attributes.alpha != 1.0 && !graph_.tensor(gemm.inputs[1]).constant;
    if (!addend && !scaled) return {std::move(gemm)};
    // A bias vector would be scaled as well: it is added behind instead.
    if (scaled && gemm.inputs.size() > 2) {
      addend = gemm.inputs[2];
      gemm.inputs.pop_back();
    }
    name_ = gemm.name;
    std::vector<Node> nodes;
    TensorId running = temporary(graph_.shape(result));
    gemm.outputs = {running};
    const double alpha = std::exchange(attributes.alpha, scaled ? 1.0 : attributes.alpha);
    const double beta = std::exchange(attributes.beta, 1.0);
    nodes.push_back(std::move(gemm));
    if (scaled)
      running = append(nodes, OpKind::Mul, {running, number(alpha)}, addend ? std::nullopt : std::optional(result));
    if (!addend) return nodes;
    if (beta != 1.0) addend = append(nodes, OpKind::Mul, {*addend, number(beta)}, std::nullopt);
    append(nodes, OpKind::Add, {running, *addend}, result);
    return nodes;
  }

 private:
  TensorId temporary(const Shape& shape) {
    return graph_.add(
        Tensor{name_ + "/" + std::to_string(graph_.tensors.size()), shape, ElementType::Float32, false, Absent{}});
  }

  TensorId number(double value) {
    return graph_.add(
        Tensor{name_ + "/" + std::to_string(graph_.tensors.size()), {}, ElementType::Float32, true, Fill{value}});
  }

  TensorId append(std::vector<Node>& nodes, OpKind op, std::vector<TensorId> inputs, std::optional<TensorId> result) {
    const TensorId output = result ? *result : temporary(graph_.shape(inputs.front()));
    Node node{name_ + "/" + to_string(op) + std::to_string(nodes.size()),
              to_string(op),
              op,
              std::move(inputs),
              {output},
              {},
              {}};
    origins_[node.name] = name_;
    nodes.push_back(std::move(node));
    return output;
  }

  Graph& graph_;
  std::map<std::string, std::string>& origins_;
  std::string name_;
};

/// Does the product read rows that are whole images, with weights that can be laid out for it?
bool may_read_images(const Graph& graph, const Node& node) {
  if (node.op != OpKind::Gemm && node.op != OpKind::MatMul) return false;
  const auto* gemm = std::get_if<GemmAttributes>(&node.attributes);
  return graph.shape(node.inputs[0]).size() == 2 && graph.shape(node.inputs[1]).size() == 2 &&
         graph.tensor(node.inputs[1]).constant && (gemm == nullptr || !gemm->transpose_a);
}

void read_images(Graph& graph, const Uses& uses, Node& node) {
  const Shape rows = graph.shape(node.inputs[0]);
  std::vector<Absorbed> skipped;
  bool only_reader = true;
  for (TensorId tensor = node.inputs[0];;) {
    const std::optional<NodeId> producer = uses.producer(tensor);
    if (!producer || graph.node(*producer).op != OpKind::Reshape) return;
    const Node& reshape = graph.node(*producer);
    only_reader = only_reader && uses.consumers(tensor).size() == 1 && !graph.is_output(tensor);
    if (only_reader) skipped.push_back({reshape.name, reshape.onnx_op});
    tensor = reshape.inputs.front();
    const Shape& image = graph.shape(tensor);
    if (graph.tensor(tensor).constant) return;
    if (image.size() != 4) continue;
    if (image[0] != rows[0] || image[2] * image[3] == 1) return;
    node.inputs[0] = tensor;
    node.absorbed.insert(node.absorbed.begin(), skipped.rbegin(), skipped.rend());
    return;
  }
}

}  // namespace

std::map<std::string, std::string> prepare_matrix_products(Graph& graph) {
  std::map<std::string, std::string> origins;
  GemmParts parts(graph, origins);
  std::vector<Node> nodes;
  for (Node& node : graph.nodes) {
    if (node.op != OpKind::Gemm) {
      nodes.push_back(std::move(node));
      continue;
    }
    for (Node& part : parts.split(std::move(node))) nodes.push_back(std::move(part));
  }
  graph.nodes = std::move(nodes);
  const Uses uses(graph);
  for (Node& node : graph.nodes) {
    if (may_read_images(graph, node)) read_images(graph, uses, node);
  }
  return origins;
}

}  // namespace systole
