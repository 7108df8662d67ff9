#include "kernels/plan/tensor_order.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace systole {

namespace {

Order default_order(std::size_t rank) {
  return rank == 4 ? channels_last(rank) : row_major(rank);
}

/// Weights {M, C/groups, KH, KW} with the output channels innermost.
Order outputs_last() {
  return {2, 3, 1, 0};
}

class OrderChoice {
 public:
  OrderChoice(const Graph& graph, const Uses& uses) : graph_(graph), uses_(uses), orders_(graph.tensors.size()) {}

  std::vector<Order> run() {
    for (const TensorId input : graph_.inputs) orders_[at(input)] = input_order(input);
    for (const Node& node : graph_.nodes) {
      for (std::size_t i = 0; i < node.outputs.size(); ++i) {
        orders_[at(node.outputs[i])] = output_order(node, node.outputs[i]);
      }
    }
    return std::move(orders_);
  }

 private:
  static std::size_t at(TensorId id) { return static_cast<std::size_t>(id); }
  [[nodiscard]] const Shape& shape(TensorId id) const { return graph_.shape(id); }

  /// A network that takes images channels last transposes them first; the host then writes what the rest wants. Trained
  /// weights lie as the forward pass reads them, and what the optimizer keeps for them lies like them.
  [[nodiscard]] Order input_order(TensorId input) const {
    const std::vector<NodeId>& consumers = uses_.consumers(input);
    const std::size_t rank = shape(input).size();
    if (consumers.empty()) return default_order(rank);
    const Node& node = graph_.node(consumers.front());
    if (is_optimizer(node.op) && node.inputs.front() != input && shape(node.inputs.front()).size() == rank) {
      return input_order(node.inputs.front());
    }
    const bool second = node.inputs.size() > 1 && node.inputs[1] == input;
    if ((node.op == OpKind::Conv || node.op == OpKind::ConvInputGradient) && second) return outputs_last();
    if (node.op == OpKind::Gemm && second && std::get<GemmAttributes>(node.attributes).transpose_b) return {1, 0};
    if (node.op != OpKind::Transpose) return default_order(rank);
    Order order = default_order(rank);
    const auto& permutation = std::get<TransposeAttributes>(node.attributes).permutation;
    for (int& dim : order) dim = static_cast<int>(permutation.at(static_cast<std::size_t>(dim)));
    return order;
  }

  [[nodiscard]] Order output_order(const Node& node, TensorId output) const {
    const std::size_t rank = shape(output).size();
    if (const std::optional<TensorId> weights = updated_by(output)) return orders_[at(*weights)];
    switch (node.op) {
      case OpKind::ConvWeightGradient:
        return outputs_last();
      case OpKind::Conv:
      case OpKind::ConvInputGradient:
      case OpKind::MaxPool:
      case OpKind::AveragePool:
      case OpKind::Lrn:
      case OpKind::MaxPoolGradient:
      case OpKind::AveragePoolGradient:
      case OpKind::LrnGradient:
        return channels_last(rank);
      case OpKind::Expand:  // of single pixels, whose order says nothing
        return default_order(rank);
      case OpKind::Gemm:
      case OpKind::MatMul:
        return row_major(rank);
      default:
        break;
    }
    const std::optional<TensorId> model = order_model(node, output);
    if (!model) return default_order(rank);
    const Layout dense = dense_layout(shape(*model), orders_[at(*model)], 1);
    if (node.op == OpKind::Reshape) {
      const std::optional<Layout> view = reshaped(shape(*model), dense, shape(output));
      return view ? order_of(shape(output), *view) : default_order(rank);
    }
    if (node.op == OpKind::Transpose) {
      const auto& permutation = std::get<TransposeAttributes>(node.attributes).permutation;
      return order_of(shape(output), transposed(dense, permutation));
    }
    return rank == shape(*model).size() ? orders_[at(*model)] : without_axes(node, orders_[at(*model)], rank);
  }

  /// The weights that an optimizer updates by this gradient.
  [[nodiscard]] std::optional<TensorId> updated_by(TensorId gradient) const {
    const std::vector<NodeId>& consumers = uses_.consumers(gradient);
    if (consumers.size() != 1 || !is_optimizer(graph_.node(consumers.front()).op)) return std::nullopt;
    const TensorId weights = graph_.node(consumers.front()).inputs.front();
    if (shape(weights) != shape(gradient)) return std::nullopt;  // it is the learning rate
    return orders_[at(weights)].empty() ? std::nullopt : std::optional(weights);
  }

  /// The input whose order an operator keeps: the first that is not constant and, where operands broadcast, has the
  /// result's rank.
  [[nodiscard]] std::optional<TensorId> order_model(const Node& node, TensorId output) const {
    for (const TensorId input : node.inputs) {
      if (graph_.tensor(input).constant) continue;
      if (!is_broadcasting_elementwise(node.op) || shape(input) == shape(output)) return input;
    }
    return std::nullopt;
  }

  /// A reduction that drops its axes.
  static Order without_axes(const Node& node, const Order& order, std::size_t rank) {
    const auto* reduce = std::get_if<ReduceAttributes>(&node.attributes);
    if (reduce == nullptr) return default_order(rank);
    Order result;
    for (const int dim : order) {
      if (std::binary_search(reduce->axes.begin(), reduce->axes.end(), dim)) continue;
      const auto dropped = std::lower_bound(reduce->axes.begin(), reduce->axes.end(), dim) - reduce->axes.begin();
      result.push_back(dim - static_cast<int>(dropped));
    }
    return result.size() == rank ? result : default_order(rank);
  }

  const Graph& graph_;
  const Uses& uses_;
  std::vector<Order> orders_;
};

}  // namespace

bool is_view(OpKind op) {
  return op == OpKind::Reshape || op == OpKind::Transpose || op == OpKind::Slice || op == OpKind::Split;
}

std::vector<Order> choose_orders(const Graph& graph, const Uses& uses) {
  return OrderChoice(graph, uses).run();
}

}  // namespace systole
