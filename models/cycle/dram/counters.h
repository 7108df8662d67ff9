#pragma once

#include "traces/memory_counters.h"

namespace systole::dram {

/// What channels counted: the memory's counters and what only DRAM has.
struct DramCounters {
  MemoryCounters memory;
  std::int64_t bank_refreshes = 0;   ///< of memory.refreshes, those of one bank (REFPB)
  std::int64_t forwarded_reads = 0;  ///< reads answered from a posted write, without a command
  std::int64_t active_clocks = 0;    ///< clocks in which a bank was open, summed over ranks and channels

  DramCounters& operator+=(const DramCounters& other);
};

}  // namespace systole::dram
