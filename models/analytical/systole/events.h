#pragma once

#include "isa/block.h"
#include "isa/encoder.h"
#include "models/analytical/systole/block_timing.h"
#include "models/analytical/systole/machine_model.h"
#include "traces/work.h"

namespace systole::analytical {

/// The counts of the simulation but for the block's words, from the closed forms of its timing; they depend neither on
/// addresses nor on the ports' widths. Exact but for three of little energy: SIMD instructions and the address
/// additions of the array are counted as if all lanes and rows were active, and those of transfers are left out.
Work work_of(const isa::Block& block, const BlockResult& result, const MachineModel& machine);

/// Of fetching and decoding a block's words.
Work work_of(const isa::BlockWords& words);

}  // namespace systole::analytical
