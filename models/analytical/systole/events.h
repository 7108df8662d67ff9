#pragma once

#include "isa/block.h"
#include "isa/encoder.h"
#include "models/analytical/systole/block_timing.h"
#include "models/analytical/systole/machine_model.h"
#include "traces/event_counts.h"

namespace systole::analytical {

/// What blocks do on the chip and move off it, to be priced by models/energy.
struct Work {
  EventCounts events;      ///< but `cycles`, since blocks overlap
  double read_bytes = 0;   ///< from the off-chip memory, instructions among them
  double write_bytes = 0;  ///< to it

  Work& operator+=(const Work& other);
};

/// The counts of the simulation but for the block's words, from the closed forms of its timing; they depend neither on
/// addresses nor on the ports' widths. Exact but for three of little energy: SIMD instructions and the address
/// additions of the array are counted as if all lanes and rows were active, and those of transfers are left out.
Work work_of(const isa::Block& block, const BlockResult& result, const MachineModel& machine);

/// Of fetching and decoding a block's words.
Work work_of(const isa::BlockWords& words);

}  // namespace systole::analytical
