#include "kernels/graph/operator.h"

namespace systole {

const char* to_string(OpKind kind) {
  switch (kind) {
    case OpKind::Conv:
      return "Conv";
    case OpKind::Gemm:
      return "Gemm";
    case OpKind::MatMul:
      return "MatMul";
    case OpKind::BatchNormalization:
      return "BatchNormalization";
    case OpKind::MaxPool:
      return "MaxPool";
    case OpKind::AveragePool:
      return "AveragePool";
    case OpKind::Lrn:
      return "LRN";
    case OpKind::Relu:
      return "Relu";
    case OpKind::LeakyRelu:
      return "LeakyRelu";
    case OpKind::Clip:
      return "Clip";
    case OpKind::Sigmoid:
      return "Sigmoid";
    case OpKind::Tanh:
      return "Tanh";
    case OpKind::HardSigmoid:
      return "HardSigmoid";
    case OpKind::HardSwish:
      return "HardSwish";
    case OpKind::Elu:
      return "Elu";
    case OpKind::Sqrt:
      return "Sqrt";
    case OpKind::Exp:
      return "Exp";
    case OpKind::Erf:
      return "Erf";
    case OpKind::PRelu:
      return "PRelu";
    case OpKind::Equal:
      return "Equal";
    case OpKind::Add:
      return "Add";
    case OpKind::Sub:
      return "Sub";
    case OpKind::Mul:
      return "Mul";
    case OpKind::Div:
      return "Div";
    case OpKind::Pow:
      return "Pow";
    case OpKind::Sum:
      return "Sum";
    case OpKind::Max:
      return "Max";
    case OpKind::Min:
      return "Min";
    case OpKind::Requantize:
      return "Requantize";
    case OpKind::Softmax:
      return "Softmax";
    case OpKind::LogSoftmax:
      return "LogSoftmax";
    case OpKind::ReduceMean:
      return "ReduceMean";
    case OpKind::ReduceSum:
      return "ReduceSum";
    case OpKind::ReduceMax:
      return "ReduceMax";
    case OpKind::Concat:
      return "Concat";
    case OpKind::Split:
      return "Split";
    case OpKind::Slice:
      return "Slice";
    case OpKind::Pad:
      return "Pad";
    case OpKind::Transpose:
      return "Transpose";
    case OpKind::Expand:
      return "Expand";
    case OpKind::Reshape:
      return "Reshape";
    case OpKind::ConvInputGradient:
      return "ConvInputGradient";
    case OpKind::ConvWeightGradient:
      return "ConvWeightGradient";
    case OpKind::BatchNormTraining:
      return "BatchNormTraining";
    case OpKind::BatchNormGradient:
      return "BatchNormGradient";
    case OpKind::MaxPoolGradient:
      return "MaxPoolGradient";
    case OpKind::AveragePoolGradient:
      return "AveragePoolGradient";
    case OpKind::LrnGradient:
      return "LRNGradient";
    case OpKind::ReluGradient:
      return "ReluGradient";
    case OpKind::LeakyReluGradient:
      return "LeakyReluGradient";
    case OpKind::ClipGradient:
      return "ClipGradient";
    case OpKind::SigmoidGradient:
      return "SigmoidGradient";
    case OpKind::TanhGradient:
      return "TanhGradient";
    case OpKind::HardSigmoidGradient:
      return "HardSigmoidGradient";
    case OpKind::HardSwishGradient:
      return "HardSwishGradient";
    case OpKind::EluGradient:
      return "EluGradient";
    case OpKind::PReluGradient:
      return "PReluGradient";
    case OpKind::SoftmaxGradient:
      return "SoftmaxGradient";
    case OpKind::LogSoftmaxGradient:
      return "LogSoftmaxGradient";
    case OpKind::Sgd:
      return "Sgd";
    case OpKind::Momentum:
      return "Momentum";
    case OpKind::Adam:
      return "Adam";
    case OpKind::Adagrad:
      return "Adagrad";
  }
  return "?";
}

bool is_conv_or_gemm(OpKind kind) {
  switch (kind) {
    case OpKind::Conv:
    case OpKind::Gemm:
    case OpKind::MatMul:
    case OpKind::ConvInputGradient:
    case OpKind::ConvWeightGradient:
      return true;
    default:
      return false;
  }
}

bool is_unary_elementwise(OpKind kind) {
  switch (kind) {
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
      return true;
    default:
      return false;
  }
}

bool is_activation_gradient(OpKind kind) {
  switch (kind) {
    case OpKind::ReluGradient:
    case OpKind::LeakyReluGradient:
    case OpKind::ClipGradient:
    case OpKind::SigmoidGradient:
    case OpKind::TanhGradient:
    case OpKind::HardSigmoidGradient:
    case OpKind::HardSwishGradient:
    case OpKind::EluGradient:
    case OpKind::PReluGradient:
      return true;
    default:
      return false;
  }
}

bool is_optimizer(OpKind kind) {
  return kind == OpKind::Sgd || kind == OpKind::Momentum || kind == OpKind::Adam || kind == OpKind::Adagrad;
}

std::size_t moments_of(OpKind optimizer) {
  return optimizer == OpKind::Adam ? 2 : optimizer == OpKind::Sgd ? 0 : 1;
}

bool is_broadcasting_elementwise(OpKind kind) {
  if (is_activation_gradient(kind)) return true;
  switch (kind) {
    case OpKind::PRelu:
    case OpKind::Equal:
    case OpKind::Add:
    case OpKind::Sub:
    case OpKind::Mul:
    case OpKind::Div:
    case OpKind::Pow:
    case OpKind::Sum:
    case OpKind::Max:
    case OpKind::Min:
    case OpKind::Requantize:
      return true;
    default:
      return false;
  }
}

double zero_point_of(const Attributes& matmul) {
  const auto* attributes = std::get_if<MatMulAttributes>(&matmul);
  return attributes == nullptr ? 0.0 : attributes->zero_point;
}

}  // namespace systole
