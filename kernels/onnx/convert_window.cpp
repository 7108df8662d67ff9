#include <algorithm>
#include <utility>

#include "kernels/onnx/converters.h"

namespace systole::convert {
namespace {

/// Attributes that Conv and the pools share, in one dimension.
struct Window {
  std::int64_t kernel = 1;
  std::int64_t stride = 1;
  std::int64_t dilation = 1;
  std::int64_t begin = 0;
  std::int64_t end = 0;
  std::int64_t ceil_extra = 0;  ///< part of `end` that ceil_mode added

  [[nodiscard]] std::int64_t reach() const { return dilation * (kernel - 1) + 1; }
};

struct Window2 {
  Window height;
  Window width;

  [[nodiscard]] Extent2 kernel() const { return {height.kernel, width.kernel}; }
  [[nodiscard]] Extent2 strides() const { return {height.stride, width.stride}; }
  [[nodiscard]] Extent2 dilations() const { return {height.dilation, width.dilation}; }
  [[nodiscard]] Padding2 pads() const { return {height.begin, width.begin, height.end, width.end}; }
  [[nodiscard]] Padding2 pads_without_ceil() const {
    return {height.begin, width.begin, height.end - height.ceil_extra, width.end - width.ceil_extra};
  }
};

/// One-dimensional windows become two-dimensional ones of height 1: {N,C,L} is lifted to {N,C,1,L}.
Shape lifted(const Shape& shape) {
  if (shape.size() == 4) return shape;
  if (shape.size() == 3) return {shape[0], shape[1], 1, shape[2]};
  throw Rejected("its input has shape " + to_string(shape), "windows of one or two dimensions are supported");
}

/// An attribute with one value a dimension; `otherwise` for what is left out and for the lifted dimension.
std::vector<std::int64_t> per_dimension(std::optional<std::vector<std::int64_t>> values, std::int64_t otherwise,
                                        std::size_t dimensions, const char* name) {
  std::vector<std::int64_t> result = std::move(values).value_or(std::vector<std::int64_t>(dimensions, otherwise));
  if (result.size() != dimensions) throw Rejected(std::string(name) + " does not have one value for each dimension");
  if (dimensions == 1) result.insert(result.begin(), otherwise);
  return result;
}

/// auto_pad SAME_*: output = ceil(input / stride), padding split evenly, the odd element at the end or at the begin.
void pad_same(Window& window, std::int64_t extent, bool odd_at_end) {
  const std::int64_t outputs = ceil_div(extent, window.stride);
  const std::int64_t total = std::max<std::int64_t>(0, (outputs - 1) * window.stride + window.reach() - extent);
  window.begin = odd_at_end ? total / 2 : total - total / 2;
  window.end = total - window.begin;
}

void set_explicit_pads(const NodeImport& node, Window2& window) {
  const auto dimensions = static_cast<std::size_t>(node.rank(0) - 2);
  const auto pads = node.integers("pads").value_or(std::vector<std::int64_t>(2 * dimensions, 0));
  if (pads.size() != 2 * dimensions) throw Rejected("pads does not have two values for each dimension");
  if (std::any_of(pads.begin(), pads.end(), [](std::int64_t p) { return p < 0; })) throw Rejected("pads are negative");
  window.width.begin = pads[dimensions - 1];
  window.width.end = pads[2 * dimensions - 1];
  if (dimensions == 1) return;
  window.height.begin = pads[0];
  window.height.end = pads[dimensions];
}

/// `in` is the lifted shape of the input.
Window2 window_of(const NodeImport& node, const Shape& in, const std::vector<std::int64_t>& kernel) {
  const auto dimensions = static_cast<std::size_t>(node.rank(0) - 2);
  const auto strides = per_dimension(node.integers("strides"), 1, dimensions, "strides");
  const auto dilations = per_dimension(node.integers("dilations"), 1, dimensions, "dilations");
  Window2 window{{kernel[0], strides[0], dilations[0], 0, 0, 0}, {kernel[1], strides[1], dilations[1], 0, 0, 0}};
  const std::string auto_pad = node.text("auto_pad", "NOTSET");
  if (auto_pad == "NOTSET") {
    set_explicit_pads(node, window);
  } else if (auto_pad == "SAME_UPPER" || auto_pad == "SAME_LOWER") {
    pad_same(window.height, in[2], auto_pad == "SAME_UPPER");
    pad_same(window.width, in[3], auto_pad == "SAME_UPPER");
  } else if (auto_pad != "VALID") {
    throw Rejected("auto_pad '" + auto_pad + "' is unknown", "NOTSET, SAME_UPPER, SAME_LOWER or VALID");
  }
  return window;
}

/// ceil_mode lets the last window hang over the end: padding for what hangs over.
void pad_for_ceil(Window& window, std::int64_t extent, std::int64_t outputs) {
  const std::int64_t needed = (outputs - 1) * window.stride + window.reach();
  window.ceil_extra = std::max<std::int64_t>(0, needed - (extent + window.begin + window.end));
  window.end += window.ceil_extra;
}

/// A maximum or an average of nothing is not a number.
void require_no_empty_window(const Window& window, std::int64_t extent, std::int64_t outputs) {
  const std::int64_t last_start = (outputs - 1) * window.stride - window.begin;
  const bool jumps_over = window.kernel > 1 && window.dilation > extent;
  if (window.begin >= window.reach() || last_start >= extent || jumps_over) {
    throw Rejected("a pooling window lies wholly in padding", "shrink the padding, or switch ceil_mode off");
  }
}

void pool(NodeImport& node, OpKind kind) {
  const Shape in = lifted(node.shape(0));
  const Shape out = lifted(node.output().shape);
  const auto dimensions = static_cast<std::size_t>(node.rank(0) - 2);
  Window2 window = window_of(node, in, per_dimension(node.integers("kernel_shape"), 1, dimensions, "kernel_shape"));
  if (node.integer("ceil_mode", 0) != 0) {
    pad_for_ceil(window.height, in[2], out[2]);
    pad_for_ceil(window.width, in[3], out[3]);
  }
  require_no_empty_window(window.height, in[2], out[2]);
  require_no_empty_window(window.width, in[3], out[3]);
  PoolAttributes pool;
  pool.kernel = window.kernel();
  pool.strides = window.strides();
  pool.pads = window.pads();
  pool.dilations = window.dilations();
  pool.count_include_pad = node.integer("count_include_pad", 0) != 0;
  pool.counted = pool.count_include_pad ? window.pads_without_ceil() : Padding2{};
  node.emit_through(out, kind, {node.reshaped(0, in)}, pool);
}

void global_pool(NodeImport& node, OpKind kind) {
  const Shape in = lifted(node.shape(0));
  PoolAttributes pool;
  pool.kernel = {in[2], in[3]};
  pool.global = true;
  node.emit_through(lifted(node.output().shape), kind, {node.reshaped(0, in)}, pool);
}

}  // namespace

Convolution convolution(NodeImport& node, std::size_t weights) {
  const Shape in = lifted(node.shape(0));
  node.require_constant(weights, "weight");
  if (node.rank(weights) != node.rank(0)) {
    throw Rejected("its weight " + to_string(node.shape(weights)) + " does not fit its input " +
                   to_string(node.shape(0)));
  }
  const Shape weight = lifted(node.shape(weights));
  const std::vector<std::int64_t> kernel{weight[2], weight[3]};
  const auto declared = node.integers("kernel_shape");
  if (declared && per_dimension(declared, 1, node.shape(0).size() - 2, "kernel_shape") != kernel) {
    throw Rejected("kernel_shape differs from its weight " + to_string(weight));
  }
  const Window2 window = window_of(node, in, kernel);
  ConvAttributes attributes;
  attributes.kernel = window.kernel();
  attributes.strides = window.strides();
  attributes.pads = window.pads();
  attributes.dilations = window.dilations();
  attributes.groups = node.integer("group", 1);
  return {node.reshaped(0, in), weight, attributes, lifted(node.output().shape)};
}

void conv(NodeImport& node) {
  const Convolution conv = convolution(node, 1);
  if (node.has_input(2)) node.require_constant(2, "bias");
  std::vector<TensorId> inputs{conv.image, node.reshaped(1, conv.weight)};
  if (node.has_input(2)) inputs.push_back(node.input(2));
  node.emit_through(conv.output, OpKind::Conv, std::move(inputs), conv.attributes);
}

void max_pool(NodeImport& node) {
  node.require_single_output("indices of maxima are not supported");
  pool(node, OpKind::MaxPool);
}

void average_pool(NodeImport& node) {
  pool(node, OpKind::AveragePool);
}

void global_max_pool(NodeImport& node) {
  global_pool(node, OpKind::MaxPool);
}

void global_average_pool(NodeImport& node) {
  global_pool(node, OpKind::AveragePool);
}

}  // namespace systole::convert
