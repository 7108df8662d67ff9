#pragma once

#include "configs/energy.pb.h"
#include "configs/loader.h"

namespace systole {

/// Adds a fault where the memory points cannot be interpolated: fewer than two, capacities that do not rise, energies
/// or leakage that fall as the capacity rises. `prefix` is where the table is in the source ("energy_table." in a
/// machine).
void check_energy_table(const config::EnergyTable& table, const Source& source, Diagnostics& diagnostics);

}  // namespace systole
