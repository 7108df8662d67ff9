#include "models/analytical/simdit/training.h"

#include <algorithm>
#include <array>
#include <map>

#include "base/units.h"

namespace systole::simdit {

namespace {

constexpr std::int64_t kUpdateChannels = 32;
constexpr std::array<const char*, 9> kFreeNormalizationParts = {"batchnorm_grad_inv_std",
                                                                "batchnorm_grad_xhat",
                                                                "batchnorm_grad_dbeta",
                                                                "batchnorm_grad_dgamma",
                                                                "batchnorm_grad_dgamma_mul_xhat",
                                                                "batchnorm_grad_gamma_inv_std",
                                                                "batchnorm_grad_scaled_gy",
                                                                "batchnorm_grad_dx_rhs",
                                                                "batchnorm_grad_dx"};

std::int64_t padded(std::int64_t channels) {
  return ceil_div(channels, kUpdateChannels) * kUpdateChannels;
}

Layer simd_layer(Operation operation, const std::string& name, std::int64_t channels, std::int64_t batch = 1) {
  Layer layer;
  layer.operation = operation;
  layer.name = name;
  layer.batch = batch;
  layer.out_channels = channels;
  return layer;
}

/// A SIMD layer on the same tensor as another layer's result.
Layer on_result_of(const Layer& forward, Operation operation, const char* name) {
  Layer layer = simd_layer(operation, name, forward.out_channels, forward.batch);
  layer.out_height = forward.out_height;
  layer.out_width = forward.out_width;
  return layer;
}

bool reads_network_input(const Graph& graph, const Node& node) {
  return std::find(graph.inputs.begin(), graph.inputs.end(), node.inputs.front()) != graph.inputs.end();
}

bool is_final_softmax(const Graph& graph, const Node& node) {
  return (node.op == OpKind::Softmax || node.op == OpKind::LogSoftmax) && graph.is_output(node.outputs.front());
}

class Training {
 public:
  explicit Training(const Graph& graph) : graph_(graph) {
    for (const Node& node : graph.nodes) {
      if (is_final_softmax(graph, node)) continue;
      for (const TensorId input : node.inputs) ++readers_[input];
    }
  }

  Program program() {
    for (const Node& node : graph_.nodes) {
      if (!is_final_softmax(graph_, node)) forward(node);
    }
    free("cross_entropy_loss", "loss", Phase::forward);
    free("cross_entropy_loss_grad", "loss", Phase::grad);
    for (auto node = graph_.nodes.rbegin(); node != graph_.nodes.rend(); ++node) {
      if (!is_final_softmax(graph_, *node)) backward(*node);
    }
    return std::move(program_);
  }

 private:
  void add(Layer layer, const std::string& node, Phase phase) { program_.add(std::move(layer), node, phase); }

  void free(const std::string& name, const std::string& node, Phase phase) {
    add(simd_layer(Operation::ignored, name, 0), node, phase);
  }

  void forward(const Node& node) {
    Reading reading = read_node(graph_, node);
    if (reading.reason) program_.unmodelled.push_back({node.name, node.onnx_op, *reading.reason});
    if (reading.layer.operation == Operation::batch_norm) {
      add(on_result_of(reading.layer, Operation::mean_var, "mean_var"), node.name, Phase::forward);
    }
    if (reading.layer.operation == Operation::convolution && node.inputs.size() > 2) {
      program_.unmodelled.push_back({node.name, node.onnx_op, "the gradient of a convolution's bias has no model"});
    }
    add(reading.layer, node.name, Phase::forward);
  }

  void backward(const Node& node) {
    const Layer forward = read_node(graph_, node).layer;
    sum_contributions(node);
    switch (forward.operation) {
      case Operation::convolution:
        return convolution(node, forward);
      case Operation::gemm:
        return matrix_product(node, forward);
      case Operation::batch_norm:
        return batch_norm(node, forward);
      case Operation::relu:
        return add(on_result_of(forward, Operation::relu_grad, "relu_grad"), node.name, Phase::grad);
      case Operation::max_pool:
        return pool(node, forward, Operation::max_pool_grad, "max_pool_grad");
      case Operation::avg_pool:
        return pool(node, forward, Operation::avg_pool_grad,
                    forward.name == "global_avg_pool" ? "global_average_pool_grad" : "average_pool_grad");
      case Operation::elem_add:
        return;  // both of its inputs have its result's gradient
      default:
        return free(forward.name == "coarse_flatten" ? "flatten_grad" : forward.name + "_grad", node.name, Phase::grad);
    }
  }

  void sum_contributions(const Node& node) {
    for (int more = readers_[node.outputs.front()]; more > 1; --more) {
      Layer sum;
      const Shape& shape = graph_.shape(node.outputs.front());
      sum.operation = Operation::elem_add;
      sum.name = "elem_add";
      read_image(shape, sum);
      add(sum, node.name, Phase::grad);
    }
  }

  void convolution(const Node& node, const Layer& forward) {
    const auto& a = std::get<ConvAttributes>(node.attributes);
    const Shape& in = graph_.shape(node.inputs.front());
    const bool first = reads_network_input(graph_, node);
    const auto input = [&](std::int64_t out, std::int64_t kernel, std::int64_t size) {
      return first ? (out - 1) * forward.stride + kernel : size;
    };
    const std::int64_t height = input(forward.out_height, forward.kernel_height, in[2]);
    const std::int64_t width = input(forward.out_width, forward.kernel_width, in[3]);

    Layer data = forward;
    data.name = "conv";
    data.in_channels = forward.out_channels;
    data.out_channels = forward.in_channels;
    data.out_height = height;
    data.out_width = width;
    data.stride = 1;

    Layer weights = forward;
    weights.name = "conv";
    reduce_over_batch(forward, weights);
    weights.stride = 1;
    weights.kernel_height = (forward.out_height - 1) * forward.stride + 1;
    weights.kernel_width = (forward.out_width - 1) * forward.stride + 1;
    weights.out_height = height + (first ? 0 : a.pads.top + a.pads.bottom) - weights.kernel_height + 1;
    weights.out_width = width + (first ? 0 : a.pads.left + a.pads.right) - weights.kernel_width + 1;

    Layer update = simd_layer(Operation::sgd, "sgd4d", padded(forward.out_channels), padded(forward.in_channels));
    update.out_height = forward.kernel_height;
    update.out_width = forward.kernel_width;

    free("tensor_transpose4d", node.name, Phase::grad_data);
    add(data, node.name, Phase::grad_data);
    free("tensor_transpose4d", node.name, Phase::grad_weight);
    free("tensor_transpose4d", node.name, Phase::grad_weight);
    add(weights, node.name, Phase::grad_weight);
    free("tensor_transpose4d", node.name, Phase::grad_weight);
    add(update, node.name, Phase::update);
  }

  void matrix_product(const Node& node, const Layer& forward) {
    Layer data = forward;
    data.name = "gemm_no_bias";
    data.in_channels = forward.out_channels;
    data.out_channels = forward.in_channels;
    add(data, node.name, Phase::grad_data);
    Layer weights = forward;
    weights.name = "gemm_no_bias";
    reduce_over_batch(forward, weights);
    add(weights, node.name, Phase::grad_weight);
    const std::int64_t outputs = padded(forward.out_channels);
    add(simd_layer(Operation::sgd, "sgd2d", padded(forward.in_channels), outputs), node.name, Phase::update);
    if (node.inputs.size() < 3) return;
    add(simd_layer(Operation::reduce_sum, "reduce_sum", outputs, forward.batch), node.name, Phase::grad_weight);
    add(simd_layer(Operation::sgd, "sgd1d", outputs), node.name, Phase::update);
  }

  /// The specification is for one image, and the batch goes where a 1 stands: with one input channel, into its place.
  static void reduce_over_batch(const Layer& forward, Layer& weights) {
    const bool one = forward.in_channels == 1;
    weights.batch = one ? forward.batch : forward.in_channels;
    weights.in_channels = one ? 1 : forward.batch;
  }

  void batch_norm(const Node& node, const Layer& forward) {
    add(on_result_of(forward, Operation::batch_norm_grad, "batchnorm_grad_x_mu"), node.name, Phase::grad);
    for (const char* part : kFreeNormalizationParts) free(part, node.name, Phase::grad);
    for (int parameter = 0; parameter < 2; ++parameter) {  // scale and offset
      add(simd_layer(Operation::sgd, "sgd1d", forward.out_channels), node.name, Phase::update);
    }
  }

  void pool(const Node& node, const Layer& forward, Operation operation, const char* name) {
    Layer gradient = forward;
    gradient.operation = operation;
    gradient.name = name;
    add(gradient, node.name, Phase::grad);
  }

  const Graph& graph_;
  std::map<TensorId, int> readers_;
  Program program_;
};

}  // namespace

Program training_program_of(const Graph& graph) {
  return Training(graph).program();
}

}  // namespace systole::simdit
