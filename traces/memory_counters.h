#pragma once

#include <cstdint>

namespace systole {

/// What the off-chip memory counted since the start of the run. Integers only; energy is priced afterwards.
/// A difference of two snapshots is the memory's part of a layer.
struct MemoryCounters {
  std::int64_t read_bytes = 0;   ///< bytes moved on the data bus for reads, whole bursts
  std::int64_t write_bytes = 0;  ///< the same for writes
  std::int64_t activates = 0;
  std::int64_t precharges = 0;  ///< explicit, all-bank (one for each open bank) and automatic ones
  std::int64_t reads = 0;       ///< column read commands
  std::int64_t writes = 0;      ///< column write commands
  std::int64_t refreshes = 0;
  std::int64_t row_hits = 0;           ///< column accesses that found their row open
  std::int64_t row_misses = 0;         ///< ... that found the bank closed
  std::int64_t row_conflicts = 0;      ///< ... that found another row open
  std::int64_t refresh_clocks = 0;     ///< memory clocks, summed over channels, in which work waited for a refresh
  std::int64_t turnaround_clocks = 0;  ///< the same, lost to a change of bus direction or rank
  std::int64_t busy_clocks = 0;        ///< memory clocks, summed over channels, in which the data bus carried data
  std::int64_t active_clocks = 0;      ///< memory clocks, summed over channels and ranks, in which a bank was open

  MemoryCounters& operator-=(const MemoryCounters& other);
};

MemoryCounters operator-(MemoryCounters after, const MemoryCounters& before);

}  // namespace systole
