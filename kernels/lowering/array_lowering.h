#pragma once

#include <functional>
#include <optional>
#include <string>

#include "kernels/lowering/array_block.h"
#include "kernels/lowering/fused_chain.h"

namespace systole {

/// A block of the array.
struct PlannedJob {
  ArrayJob job;
  Choice choice;
};

/// How a node will run on the array, with what is fused behind it: only where a single block is all.
struct ArrayPlan {
  std::vector<Copy> copies;  ///< before the jobs
  std::vector<PlannedJob> jobs;
  double cycles = 0;
  std::string reason;  ///< why these tilings: for people
};

/// Predicts the cycles of a block.
using BlockCycles = std::function<double(LoweredBlock)>;

/// The way that is predicted to be the quickest; nullopt when none fits the machine.
std::optional<ArrayPlan> plan_array(const Node& node, LoweringContext& context);

/// Estimated cycles of a node of is_conv_or_gemm with what is fused behind it, on the unit that is quicker; nullopt
/// when it does not fit.
std::optional<double> estimated_cycles(const Node& node, LoweringContext& context);

/// Builds the node's blocks for the tilings of the short list and puts the one first that `cycles` likes best, for
/// every later use of the context's tilings: for all layers like this one, or, when an equal one was judged before, for
/// this one alone, since it lies elsewhere in memory. The context keeps what the blocks refer to: give it one to throw
/// away.
void judge_tilings(const Node& node, LoweringContext& context, const BlockCycles& cycles);

/// Lowers the node and its fused chain.
void lower_array(const Node& node, LoweringContext& context);

/// Lowers a convolution or one of its gradients: on the array, or on the SIMD unit when it is depthwise and quicker
/// there.
void lower_conv(const Node& node, LoweringContext& context);

}  // namespace systole
