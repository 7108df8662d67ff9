#include "kernels/training/gradients.h"

namespace systole::training {

namespace {

/// A comparison is flat everywhere but at its jump: nothing flows through it.
void no_flow(NodeGradient& /*g*/) {}

}  // namespace

Gradient gradient_of(OpKind kind) {
  switch (kind) {
    case OpKind::Conv:
      return conv_gradient;
    case OpKind::Gemm:
      return gemm_gradient;
    case OpKind::MatMul:
      return matmul_gradient;
    case OpKind::BatchNormTraining:
      return batch_norm_gradient;
    case OpKind::MaxPool:
      return max_pool_gradient;
    case OpKind::AveragePool:
      return average_pool_gradient;
    case OpKind::Lrn:
      return lrn_gradient;
    case OpKind::Relu:
    case OpKind::LeakyRelu:
    case OpKind::Clip:
    case OpKind::Sigmoid:
    case OpKind::Tanh:
    case OpKind::HardSigmoid:
    case OpKind::HardSwish:
    case OpKind::Elu:
      return activation_gradient;
    case OpKind::Sqrt:
      return sqrt_gradient;
    case OpKind::Exp:
      return exp_gradient;
    case OpKind::Erf:
      return erf_gradient;
    case OpKind::PRelu:
      return prelu_gradient;
    case OpKind::Add:
    case OpKind::Sum:
      return add_gradient;
    case OpKind::Sub:
      return sub_gradient;
    case OpKind::Mul:
      return mul_gradient;
    case OpKind::Div:
      return div_gradient;
    case OpKind::Pow:
      return pow_gradient;
    case OpKind::Max:
    case OpKind::Min:
      return extremum_gradient;
    case OpKind::Equal:
      return no_flow;
    case OpKind::Softmax:
    case OpKind::LogSoftmax:
      return softmax_gradient;
    case OpKind::ReduceMean:
      return reduce_mean_gradient;
    case OpKind::ReduceSum:
      return reduce_sum_gradient;
    case OpKind::ReduceMax:
      return reduce_max_gradient;
    case OpKind::Concat:
      return concat_gradient;
    case OpKind::Split:
      return split_gradient;
    case OpKind::Slice:
      return slice_gradient;
    case OpKind::Pad:
      return pad_gradient;
    case OpKind::Transpose:
      return transpose_gradient;
    case OpKind::Reshape:
      return reshape_gradient;
    case OpKind::Expand:
      return expand_gradient;
    default:
      return nullptr;
  }
}

}  // namespace systole::training
