#pragma once

#include <vector>

#include "kernels/lowering/lowering.h"

namespace systole {

/// Element-wise nodes behind each convolution or matrix product that shall run in its block: the longest or shorter
/// chain, whichever takes the least estimated time together with what is left for the SIMD unit alone. Every
/// intermediate has a single reader. `context` has the layouts of the graph without fusion; its tilings serve the
/// lowering later.
struct Fusion {
  std::vector<std::vector<NodeId>> chains;  ///< by node
  std::vector<bool> fused_nodes;            ///< runs in another node's block
  std::vector<bool> fused_tensors;          ///< never reaches memory
};

Fusion no_fusion(const Graph& graph);
Fusion choose_fusion(const Graph& graph, LoweringContext& context);

}  // namespace systole
