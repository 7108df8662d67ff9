#pragma once

#include "kernels/graph/graph.h"

namespace systole {

/// Appends `/2`, `/3`, .. to every tensor or node name that an earlier one has.
void make_names_unique(Graph& graph);

}  // namespace systole
