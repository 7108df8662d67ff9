#pragma once

#include "kernels/lowering/iteration_space.h"
#include "kernels/lowering/lowering.h"

namespace systole {

/// The elements of a softmax or of its gradient, in the order in which its last input lies: the axes that it normalises
/// over along words, the other dimensions, innermost on the lanes, inside them. Accesses: the inputs, then the output.
IterationSpace softmax_space(const Node& node, LoweringContext& context);

}  // namespace systole
