#pragma once

#include "configs/machine.pb.h"
#include "models/energy/energy_model.h"
#include "traces/work.h"

namespace systole {

/// Energy of a run by component, from what a model without a memory controller knows: what happened on the chip
/// (`events.cycles`: how long it took) and the bytes that it moved off it. The prices are those of a simulation
/// (energy_model.h, dram_energy.h).
///
/// The memory's device bursts, refreshes and standby follow from the bytes and the time. Two things only a simulation
/// knows, and they are assumed: a row is activated for each of the ports' bursts in each channel that it touches (in
/// ResNet-50 on DDR4-2400 and HBM2 the simulation activates 0.89 and 0.98 times as often), and with rows that stay open
/// some bank of each rank is open all the time.
EnergyReport estimated_energy(const Work& work, const config::Machine& machine);

}  // namespace systole
