#pragma once

#include "kernels/graph/graph.h"
#include "models/analytical/simdit/from_graph.h"

namespace systole::simdit {

/// One training iteration of a graph whose batch normalizations are not folded, as the published model's own
/// specification lists it; the compiler's expansion is another one (kernels/training).
///
/// Forward: the nodes in their order; a batch normalization is `mean_var` and `batch_norm`; a Softmax at the end is
/// left out. Then the loss and its gradient, which cost nothing. Backward: the nodes in reverse order, each with the
/// gradient by its input, the gradient by its weights and their update; before a node whose result several others read,
/// `elem_add` sums what they contribute. In the published dimensions:
///
/// - Gradient by a convolution's data: stride 1, channels exchanged, the size of the input. It is there for the first
///   convolution, too.
/// - Gradient by its weights: stride 1, the input channels as batch, the batch as reduction, and the gradient with its
///   strides filled with zeros, (OW - 1) s + 1 wide, as kernel. With a stride above 1 it is larger than the weights.
/// - The convolution at the network's input takes an input of (OW - 1) s + K without padding.
/// - Updates have channels in whole multiples of 32.
///
/// Transposes, flattening, the loss and the parts of a batch normalization's gradient but the first cost nothing.
/// Operators without a model are listed once; so are the biases of convolutions, whose gradient it does not have.
Program training_program_of(const Graph& graph);

}  // namespace systole::simdit
