#pragma once

#include "kernels/graph/graph.h"

namespace systole {

/// Removes nodes that no graph output needs, then tensors that no node, input or output names. Renumbers both.
void remove_dead(Graph& graph);

}  // namespace systole
