#pragma once

#include <algorithm>
#include <cstdint>

#include "isa/encoder.h"
#include "models/analytical/systole/fetch.h"

namespace systole::analytical {

/// When the blocks of a program start, one after the other: each is decoded while the one before runs, and starts when
/// that has ended (timing.md, section 2). Cycles since the start of the run.
class ProgramClock {
 public:
  /// The program has so many words, at this address. The references must outlive the object.
  ProgramClock(std::int64_t words, std::int64_t address, const MachineModel& machine, const MemoryModel& memory)
      : fetch_(words, address, machine, memory), dispatch_(static_cast<double>(machine.dispatch)) {}

  /// When the next block starts. Words of a SIMD group wait until the SIMD unit has finished the block before.
  double start(const isa::BlockWords& words) {
    double now = fetch_.decode(words.before, decoded_);
    if (words.simd > 0) now = fetch_.decode(words.simd, std::max(now, simd_end_));
    now = fetch_.decode(words.after, now);
    decoded_ = std::max(now, end_) + dispatch_;
    return decoded_;
  }

  /// The block that started last takes so long, its SIMD instructions `simd_end` of it.
  void run(double cycles, double simd_end) {
    end_ = decoded_ + cycles;
    simd_end_ = decoded_ + simd_end;
  }

  [[nodiscard]] double end() const { return end_; }

 private:
  Fetch fetch_;
  double dispatch_;
  double decoded_ = 0;  ///< the last block is, and starts
  double end_ = 0;
  double simd_end_ = 0;
};

}  // namespace systole::analytical
