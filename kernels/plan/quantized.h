#pragma once

#include <map>
#include <string>

#include "kernels/graph/graph.h"
#include "kernels/plan/machine.h"

/// Quantised networks: which numbers a program computes with, and what becomes of zero points (isa/manual.md,
/// section 6).
namespace systole {

/// Is every tensor an integer, and every operator one that keeps its meaning on the machine's integers? Such a network
/// computes in integers; any other in single precision.
bool is_integer_network(const Graph& graph);

/// Takes the zero points out of convolutions and matrix products: they go into biases and paddings. With `integers`
/// also brings the network into the machine's format: unsigned bytes become signed ones, 128 lower; scales become
/// multipliers and shifts; weights of more than machine.weight_bits become sums of several.
///
/// Returns the name of the original node of each new one. Throws UserError for tensors wider than the machine's.
std::map<std::string, std::string> prepare_quantized(Graph& graph, const Machine& machine, bool integers);

/// By how much elements of the tensor are higher than what a program of integers holds: 128 for unsigned bytes.
std::int64_t offset_of(ElementType type);

}  // namespace systole
