#pragma once

#include <functional>
#include <vector>

#include "kernels/lowering/simd_layer.h"

namespace systole {

/// Where a layer of the SIMD unit leaves its running value for the nodes fused behind it.
struct ChainPlace {
  TensorId running{};                           ///< the tensor that the running value is
  int value = 0;                                ///< operand that holds it
  std::vector<int> dims;                        ///< all dimensions of the outputs
  std::vector<Over> loops;                      ///< over the outputs of a tile
  std::function<Access(const Layout&)> access;  ///< of a tensor that has a stride for each dimension of the output
};

/// Element-wise nodes computed on the tile of the layer before them. Other operands come through VMEM1; `result` is the
/// operand that the last node fills. Values between two nodes are in `result` or in OBUF.
void append_chain(const std::vector<NodeId>& chain, const ChainPlace& place, int result, SimdLayer& layer,
                  LoweringContext& context);

}  // namespace systole
