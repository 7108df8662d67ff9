#include "models/cycle/dram/counters.h"

namespace systole::dram {

DramCounters& DramCounters::operator+=(const DramCounters& other) {
  // a - (0 - b): MemoryCounters only knows how to subtract.
  memory -= MemoryCounters{} - other.memory;
  for (std::size_t kind = 0; kind < commands.size(); ++kind) commands[kind] += other.commands[kind];
  forwarded_reads += other.forwarded_reads;
  return *this;
}

}  // namespace systole::dram
