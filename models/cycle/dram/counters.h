#pragma once

#include <array>

#include "models/cycle/dram/types.h"
#include "traces/memory_counters.h"

namespace systole::dram {

/// What channels counted: the memory's counters and what only DRAM has.
struct DramCounters {
  MemoryCounters memory;
  std::array<std::int64_t, kCommandKinds> commands{};  ///< by CommandKind
  std::int64_t forwarded_reads = 0;                    ///< reads answered from a posted write, without a command

  [[nodiscard]] std::int64_t of(CommandKind kind) const { return commands[static_cast<std::size_t>(kind)]; }
  DramCounters& operator+=(const DramCounters& other);
};

}  // namespace systole::dram
