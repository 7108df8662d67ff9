#pragma once

#include <optional>

#include "kernels/lowering/array_block.h"
#include "kernels/lowering/fused_chain.h"

namespace systole {

/// How a node will run on the array, with what is fused behind it.
struct ArrayPlan {
  ArrayJob job;
  Choice choice;
};

/// The quickest way by estimate; nullopt when none fits the machine.
std::optional<ArrayPlan> plan_array(const Node& node, LoweringContext& context);

/// Estimated cycles of a node of is_conv_or_gemm with what is fused behind it, on the unit that is quicker; nullopt
/// when it does not fit.
std::optional<double> estimated_cycles(const Node& node, LoweringContext& context);

/// Lowers the node and its fused chain into one block of the array.
void lower_array(const Node& node, LoweringContext& context);

/// Lowers a convolution: on the array, or on the SIMD unit when it is depthwise and quicker there.
void lower_conv(const Node& node, LoweringContext& context);

}  // namespace systole
