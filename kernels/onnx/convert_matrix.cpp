#include "kernels/onnx/converters.h"

namespace systole::convert {

void gemm(NodeImport& node) {
  GemmAttributes gemm;
  gemm.alpha = node.real("alpha", 1.0);
  gemm.beta = node.real("beta", 1.0);
  gemm.transpose_a = node.integer("transA", 0) != 0;
  gemm.transpose_b = node.integer("transB", 0) != 0;
  std::vector<TensorId> inputs{node.input(0), node.input(1)};
  if (node.has_input(2)) inputs.push_back(node.input(2));
  node.emit(OpKind::Gemm, std::move(inputs), gemm);
}

void mat_mul(NodeImport& node) {
  if (node.rank(0) < 2 || node.rank(1) < 2) {
    throw Rejected("an operand is a vector", "operands of two dimensions or more are supported; unsqueeze the vector");
  }
  node.emit(OpKind::MatMul, {node.input(0), node.input(1)});
}

void batch_normalization(NodeImport& node) {
  if (node.integer("training_mode", 0) != 0) return batch_norm_training(node);
  node.require_single_output("before opset 14 running statistics are not supported");
  if (node.integer("spatial", 1) == 0)
    throw Rejected("attribute spatial is 0", "only statistics for each channel are supported");
  for (std::size_t i = 1; i < 5; ++i) node.require_constant(i, "parameter");
  node.emit(OpKind::BatchNormalization, {node.input(0), node.input(1), node.input(2), node.input(3), node.input(4)},
            BatchNormAttributes{node.real("epsilon", 1e-5), node.real("momentum", 0.9)});
}

void lrn(NodeImport& node) {
  const std::int64_t size = node.integer("size", 0);
  if (size < 1) throw Rejected("attribute size is " + std::to_string(size), "it is at least 1");
  if (node.rank(0) < 2) throw Rejected("its input " + to_string(node.shape(0)) + " has no channels");
  node.emit(OpKind::Lrn, {node.input(0)},
            LrnAttributes{size, node.real("alpha", 1e-4), node.real("beta", 0.75), node.real("bias", 1.0)});
}

}  // namespace systole::convert
