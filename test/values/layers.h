#pragma once

#include <string>
#include <utility>
#include <vector>

#include "kernels/reference/evaluate.h"
#include "test/kernels/graph/small_graph.h"

namespace systole::test {

/// Adds layers one behind the other; every weight is trained.
struct Layers : SmallGraph {
  TensorId last{};
  int count = 0;

  explicit Layers(const Shape& input_shape) { last = input("x", input_shape); }
  [[nodiscard]] Shape shape() const { return graph.shape(last); }
  std::string name(const char* kind) { return kind + std::to_string(count++); }
  TensorId weight(const std::string& layer, const char* part, const Shape& of) {
    return constant(layer + "." + part, of, Absent{});
  }

  Layers& conv(std::int64_t channels, std::int64_t kernel, std::int64_t stride = 1, std::int64_t groups = 1,
               bool bias = true) {
    const std::string layer = name("conv");
    ConvAttributes a;
    a.kernel = {kernel, kernel};
    a.strides = {stride, stride};
    const std::int64_t pad = (kernel - 1) / 2;
    a.pads = {pad, pad, pad, pad};
    a.groups = groups;
    const Shape in = shape();
    const Shape out{in[0], channels, (in[2] - 1) / stride + 1, (in[3] - 1) / stride + 1};
    std::vector<TensorId> inputs{last, weight(layer, "weight", {channels, in[1] / groups, kernel, kernel})};
    if (bias) inputs.push_back(weight(layer, "bias", {channels}));
    last = node(layer, OpKind::Conv, inputs, out, a);
    return *this;
  }
  Layers& batch_norm() {
    const std::string layer = name("bn");
    std::vector<TensorId> inputs{last};
    for (const char* const part : {"scale", "bias", "mean", "variance"}) {
      inputs.push_back(weight(layer, part, {shape()[1]}));
    }
    last = node(layer, OpKind::BatchNormalization, inputs, shape(), BatchNormAttributes{});
    return *this;
  }
  Layers& then(OpKind op, Attributes attributes = NoAttributes{}) {
    last = node(name(to_string(op)), op, {last}, shape(), std::move(attributes));
    return *this;
  }
  Layers& pool(OpKind op, std::int64_t kernel, std::int64_t stride) {
    PoolAttributes a;
    a.kernel = {kernel, kernel};
    a.strides = {stride, stride};
    const Shape in = shape();
    last =
        node(name("pool"), op, {last}, {in[0], in[1], (in[2] - kernel) / stride + 1, (in[3] - kernel) / stride + 1}, a);
    return *this;
  }
  Layers& dense(std::int64_t outputs) {
    const std::string layer = name("fc");
    const Shape in = shape();
    const std::int64_t features = element_count(in) / in[0];
    if (in.size() != 2) last = node(layer + ".flat", OpKind::Reshape, {last}, {in[0], features});
    GemmAttributes a;
    a.transpose_b = true;
    last = node(layer, OpKind::Gemm,
                {last, weight(layer, "weight", {outputs, features}), weight(layer, "bias", {outputs})},
                {in[0], outputs}, a);
    return *this;
  }
  /// Without a bias, whose gradient would be zero but for rounding.
  Layers& normalised_conv(std::int64_t channels, std::int64_t kernel, std::int64_t stride = 1) {
    return conv(channels, kernel, stride, 1, false).batch_norm();
  }
  /// With the network's shortcut `from` added.
  Layers& add(TensorId from) {
    last = node(name("add"), OpKind::Add, {last, from}, shape());
    return *this;
  }
  Graph network() {
    output(last);
    randomise_weights(graph, 7);
    return graph;
  }
};

}  // namespace systole::test
