#pragma once

#include "configs/energy.pb.h"
#include "configs/loader.h"

namespace systole {

/// Adds a fault where the memory points cannot be interpolated: fewer than two, capacities that do not rise, energies,
/// leakage or areas that fall as the capacity rises.
void check_energy_table(const config::EnergyTable& table, const Source& source, Diagnostics& diagnostics);

}  // namespace systole
