#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "isa/block.h"
#include "isa/program.pb.h"
#include "kernels/graph/graph.h"
#include "kernels/lowering/gradient_way.h"
#include "kernels/plan/layout.h"
#include "kernels/plan/machine.h"
#include "kernels/plan/region.h"
#include "kernels/tiling/search.h"

namespace systole {

struct CompileOptions {
  bool fusion = true;  ///< element-wise work behind a convolution runs in its block
  GradientWay gradient = GradientWay::quicker;
  TilingRule tiling = TilingRule::search;
  /// Decides between the tilings of the search's short list; absent: the compiler's own estimate does.
  std::function<double(const isa::Block&)> block_cycles;
  /// Compute in integers a network that does not: its values mean nothing then. For comparisons with hardware.
  bool integers = false;
  std::string mode = "inference";  ///< or "training", for reports
  std::string model;               ///< name of the model, for reports
  std::uint32_t batch = 1;
};

/// A program with what its compilation knows beyond it: where each tensor lies, and how constants are packed. That is
/// what a memory image is made from.
struct Compilation {
  isa::Program program;
  Graph graph;                  ///< as it was lowered: folded and rewritten
  std::vector<Layout> layouts;  ///< of the graph's tensors; without meaning for constants and fused tensors
  std::vector<bool> fused;      ///< tensors that never reach memory
  RegionTable regions;          ///< with addresses; -1 for those that no block touches
};

/// Compiles a network, or one iteration of its training (kernels/training). Every node of `graph` becomes a layer of
/// the program: one that is folded away, fused or free says so. Blocks follow in the order of the nodes. Deterministic.
///
/// Throws UserError: operators that cannot be compiled (all of them at once), a layer whose smallest tile does not fit
/// (which buffer, how much), a memory that is too small (MemoryTooSmall: how much is needed). The program passes
/// isa::validate.
Compilation compile_network(const Graph& graph, const Machine& machine, const CompileOptions& options = {});

/// Puts the values of the constants into the program's regions, for a run that computes with them; those that are
/// absent stay empty.
void add_constants(Compilation& compilation);

/// The program alone.
isa::Program compile(const Graph& graph, const Machine& machine, const CompileOptions& options = {});

}  // namespace systole
