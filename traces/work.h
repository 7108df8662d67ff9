#pragma once

#include "traces/event_counts.h"

namespace systole {

/// What a model counts of a run or a part of it, to be priced by models/energy.
struct Work {
  EventCounts events;      ///< on the chip
  double read_bytes = 0;   ///< from the off-chip memory, instructions among them
  double write_bytes = 0;  ///< to it

  Work& operator+=(const Work& other) {
    events += other.events;
    read_bytes += other.read_bytes;
    write_bytes += other.write_bytes;
    return *this;
  }
};

}  // namespace systole
