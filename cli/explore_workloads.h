#pragma once

#include <vector>

#include "explore/corrected_cost.h"
#include "isa/program.pb.h"

namespace systole {

/// The networks of a space, to be compiled with greedy tiles: a search of tiles at every point would take most of the
/// time. Throws UserError and EnvironmentError.
std::vector<CorrectedWorkload> load_workloads(const LoadedSpace& space);

/// The network's program with searched tiles, on a machine whose every field is set. Throws UserError, as when a layer
/// has no tile.
isa::Program compile_well(const CorrectedWorkload& workload, const config::Machine& machine);

}  // namespace systole
