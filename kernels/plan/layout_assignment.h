#pragma once

#include <string>
#include <vector>

#include "kernels/graph/graph.h"
#include "kernels/plan/layout.h"
#include "kernels/plan/machine.h"
#include "kernels/plan/region.h"

namespace systole {

/// Where every tensor lies, and which nodes therefore have nothing to do.
struct LayoutAssignment {
  std::vector<Layout> layouts;          ///< one for each tensor; without meaning for constants and fused tensors
  std::vector<std::string> free_notes;  ///< one for each node: why it is free; empty when it is not
};

/// Decides the layouts and adds their regions:
///  - images have their channels last, matrices their columns; other operators keep the order of what they read;
///  - reshapes, transpositions, slices and splits are views where strides can express them;
///  - what replaces a state lies where the state does;
///  - what a concatenation joins is written in place where its producer can;
///  - elements have activation_bits when a convolution or matrix product reads the memory, or when they are only
///    copied or max-pooled into such a tensor; positions in windows have 8; all others have accumulator_bits. Where
///    4-bit elements would not begin at whole bytes they have 8 bits.
/// `fused[t]` marks tensors that never reach memory.
LayoutAssignment assign_layouts(const Graph& graph, const Machine& machine, const std::vector<bool>& fused,
                                RegionTable& regions);

}  // namespace systole
