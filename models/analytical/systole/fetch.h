#pragma once

#include <array>
#include <cstdint>

#include "models/analytical/systole/machine_model.h"
#include "models/analytical/systole/memory_model.h"

namespace systole::analytical {

/// When words of the program are decoded: halves of the instruction memory are fetched one after the other, each when
/// the one two before it is decoded (timing.md, section 2).
class Fetch {
 public:
  Fetch(std::int64_t words, std::int64_t address, const MachineModel& machine, const MemoryModel& memory);

  /// Decodes the next `count` words, from `now` on; when that is done.
  double decode(std::int64_t count, double now);

 private:
  void fetch_half();

  const MachineModel& machine_;
  const MemoryModel& memory_;
  std::int64_t address_;
  std::int64_t to_fetch_;       ///< words of the program that are not on their way yet
  std::int64_t half_left_ = 0;  ///< words of the present half that are not decoded
  double half_ready_ = 0;
  double fetched_ = 0;               ///< when the last fetch ended
  std::array<double, 2> decoded_{};  ///< when the last two halves became free
};

}  // namespace systole::analytical
