#include "traces/memory_counters.h"

namespace systole {

MemoryCounters& MemoryCounters::operator-=(const MemoryCounters& other) {
  read_bytes -= other.read_bytes;
  write_bytes -= other.write_bytes;
  activates -= other.activates;
  precharges -= other.precharges;
  reads -= other.reads;
  writes -= other.writes;
  refreshes -= other.refreshes;
  row_hits -= other.row_hits;
  row_misses -= other.row_misses;
  row_conflicts -= other.row_conflicts;
  refresh_clocks -= other.refresh_clocks;
  turnaround_clocks -= other.turnaround_clocks;
  busy_clocks -= other.busy_clocks;
  active_clocks -= other.active_clocks;
  return *this;
}

MemoryCounters operator-(MemoryCounters after, const MemoryCounters& before) {
  return after -= before;
}

}  // namespace systole
