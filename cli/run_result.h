#pragma once

#include <vector>

#include "cli/simulation.h"
#include "traces/results.h"

namespace systole {

/// Makes results of what the machine counted: names from the program, energy from the machine's table.
///
/// Energy of a layer: what its events cost on the chip, plus that of the blocks it leads in memory. A block's memory
/// energy is that of its activates, reads and writes; the rest of the run's (standby and refresh) is shared out by the
/// blocks' time. Multiply-accumulates are those the array counted; a layer that does them on the SIMD unit (a depthwise
/// convolution) brings the program's number.
///
/// `layers`: indices of the layers to report.
RunResult result_of(const Simulation& simulation, const isa::Program& program, const config::Machine& machine,
                    const std::vector<int>& layers);

}  // namespace systole
