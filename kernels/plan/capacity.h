#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/errors.h"
#include "kernels/graph/graph.h"
#include "kernels/plan/layout.h"
#include "kernels/plan/machine.h"
#include "kernels/plan/memory_plan.h"
#include "kernels/plan/region.h"

/// Has the machine's memory room for a network?
namespace systole {

/// The memory has no room for the network at its batch.
class MemoryTooSmall : public UserError {
 public:
  MemoryTooSmall(Diagnostic diagnostic, std::int64_t needed, std::int64_t fixed)
      : UserError(std::move(diagnostic)), needed_bytes(needed), fixed_bytes(fixed) {}
  std::int64_t needed_bytes;
  std::int64_t fixed_bytes;  ///< of these what is the same at every batch: weights, states, instructions
};

/// Refuses what can never fit before time goes into its tiles. All inputs, all outputs, and the two operands of a
/// convolution or matrix product are in memory at once, whatever is fused and however it is cut. Throws MemoryTooSmall
/// with the bytes of the first of these that are too many.
void check_operands(const Graph& graph, const std::vector<Layout>& layouts, const RegionTable& regions,
                    const Machine& machine);

/// Is there room for the plan and the instructions behind it? Throws MemoryTooSmall.
void check_capacity(const MemoryPlan& plan, const RegionTable& regions, std::int64_t instruction_bytes,
                    const Machine& machine);

}  // namespace systole
