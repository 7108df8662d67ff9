#pragma once

#include "kernels/training/backward.h"

/// The gradient of each operator: what a node contributes to the gradients by its inputs, as nodes. One file a family.
namespace systole::training {

using Gradient = void (*)(NodeGradient&);

/// The rule for a kind of operator, or nullptr when there is none. This table is the single list of what can be
/// trained through.
Gradient gradient_of(OpKind kind);

// array.cpp
void conv_gradient(NodeGradient& g);
void gemm_gradient(NodeGradient& g);
void matmul_gradient(NodeGradient& g);
// normalization.cpp
void batch_norm_gradient(NodeGradient& g);
void max_pool_gradient(NodeGradient& g);
void average_pool_gradient(NodeGradient& g);
void lrn_gradient(NodeGradient& g);
// elementwise.cpp
void activation_gradient(NodeGradient& g);  ///< those that have a kind of their own
void sqrt_gradient(NodeGradient& g);
void exp_gradient(NodeGradient& g);
void erf_gradient(NodeGradient& g);
void prelu_gradient(NodeGradient& g);
void add_gradient(NodeGradient& g);  ///< also Sum
void sub_gradient(NodeGradient& g);
void mul_gradient(NodeGradient& g);
void div_gradient(NodeGradient& g);
void pow_gradient(NodeGradient& g);
void extremum_gradient(NodeGradient& g);  ///< Max, Min
// axes.cpp
void softmax_gradient(NodeGradient& g);  ///< also LogSoftmax
void reduce_sum_gradient(NodeGradient& g);
void reduce_mean_gradient(NodeGradient& g);
void reduce_max_gradient(NodeGradient& g);
void concat_gradient(NodeGradient& g);
void split_gradient(NodeGradient& g);
// movement.cpp
void slice_gradient(NodeGradient& g);
void pad_gradient(NodeGradient& g);
void transpose_gradient(NodeGradient& g);
void reshape_gradient(NodeGradient& g);
void expand_gradient(NodeGradient& g);

}  // namespace systole::training
