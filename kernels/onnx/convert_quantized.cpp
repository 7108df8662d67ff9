#include <algorithm>
#include <optional>
#include <utility>

#include "kernels/onnx/converters.h"
#include "kernels/onnx/fold.h"
#include "kernels/onnx/tensor_proto.h"

namespace systole::convert {
namespace {

using Integers = std::vector<std::int64_t>;

/// The numbers of an optional constant input; `otherwise` when it is left out.
std::vector<float> numbers_of(const NodeImport& node, std::size_t input, float otherwise) {
  if (!node.has_input(input)) return {otherwise};
  const Tensor& tensor = node.operand(input);
  std::optional<std::vector<float>> values = as_floats(tensor.values, element_count(tensor.shape));
  if (!values) throw Rejected("input '" + tensor.name + "' must be a constant whose values are in the file");
  return std::move(*values);
}

float one_number(const NodeImport& node, std::size_t input, float otherwise, const char* what) {
  const std::vector<float> all = numbers_of(node, input, otherwise);
  if (all.size() == 1) return all.front();
  throw Rejected(std::string("its ") + what + " has " + std::to_string(all.size()) + " values",
                 "one for the whole tensor is supported");
}

/// One number for all of `channels`, or one each.
std::vector<float> channel_numbers(const NodeImport& node, std::size_t input, float otherwise, std::int64_t channels,
                                   const char* what) {
  std::vector<float> all = numbers_of(node, input, otherwise);
  if (all.size() == 1 || static_cast<std::int64_t>(all.size()) == channels) return all;
  throw Rejected(std::string("its ") + what + " has " + std::to_string(all.size()) + " values for " +
                 std::to_string(channels) + " channels");
}

/// The constant weights of input `w` less their zero points. Weights of one channel are `inner` elements long and
/// repeat after all channels.
TensorId centred_weights(NodeImport& node, std::size_t w, std::size_t zero_point, const Shape& shape,
                         std::int64_t channels, std::int64_t inner) {
  const std::vector<float> zeros = channel_numbers(node, zero_point, 0, channels, "weight's zero point");
  const Tensor& weights = node.operand(w);
  if (!is_integer(weights.type)) throw Rejected("its weight '" + weights.name + "' is no tensor of integers");
  Values values = Absent{};
  if (std::optional<Integers> all = as_integers(weights.values, element_count(shape))) {
    for (std::size_t i = 0; i < all->size(); ++i) {
      const auto channel = static_cast<std::size_t>(static_cast<std::int64_t>(i) / inner % channels);
      (*all)[i] -= static_cast<std::int64_t>(zeros[zeros.size() == 1 ? 0 : channel]);
    }
    values = std::move(*all);
  }
  return node.add_constant(weights.name, shape, ElementType::Int32, std::move(values));
}

/// Sums of products with their operands, before they are emitted as `sums` or requantised.
struct Product {
  OpKind op;
  std::vector<TensorId> inputs;
  Attributes attributes;
  Shape shape;
  std::int64_t channels = 0;
  Shape scale_shape;  ///< of one number a channel
};

Product convolution_product(NodeImport& node, std::size_t w, std::size_t x_zero, std::size_t w_zero) {
  Convolution conv = convolution(node, w);
  conv.attributes.zero_point = static_cast<double>(one_number(node, x_zero, 0, "zero point"));
  conv.attributes.pad_value = conv.attributes.zero_point;
  const std::int64_t channels = conv.weight[0];
  const TensorId weights =
      centred_weights(node, w, w_zero, conv.weight, channels, element_count(conv.weight) / channels);
  return {OpKind::Conv, {conv.image, weights}, conv.attributes, conv.output, channels, {channels, 1, 1}};
}

Product matrix_product(NodeImport& node, std::size_t b, std::size_t a_zero, std::size_t b_zero) {
  if (node.rank(0) < 2 || node.rank(b) < 2) {
    throw Rejected("an operand is a vector", "operands of two dimensions or more are supported; unsqueeze the vector");
  }
  node.require_constant(b, "second operand");
  const MatMulAttributes attributes{static_cast<double>(one_number(node, a_zero, 0, "zero point"))};
  const std::int64_t channels = node.shape(b).back();
  const TensorId weights = centred_weights(node, b, b_zero, node.shape(b), channels, 1);
  return {OpKind::MatMul, {node.input(0), weights}, attributes, node.output().shape, channels, {channels}};
}

/// x_scale * w_scale / y_scale, in single precision as the operators' tensors are.
TensorId scale_of(NodeImport& node, const Product& product, std::size_t x, std::size_t w, std::size_t y) {
  const float in = one_number(node, x, 1, "scale");
  const float out = one_number(node, y, 1, "result's scale");
  std::vector<float> scales = channel_numbers(node, w, 1, product.channels, "weight's scale");
  for (float& scale : scales) {
    scale = in * scale / out;
    if (!(scale > 0)) throw Rejected("its scales are not positive numbers");
  }
  const Shape shape = scales.size() == 1 ? Shape{} : product.scale_shape;
  return node.add_constant("scale", shape, ElementType::Float32, std::move(scales));
}

RequantizeAttributes limits_of(ElementType type, double zero_point) {
  return type == ElementType::Int8 ? RequantizeAttributes{zero_point, -128, 127}
                                   : RequantizeAttributes{zero_point, 0, 255};
}

/// `first` .. : the scales and zero points of x, w and y, each where ONNX has it.
void requantized(NodeImport& node, Product product, std::size_t x_scale, std::size_t w_scale, std::size_t y_scale) {
  const TensorId scale = scale_of(node, product, x_scale, w_scale, y_scale);
  const double zero_point = static_cast<double>(one_number(node, y_scale + 1, 0, "result's zero point"));
  const TensorId sums = node.emit_helper("sums", product.op, std::move(product.inputs), std::move(product.attributes),
                                         product.shape, ElementType::Int32);
  node.emit_through(product.shape, OpKind::Requantize, {sums, scale}, limits_of(node.output().type, zero_point));
}

/// A scale or zero point that broadcasts to input 0: a scalar, or a vector along the node's axis.
Shape axis_shape(const NodeImport& node, std::size_t count) {
  if (count == 1) return {};
  const std::int64_t rank = node.rank(0);
  const std::int64_t axis = from_front(node.integer("axis", 1), rank);
  if (axis < 0 || axis >= rank || node.shape(0)[static_cast<std::size_t>(axis)] != static_cast<std::int64_t>(count)) {
    throw Rejected("its scale has " + std::to_string(count) + " values, its input is " + to_string(node.shape(0)));
  }
  Shape shape(static_cast<std::size_t>(rank - axis), 1);
  shape.front() = static_cast<std::int64_t>(count);
  return shape;
}

TensorId along_axis(NodeImport& node, const std::string& suffix, std::vector<float> numbers) {
  const Shape shape = axis_shape(node, numbers.size());
  return node.add_constant(suffix, shape, ElementType::Float32, std::move(numbers));
}

}  // namespace

void conv_integer(NodeImport& node) {
  Product product = convolution_product(node, 1, 2, 3);
  node.emit_through(product.shape, product.op, std::move(product.inputs), std::move(product.attributes));
}

void mat_mul_integer(NodeImport& node) {
  Product product = matrix_product(node, 1, 2, 3);
  node.emit(product.op, std::move(product.inputs), std::move(product.attributes));
}

void qlinear_conv(NodeImport& node) {
  Product product = convolution_product(node, 3, 2, 5);
  if (node.has_input(8)) {
    node.require_constant(8, "bias");
    product.inputs.push_back(node.input(8));
  }
  requantized(node, std::move(product), 1, 4, 6);
}

void qlinear_mat_mul(NodeImport& node) {
  requantized(node, matrix_product(node, 3, 2, 5), 1, 4, 6);
}

void quantize_linear(NodeImport& node) {
  const ElementType type = node.output().type;
  const Shape& shape = node.output().shape;
  const TensorId scale = along_axis(node, "scale", numbers_of(node, 1, 1));
  const TensorId scaled =
      node.emit_helper("scaled", OpKind::Div, {node.input(0), scale}, NoAttributes{}, shape, ElementType::Float32);
  const TensorId one = node.add_constant("one", {}, ElementType::Float32, Fill{1});
  const std::vector<float> zeros = numbers_of(node, 2, 0);
  if (zeros.size() == 1) {
    return node.emit(OpKind::Requantize, {scaled, one}, limits_of(type, static_cast<double>(zeros.front())));
  }
  const TensorId rounded = node.emit_helper("rounded", OpKind::Requantize, {scaled, one}, RequantizeAttributes{}, shape,
                                            ElementType::Float32);
  const TensorId moved = node.emit_helper("moved", OpKind::Add, {rounded, along_axis(node, "zero_point", zeros)},
                                          NoAttributes{}, shape, ElementType::Float32);
  const RequantizeAttributes limits = limits_of(type, 0);
  node.emit(OpKind::Clip, {moved}, ClipAttributes{limits.low, limits.high});
}

void dequantize_linear(NodeImport& node) {
  const TensorId zero = along_axis(node, "zero_point", numbers_of(node, 2, 0));
  const TensorId scale = along_axis(node, "scale", numbers_of(node, 1, 1));
  const TensorId moved = node.emit_helper("moved", OpKind::Sub, {node.input(0), zero}, NoAttributes{},
                                          node.output().shape, ElementType::Float32);
  node.emit(OpKind::Mul, {moved, scale});
}

}  // namespace systole::convert

namespace systole::fold {

Values dequantize_linear(const NodeImport& node) {
  if (!node.may_write_out()) return Absent{};
  const Shape& shape = node.shape(0);
  std::optional<std::vector<float>> values = as_floats(node.operand(0).values, element_count(shape));
  if (!values) return Absent{};
  const std::vector<float> scales = convert::numbers_of(node, 1, 1);
  const std::vector<float> zeros = convert::numbers_of(node, 2, 0);
  const Shape channel = convert::axis_shape(node, std::max(scales.size(), zeros.size()));
  std::int64_t inner = 1;  // elements that share one scale
  for (std::size_t d = shape.size() + 1 - channel.size(); d < shape.size(); ++d) inner *= shape[d];
  for (std::size_t i = 0; i < values->size(); ++i) {
    const auto at = [&](const std::vector<float>& all) {
      return all[static_cast<std::size_t>(static_cast<std::int64_t>(i) / inner) % all.size()];
    };
    (*values)[i] = ((*values)[i] - at(zeros)) * at(scales);
  }
  return std::move(*values);
}

}  // namespace systole::fold
