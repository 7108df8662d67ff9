#pragma once

#include <map>
#include <string>

#include "kernels/graph/graph.h"

namespace systole {

/// Rewrites matrix products into what the array computes in one go:
///  - a Gemm whose C is no vector of output channels, or whose alpha meets a computed B, gets Mul and Add nodes behind
///  it;
///  - a Gemm or MatMul that reads flattened images through reshapes, with constant weights, reads the images {N,C,H,W}
///    themselves: its weights are laid out in the order of the image's memory, so that flattening costs nothing. The
///    reshapes it skips are in its `absorbed` unless others still read them.
/// Returns the name of the original node of each new one.
std::map<std::string, std::string> prepare_matrix_products(Graph& graph);

}  // namespace systole
