#pragma once

#include <optional>
#include <vector>

#include "kernels/graph/graph.h"
#include "kernels/lowering/simd_builder.h"

/// Element-wise nodes as instruction sequences for one word, whatever loops run around them: the SIMD unit's own layers
/// and work fused behind a convolution use the same sequences.
namespace systole {

/// Where the operands of one word are. `result` and `scratch` must be places of their own, except that `result` may be
/// the place of input 0 when `elementwise_in_place` allows it.
struct ElementwiseOperands {
  std::vector<Operand> inputs;  ///< one for each input of the node; constants of one element may be immediates
  Operand result = 0;
  std::vector<Operand> scratch;  ///< elementwise_scratch of them
};

/// Is there a sequence for the node? True for every unary and broadcasting element-wise operator.
bool is_elementwise(const Node& node);
/// Words of scratch the sequence needs for each word of the result: 0, 1 or 2.
int elementwise_scratch(const Graph& graph, const Node& node);
/// May the result overwrite input 0? Not when the sequence reads an input again after its first result.
bool elementwise_in_place(const Graph& graph, const Node& node);
/// The sequence. Approximations and their sources are beside each operator in elementwise.cpp.
SimdBody elementwise_body(const Graph& graph, const Node& node, const ElementwiseOperands& operands,
                          SimdBuilder& builder);

/// In a chain each node reads the running value of the one before. Its inputs, the running value first where their
/// order does not matter.
std::vector<TensorId> ordered_inputs(const Node& node, TensorId running);
/// May the node write over the running value that it reads?
bool overwrites(const Graph& graph, const Node& node, TensorId running);

/// The value of a constant whose elements are all the same and known: it can be an immediate.
std::optional<double> uniform_constant(const Tensor& tensor);

}  // namespace systole
