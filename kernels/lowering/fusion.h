#pragma once

#include <vector>

#include "kernels/lowering/lowering.h"

namespace systole {

/// Element-wise nodes that shall run in the block of the node before them. Behind a convolution or matrix product it is
/// the longest or shorter chain, whichever takes the least estimated time together with what is left for the SIMD unit
/// alone; behind a batch normalization the longest that the machine has room for, since it saves traffic and costs
/// nothing. Every intermediate has a single reader. `context` has the layouts of the graph without fusion; its tilings
/// serve the lowering later.
struct Fusion {
  std::vector<std::vector<NodeId>> chains;  ///< by node
  std::vector<bool> fused_nodes;            ///< runs in another node's block
  std::vector<bool> fused_tensors;          ///< never reaches memory
};

Fusion no_fusion(const Graph& graph);
Fusion choose_fusion(const Graph& graph, LoweringContext& context);

}  // namespace systole
