#include "kernels/graph/passes/fold_affine.h"

#include <string>
#include <utility>

#include "kernels/graph/passes/channel_affine.h"
#include "kernels/graph/passes/remove_dead.h"
#include "kernels/graph/passes/unique_names.h"

namespace systole {
namespace {

/// Where a producer keeps what an affine operator changes.
struct Host {
  std::size_t channel_axis;  ///< of its output
  std::size_t weight;        ///< input that is multiplied
  std::size_t weight_axis;   ///< the weight's dimension that runs over output channels
  std::size_t bias;          ///< input that is added; may be left out
};

/// nullopt when the node cannot take in an affine operator.
std::optional<Host> host_of(const Graph& graph, const Node& node) {
  switch (node.op) {
    case OpKind::Conv:
      return Host{1, 1, 0, 2};
    case OpKind::BatchNormalization:
      return Host{1, 1, 0, 2};
    case OpKind::MatMul: {
      const std::size_t rank = graph.shape(node.inputs[1]).size();
      return Host{graph.shape(node.outputs[0]).size() - 1, 1, rank - 1, 2};
    }
    case OpKind::Gemm:
      return Host{1, 1, std::get<GemmAttributes>(node.attributes).transpose_b ? std::size_t{0} : std::size_t{1}, 2};
    default:
      return std::nullopt;
  }
}

class Folding {
 public:
  Folding(Graph& graph, bool only_shifts) : graph_(graph), only_shifts_(only_shifts), uses_(graph) {
    for (std::size_t i = 0; i < graph.tensors.size(); ++i)
      producers_.push_back(uses_.producer(static_cast<TensorId>(i)));
  }

  void run() {
    std::vector<bool> folded(graph_.nodes.size(), false);
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) folded[i] = fold(graph_.nodes[i]);
    std::vector<Node> kept;
    for (std::size_t i = 0; i < folded.size(); ++i) {
      if (!folded[i]) kept.push_back(std::move(graph_.nodes[i]));
    }
    graph_.nodes = std::move(kept);
    remove_dead(graph_);
    make_names_unique(graph_);  // a folded constant has the name of the original, which others may still read
  }

 private:
  /// Folds `node` into the producer of its data, if that is right.
  bool fold(const Node& node) {
    for (const TensorId input : node.inputs) {
      const std::optional<NodeId> producer = producer_of(input);
      if (!producer) continue;
      Node& host = graph_.node(*producer);
      const std::optional<Host> slots = host_of(graph_, host);
      if (!slots || uses_.consumers(input).size() != 1 || graph_.is_output(input)) continue;
      const std::optional<ChannelAffine> affine = channel_affine(graph_, node, slots->channel_axis);
      if (!affine || affine->data != input || !can_take(host, *slots, *affine)) continue;
      take(host, *slots, *affine);
      host.outputs[0] = node.outputs[0];
      host.absorbed.insert(host.absorbed.end(), node.absorbed.begin(), node.absorbed.end());
      host.absorbed.push_back({node.name, node.onnx_op});
      producers_[static_cast<std::size_t>(node.outputs[0])] = producer;
      return true;
    }
    return false;
  }

  [[nodiscard]] std::optional<NodeId> producer_of(TensorId id) const {
    const auto at = static_cast<std::size_t>(id);
    return at < producers_.size() ? producers_[at] : std::nullopt;
  }

  [[nodiscard]] bool can_take(const Node& host, const Host& slots, const ChannelAffine& affine) const {
    if (affine.scales && (only_shifts_ || !graph_.tensor(host.inputs[slots.weight]).constant)) return false;
    if (host.inputs.size() <= slots.bias) return true;
    // A Gemm's C may be a matrix, one value a row, or computed: then it is no bias.
    const Tensor& bias = graph_.tensor(host.inputs[slots.bias]);
    const std::int64_t channels = graph_.shape(host.outputs[0]).at(slots.channel_axis);
    return bias.constant && (bias.shape == Shape{channels} || bias.shape == Shape{1, channels});
  }

  /// New constants go beside the old ones, which other nodes may still read.
  void take(Node& host, const Host& slots, const ChannelAffine& affine) {
    const std::int64_t channels = graph_.shape(host.outputs[0]).at(slots.channel_axis);
    const ElementType type = graph_.tensor(host.inputs[slots.weight]).type;
    ChannelVector bias = std::vector<float>(static_cast<std::size_t>(channels), 0.0F);
    std::string bias_name = host.name + "/bias";
    if (host.inputs.size() > slots.bias) {
      const Tensor& old = graph_.tensor(host.inputs[slots.bias]);
      bias = to_channels(old);
      bias_name = old.name;
      if (auto* gemm = std::get_if<GemmAttributes>(&host.attributes)) {
        for (std::size_t i = 0; bias && i < bias->size(); ++i) (*bias)[i] *= static_cast<float>(gemm->beta);
        gemm->beta = 1.0;
      }
    }
    Tensor new_bias{bias_name, {channels}, type, true, to_values(multiply_add(affine.scale, bias, affine.shift))};
    if (host.inputs.size() <= slots.bias) host.inputs.push_back(TensorId{});
    host.inputs[slots.bias] = graph_.add(std::move(new_bias));
    if (affine.scales) {
      Tensor weight = graph_.tensor(host.inputs[slots.weight]);
      weight.values = scaled(weight.values, weight.shape, slots.weight_axis, affine.scale);
      host.inputs[slots.weight] = graph_.add(std::move(weight));
    }
  }

  Graph& graph_;
  bool only_shifts_;
  Uses uses_;
  std::vector<std::optional<NodeId>> producers_;
};

}  // namespace

void fold_bias(Graph& graph) {
  Folding(graph, true).run();
}

void fold_batch_norm(Graph& graph) {
  Folding(graph, false).run();
}

}  // namespace systole
