#pragma once

#include <vector>

#include "cli/simulation.h"
#include "traces/results.h"

namespace systole {

/// Makes results of what the machine counted: names from the program, energy from the machine's table.
///
/// Energy of a layer: what its events cost on the chip, plus the memory's in the blocks it leads: commands and the
/// state of the banks as counted in the block, and standby by the block's time. Multiply-accumulates are those of the
/// operator, by the program; which of the array's lanes had work is in the energy.
///
/// `layers`: indices of the layers to report.
RunResult result_of(const Simulation& simulation, const isa::Program& program, const config::Machine& machine,
                    const std::vector<int>& layers);

}  // namespace systole
