#pragma once

#include "kernels/onnx/node_import.h"

/// One function a family of ONNX operators; each resolves what differs between opsets and emits the graph's normal
/// form. All throw Rejected for what is not supported. `operators.cpp` says which operator uses which.
namespace systole::convert {

// convert_window.cpp
void conv(NodeImport& node);
void max_pool(NodeImport& node);
void average_pool(NodeImport& node);
void global_max_pool(NodeImport& node);
void global_average_pool(NodeImport& node);

/// A convolution of input 0 with the constant weights of input `weights`, both lifted to images.
struct Convolution {
  TensorId image{};
  Shape weight;
  ConvAttributes attributes;
  Shape output;
};
[[nodiscard]] Convolution convolution(NodeImport& node, std::size_t weights);

// convert_quantized.cpp
void conv_integer(NodeImport& node);
void mat_mul_integer(NodeImport& node);
void qlinear_conv(NodeImport& node);
void qlinear_mat_mul(NodeImport& node);
void quantize_linear(NodeImport& node);
void dequantize_linear(NodeImport& node);

// convert_matrix.cpp
void gemm(NodeImport& node);
void mat_mul(NodeImport& node);
void batch_normalization(NodeImport& node);
void lrn(NodeImport& node);

// convert_training.cpp
void softmax_cross_entropy_loss(NodeImport& node);
void negative_log_likelihood_loss(NodeImport& node);
/// Batch statistics: BatchNormalization with training_mode.
void batch_norm_training(NodeImport& node);
void optimizer(NodeImport& node, OpKind kind);
template <OpKind kind>
void optimizer(NodeImport& node) {
  optimizer(node, kind);
}

// convert_elementwise.cpp
/// One input, no attributes.
template <OpKind kind>
void unary(NodeImport& node) {
  node.emit(kind, {node.input(0)});
}
/// Two inputs.
template <OpKind kind>
void binary(NodeImport& node) {
  node.emit(kind, {node.input(0), node.input(1)});
}
/// Any number of inputs; one is a copy.
template <OpKind kind>
void variadic(NodeImport& node) {
  const bool copies = node.input_count() == 1;
  node.emit(copies ? OpKind::Reshape : kind, node.all_inputs());
}
void sum(NodeImport& node);
void leaky_relu(NodeImport& node);
void elu(NodeImport& node);
void hard_sigmoid(NodeImport& node);
void clip(NodeImport& node);

// convert_axes.cpp
void reduce(NodeImport& node, OpKind kind);
template <OpKind kind>
void reduce(NodeImport& node) {
  reduce(node, kind);
}
void softmax(NodeImport& node, OpKind kind);
template <OpKind kind>
void softmax(NodeImport& node) {
  softmax(node, kind);
}
void concat(NodeImport& node);
void split(NodeImport& node);

// convert_movement.cpp
void slice(NodeImport& node);
void pad(NodeImport& node);
void transpose(NodeImport& node);
/// Flatten, Identity, Reshape, Squeeze, Unsqueeze: the inferred output shape says it all.
void reshape(NodeImport& node);
void dropout(NodeImport& node);

/// A slice in full: one start and step a dimension. Shared by the converter and the folder.
[[nodiscard]] SliceAttributes slice_attributes(const NodeImport& node);
/// The permutation of a Transpose, its default resolved.
[[nodiscard]] std::vector<std::int64_t> permutation(const NodeImport& node);

}  // namespace systole::convert
