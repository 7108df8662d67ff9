#include <fmt/format.h>

#include "base/errors.h"
#include "kernels/lowering/array_lowering.h"
#include "kernels/lowering/simd_lowerings.h"

namespace systole {

Lowering lowering_of(OpKind kind) {
  switch (kind) {
    case OpKind::Conv:
    case OpKind::ConvInputGradient:
    case OpKind::ConvWeightGradient:
      return lower_conv;
    case OpKind::Gemm:
    case OpKind::MatMul:
      return lower_array;
    case OpKind::Relu:
    case OpKind::LeakyRelu:
    case OpKind::Clip:
    case OpKind::Sigmoid:
    case OpKind::Tanh:
    case OpKind::HardSigmoid:
    case OpKind::HardSwish:
    case OpKind::Elu:
    case OpKind::Sqrt:
    case OpKind::Exp:
    case OpKind::Erf:
    case OpKind::PRelu:
    case OpKind::Add:
    case OpKind::Sub:
    case OpKind::Mul:
    case OpKind::Div:
    case OpKind::Pow:
    case OpKind::Sum:
    case OpKind::Max:
    case OpKind::Min:
    case OpKind::Equal:
    case OpKind::ReluGradient:
    case OpKind::LeakyReluGradient:
    case OpKind::ClipGradient:
    case OpKind::SigmoidGradient:
    case OpKind::TanhGradient:
    case OpKind::HardSigmoidGradient:
    case OpKind::HardSwishGradient:
    case OpKind::EluGradient:
    case OpKind::PReluGradient:
    case OpKind::Requantize:
      return lower_elementwise;
    case OpKind::BatchNormTraining:
      return lower_batch_norm_training;
    case OpKind::BatchNormGradient:
      return lower_batch_norm_gradient;
    case OpKind::Sgd:
    case OpKind::Momentum:
    case OpKind::Adam:
    case OpKind::Adagrad:
      return lower_optimizer;
    case OpKind::BatchNormalization:
      return lower_batch_norm;
    case OpKind::MaxPool:
    case OpKind::AveragePool:
      return lower_pool;
    case OpKind::Lrn:
      return lower_lrn;
    case OpKind::Softmax:
    case OpKind::LogSoftmax:
      return lower_softmax;
    case OpKind::ReduceMean:
    case OpKind::ReduceSum:
    case OpKind::ReduceMax:
      return lower_reduce;
    case OpKind::Concat:
      return lower_concat;
    case OpKind::Split:
      return lower_split;
    case OpKind::Slice:
      return lower_slice;
    case OpKind::Pad:
      return lower_pad;
    case OpKind::Transpose:
      return lower_transpose;
    case OpKind::Expand:
      return lower_expand;
    case OpKind::Reshape:
      return lower_reshape;
    case OpKind::MaxPoolGradient:
      return lower_max_pool_gradient;
    case OpKind::AveragePoolGradient:
      return lower_average_pool_gradient;
    case OpKind::LrnGradient:
      return lower_lrn_gradient;
    case OpKind::SoftmaxGradient:
    case OpKind::LogSoftmaxGradient:
      return lower_softmax_gradient;
    default:
      return nullptr;
  }
}

namespace {

/// Tile loops that a matrix product needs besides those over its batch: rows, output channels, reduction.
constexpr std::size_t kMatrixLoops = 3;

/// Why a node of a known kind cannot be lowered; empty when it can.
std::string refusal(const Graph& graph, const Node& node) {
  if (lowering_of(node.op) == nullptr) return "the machine has no lowering for it";
  if (!is_conv_or_gemm(node.op)) return "";
  const auto constant = [&](std::size_t input) { return graph.tensor(node.inputs.at(input)).constant; };
  if (node.op == OpKind::Conv && constant(0)) return "its image is constant";
  if (node.op == OpKind::ConvWeightGradient && constant(1)) return "its image is constant";
  if (graph.shape(node.outputs.front()).size() > isa::kMaxTileLoops - kMatrixLoops + 2) {
    return "it has too many dimensions";
  }
  return "";
}

}  // namespace

void check_supported(const Graph& graph) {
  Diagnostics diagnostics;
  for (const Node& node : graph.nodes) {
    const std::string reason = refusal(graph, node);
    if (reason.empty()) continue;
    diagnostics.add({"", 0, 0, fmt::format("{} '{}' cannot be compiled: {}", node.onnx_op, node.name, reason), ""});
  }
  diagnostics.throw_if_any();
}

}  // namespace systole
