#pragma once

#include "configs/machine.pb.h"

namespace systole {

/// The machine with the switches of its `without` applied to the rest of it: DRAM timing and policies, interconnect, or
/// an ideal memory in the device's place. `hazards` of the SIMD unit, `bank_conflicts`, `transposes` and
/// `instruction_fetch`, for which a machine has no keys, stay where they are: models read them from `without`. Every
/// field of `machine` must be set. Applying it again changes nothing.
config::Machine idealized(const config::Machine& machine);

}  // namespace systole
