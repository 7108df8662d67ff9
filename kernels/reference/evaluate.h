#pragma once

#include <map>
#include <string>
#include <vector>

#include "kernels/graph/graph.h"

namespace systole {

/// Elements of tensors, row-major, by name.
using NamedElements = std::map<std::string, std::vector<double>>;

/// The outputs of a network, training graphs included, by the definitions of its operators: an oracle for programs, so
/// it shares nothing with the compiler but the graph. Everything is in double precision, integers of 32 bits
/// wrap. `inputs` holds every graph
/// input. Throws UserError when a constant that a node reads has no values.
NamedElements evaluate(const Graph& graph, const NamedElements& inputs);

/// Random values for every constant that has none, and for weights that are all alike, which would not tell one channel
/// from another. The same seed gives the same: weights of variance 1/(their reduction's length), so that activations
/// keep their size through the layers; scales and variances in [0.5, 1.5); integers in [-127, 127]. Returns how many
/// tensors it filled.
int randomise_weights(Graph& graph, std::uint32_t seed);

/// Uniform in [-1, 1) for every graph input, or over all values of a tensor of bytes; class numbers of a loss in turn;
/// for states what they hold at first.
NamedElements random_inputs(const Graph& graph, std::uint32_t seed);

}  // namespace systole
