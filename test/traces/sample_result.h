#pragma once

#include "traces/results.h"

namespace systole {

/// A made-up run of the cycle engine with every key in use: `layers` layers, alternating between the array and the SIMD
/// unit, one after the other; units and kinds sum to the run's cycles. Names hold what writers must escape.
RunResult sample_result(int layers = 3);

/// The same as an analytical engine would report it: no units, no start and end, no DRAM commands, no energy.
RunResult sample_analytical_result();

}  // namespace systole
