#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "kernels/plan/region.h"

namespace systole {

/// Blocks during which a region holds something: [first, last]. `first` > `last`: never.
struct Lifetime {
  std::int64_t first = 0;
  std::int64_t last = -1;

  void add(std::int64_t block) {
    first = last < 0 ? block : std::min(first, block);
    last = std::max(last, block);
  }
  [[nodiscard]] bool overlaps(const Lifetime& other) const { return first <= other.last && other.first <= last; }
};

/// What the plan knows of a region.
struct PlannedRegion {
  Region::Kind kind = Region::Kind::activation;
  std::int64_t bytes = 0;
  Lifetime used;              ///< by blocks that name it
  std::int64_t address = -1;  ///< bytes; set by the plan, -1 for those that hold nothing
};

/// What the whole program needs.
struct MemoryPlan {
  std::int64_t activation_bytes = 0;  ///< inputs, outputs and everything between, with freed space used again
  std::int64_t constant_bytes = 0;
  std::int64_t end = 0;  ///< first free byte
};

/// Gives every region that lives an address, a multiple of 64: a whole burst of the memories in use. An input lives
/// from the first of the program's `blocks` on, an output until behind the last, a state all the time. Activations come
/// first and share space with those whose lifetimes are over: the largest are placed first, each at the lowest address
/// where nothing that lives at the same time is in the way. Constants follow one after the other.
MemoryPlan plan_memory(std::vector<PlannedRegion>& regions, std::int64_t blocks);

}  // namespace systole
