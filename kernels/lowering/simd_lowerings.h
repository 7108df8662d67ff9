#pragma once

#include "kernels/graph/graph.h"
#include "kernels/lowering/lowering.h"

/// The lowerings of nodes that the SIMD unit computes or that only move data. Each is in the source file of its name.
namespace systole {

void lower_elementwise(const Node& node,
                       LoweringContext& context);  ///< every is_elementwise node; elementwise_layer.cpp
void lower_batch_norm(const Node& node, LoweringContext& context);
void lower_batch_norm_training(const Node& node, LoweringContext& context);
void lower_batch_norm_gradient(const Node& node, LoweringContext& context);  ///< batch_norm_training.cpp
void lower_optimizer(const Node& node, LoweringContext& context);
void lower_pool(const Node& node, LoweringContext& context);  ///< MaxPool, AveragePool, global or not
void lower_max_pool_gradient(const Node& node, LoweringContext& context);
void lower_average_pool_gradient(const Node& node, LoweringContext& context);  ///< pool_gradient.cpp
void lower_lrn(const Node& node, LoweringContext& context);
void lower_lrn_gradient(const Node& node, LoweringContext& context);      ///< lrn.cpp
void lower_softmax_gradient(const Node& node, LoweringContext& context);  ///< of Softmax, LogSoftmax
void lower_softmax(const Node& node, LoweringContext& context);           ///< Softmax, LogSoftmax
void lower_reduce(const Node& node, LoweringContext& context);            ///< ReduceMean, ReduceSum, ReduceMax

/// A convolution in which every output channel reads one input channel: the array would use one row of N, the SIMD
/// unit uses every lane.
bool is_depthwise(const Graph& graph, const Node& node);
void lower_depthwise(const Node& node, LoweringContext& context);

// movement.cpp
void lower_concat(const Node& node, LoweringContext& context);
void lower_split(const Node& node, LoweringContext& context);
void lower_slice(const Node& node, LoweringContext& context);
void lower_pad(const Node& node, LoweringContext& context);
void lower_transpose(const Node& node, LoweringContext& context);
void lower_expand(const Node& node, LoweringContext& context);
void lower_reshape(const Node& node, LoweringContext& context);

}  // namespace systole
