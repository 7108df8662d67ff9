#pragma once

#include <vector>

#include "kernels/graph/graph.h"
#include "kernels/plan/layout.h"

namespace systole {

/// Does the operator only show a part or another shape of what it reads?
bool is_view(OpKind op);

/// The order of each tensor's dimensions if it owns its memory: images have their channels last, matrices their
/// columns; other operators keep the order of what they read.
std::vector<Order> choose_orders(const Graph& graph, const Uses& uses);

}  // namespace systole
