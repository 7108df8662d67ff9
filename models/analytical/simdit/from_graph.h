#pragma once

#include <optional>
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

/// What a layer is of a training iteration.
enum class Phase { forward, grad_data, grad_weight, grad, update };

struct Program {
  std::vector<Layer> layers;       ///< in program order
  std::vector<std::string> nodes;  ///< by layer: the graph's node that it is of
  std::vector<Phase> phases;       ///< by layer
  std::vector<Unmodelled> unmodelled;

  void add(Layer layer, const std::string& node, Phase phase) {
    layers.push_back(std::move(layer));
    nodes.push_back(node);
    phases.push_back(phase);
  }
};

/// A node as a layer, or the reason why the model has none for it; the layer is then `ignored`, with the operator's
/// name.
struct Reading {
  Layer layer;
  std::optional<std::string> reason;
};
Reading read_node(const Graph& graph, const Node& node);

/// Batch, channels, height and width of a tensor of two to four dimensions.
void read_image(const Shape& shape, Layer& layer);

/// The inference program of a graph whose batch normalizations are folded where they can be, a layer a node. A reshape
/// is `coarse_flatten`, which moves nothing. Every other node that the model has no cost for becomes an `ignored` layer
/// (cost zero, as the published program does) and is listed in `unmodelled`: the caller decides whether that is
/// acceptable.
Program program_of(const Graph& graph);

}  // namespace systole::simdit
