#include <algorithm>

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

void require_image(const NodeImport& node) {
  if (node.rank(0) != 4) {
    throw Rejected("its input has shape " + to_string(node.shape(0)),
                   "only two-dimensional windows are supported: batch x channels x height x width");
  }
}

/// auto_pad SAME_*: output = ceil(input / stride), padding split evenly, the odd element at the end or at the begin.
void pad_same(Window& window, std::int64_t extent, bool odd_at_end) {
  const std::int64_t outputs = ceil_div(extent, window.stride);
  const std::int64_t total = std::max<std::int64_t>(0, (outputs - 1) * window.stride + window.reach() - extent);
  window.begin = odd_at_end ? total / 2 : total - total / 2;
  window.end = total - window.begin;
}

Window2 window_of(const NodeImport& node, const std::vector<std::int64_t>& kernel) {
  const auto strides = node.integers("strides").value_or(std::vector<std::int64_t>{1, 1});
  const auto dilations = node.integers("dilations").value_or(std::vector<std::int64_t>{1, 1});
  const auto pads = node.integers("pads").value_or(std::vector<std::int64_t>{0, 0, 0, 0});
  if (kernel.size() != 2 || strides.size() != 2 || dilations.size() != 2 || pads.size() != 4) {
    throw Rejected("kernel_shape, strides, dilations or pads do not fit two dimensions");
  }
  Window2 window{{kernel[0], strides[0], dilations[0], 0, 0, 0}, {kernel[1], strides[1], dilations[1], 0, 0, 0}};
  const std::string auto_pad = node.text("auto_pad", "NOTSET");
  if (auto_pad == "NOTSET") {
    if (std::any_of(pads.begin(), pads.end(), [](std::int64_t p) { return p < 0; }))
      throw Rejected("pads are negative");
    window.height.begin = pads[0];
    window.width.begin = pads[1];
    window.height.end = pads[2];
    window.width.end = pads[3];
  } else if (auto_pad == "SAME_UPPER" || auto_pad == "SAME_LOWER") {
    pad_same(window.height, node.shape(0)[2], auto_pad == "SAME_UPPER");
    pad_same(window.width, node.shape(0)[3], auto_pad == "SAME_UPPER");
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
  require_image(node);
  const Shape& in = node.shape(0);
  const Shape& out = node.output().shape;
  Window2 window = window_of(node, node.integers("kernel_shape").value_or(std::vector<std::int64_t>{}));
  if (node.integer("ceil_mode", 0) != 0) {
    pad_for_ceil(window.height, in[2], out.at(2));
    pad_for_ceil(window.width, in[3], out.at(3));
  }
  require_no_empty_window(window.height, in[2], out.at(2));
  require_no_empty_window(window.width, in[3], out.at(3));
  PoolAttributes pool;
  pool.kernel = window.kernel();
  pool.strides = window.strides();
  pool.pads = window.pads();
  pool.dilations = window.dilations();
  pool.count_include_pad = node.integer("count_include_pad", 0) != 0;
  pool.counted = pool.count_include_pad ? window.pads_without_ceil() : Padding2{};
  node.emit(kind, {node.input(0)}, pool);
}

void global_pool(NodeImport& node, OpKind kind) {
  require_image(node);
  PoolAttributes pool;
  pool.kernel = {node.shape(0)[2], node.shape(0)[3]};
  pool.global = true;
  node.emit(kind, {node.input(0)}, pool);
}

}  // namespace

void conv(NodeImport& node) {
  require_image(node);
  node.require_constant(1, "weight");
  if (node.has_input(2)) node.require_constant(2, "bias");
  const Shape& weight = node.shape(1);
  const std::int64_t groups = node.integer("group", 1);
  if (weight.size() != 4 || weight[1] * groups != node.shape(0)[1] || weight[0] % groups != 0) {
    throw Rejected("its weight " + to_string(weight) + " does not fit " + std::to_string(node.shape(0)[1]) +
                   " input channels in " + std::to_string(groups) + " groups");
  }
  const std::vector<std::int64_t> kernel{weight[2], weight[3]};
  if (node.integers("kernel_shape").value_or(kernel) != kernel) {
    throw Rejected("kernel_shape differs from its weight " + to_string(weight));
  }
  if (node.has_input(2) && node.shape(2) != Shape{weight[0]}) {
    throw Rejected("its bias " + to_string(node.shape(2)) + " is not a vector of " + std::to_string(weight[0]));
  }
  const Window2 window = window_of(node, kernel);
  std::vector<TensorId> inputs{node.input(0), node.input(1)};
  if (node.has_input(2)) inputs.push_back(node.input(2));
  node.emit(OpKind::Conv, std::move(inputs),
            ConvAttributes{window.kernel(), window.strides(), window.pads(), window.dilations(), groups});
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
