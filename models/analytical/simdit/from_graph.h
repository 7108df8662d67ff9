#pragma once

#include <string>
#include <vector>

#include "kernels/graph/graph.h"
#include "models/analytical/simdit/layer.h"

namespace systole::simdit {

/// A node that the published model has no cost for, and why.
struct Unmodelled {
  std::string node;
  std::string onnx_op;
  std::string reason;
};

struct Program {
  std::vector<Layer> layers;  ///< one a node, in program order
  std::vector<Unmodelled> unmodelled;
};

/// The inference program of a graph whose batch normalizations are folded where they can be. A reshape is
/// `coarse_flatten`, which moves nothing. Every other node that the model has no cost for becomes an `ignored` layer
/// (cost zero, as the published program does) and is listed in `unmodelled`: the caller decides whether that is
/// acceptable.
Program program_of(const Graph& graph);

}  // namespace systole::simdit
