#pragma once

#include <functional>
#include <vector>

#include "kernels/lowering/simd_layer.h"

namespace systole {

/// Where a layer of the SIMD unit leaves its running value for the nodes fused behind it.
struct ChainPlace {
  TensorId running{};                      ///< the tensor that the running value is
  int value = 0;                           ///< operand that holds it
  std::vector<int> dims;                   ///< all dimensions of the outputs
  std::vector<Over> loops;                 ///< over the outputs of a tile
  std::function<Access(TensorId)> access;  ///< of another operand
  When when;                               ///< the tiles in which the running value is there
};

/// The operands of a chain beside its running value, except those that are immediates; each once, in the order of their
/// use.
std::vector<TensorId> chain_operands(const Graph& graph, const std::vector<NodeId>& chain, TensorId running);
/// How many iterators a chain needs at most beside those of its first operand and its result.
std::size_t chain_iterators(const std::vector<NodeId>& chain, TensorId running, LoweringContext& context);
/// Where an operand lies, seen with the dimensions of the running value.
Layout chain_operand_layout(TensorId operand, TensorId running, LoweringContext& context);

/// Element-wise nodes computed on the tile of the layer before them. Other operands come through VMEM1; `result` is the
/// operand that the last node fills. Values between two nodes are in `result` or in OBUF.
void append_chain(const std::vector<NodeId>& chain, const ChainPlace& place, int result, SimdLayer& layer,
                  LoweringContext& context);

}  // namespace systole
