#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "kernels/lowering/lowering.h"

namespace systole {

/// The output of `node` is input 0 reduced by `op` (add, max) along `axes`, divided by `divisor` where there is one.
/// The output has the input's rank with extents of 1, or lacks the axes.
void lower_reduction(const Node& node, LoweringContext& context, isa::SimdOpcode op,
                     const std::vector<std::int64_t>& axes, std::optional<double> divisor);

}  // namespace systole
