#pragma once

#include <cstdint>
#include <string>

#include "isa/program.pb.h"
#include "kernels/graph/graph.h"
#include "kernels/plan/machine.h"

namespace systole {

struct CompileOptions {
  bool fusion = true;  ///< element-wise work behind a convolution runs in its block
  std::string model;   ///< name of the model, for reports
  std::uint32_t batch = 1;
};

/// Compiles an imported network for inference. Every node of `graph` becomes a layer of the program: one that is folded
/// away, fused or free says so. Blocks follow in the order of the nodes. Deterministic.
///
/// Throws UserError: operators that cannot be compiled (all of them at once), a layer whose smallest tile does not fit
/// (which buffer, how much), a memory that is too small (how much is needed). The program passes isa::validate.
isa::Program compile(const Graph& graph, const Machine& machine, const CompileOptions& options = {});

}  // namespace systole
