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

/// Lowers a node of is_conv_or_gemm and its fused chain into one block.
void lower_array(const Node& node, LoweringContext& context);

}  // namespace systole
