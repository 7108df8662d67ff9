#pragma once

#include "kernels/graph/graph.h"

/// Passes that fold what follows a linear operator into its constants. A node is folded into its producer when the
/// producer is Conv, Gemm, MatMul or (left over) BatchNormalization, and nothing else reads what the producer makes.
/// Values are folded where they are known and become absent where they are not; the producer's `absorbed` lists what it
/// has taken in.
namespace systole {

/// Adds and subtractions of a constant that differs between output channels only become the operator's bias. Right for
/// inference and for training.
void fold_bias(Graph& graph);

/// Batch normalization, and scale and shift spelled as Mul, Div, Add, Sub, become weight and bias. Right for inference
/// only.
void fold_batch_norm(Graph& graph);

}  // namespace systole
