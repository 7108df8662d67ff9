#pragma once

#include <cstdint>

#include "isa/block.h"

namespace systole {

/// `lanes` results of one SIMD instruction (isa/manual.md, section 4): d, s1 and s2 point to as many operands; d is
/// read where the opcode reads its destination. `activation_bits`: the width that `cast` rounds to.
void compute_lanes(isa::SimdOpcode opcode, float* d, const float* s1, const float* s2, int lanes, int activation_bits);

/// Is the opcode defined on the integers of a fixed32 machine (manual, section 6)?
bool on_integers(isa::SimdOpcode opcode);

/// The same on integers; InternalError when the opcode is not defined there.
void compute_lanes(isa::SimdOpcode opcode, std::int32_t* d, const std::int32_t* s1, const std::int32_t* s2, int lanes,
                   int activation_bits);

}  // namespace systole
