#pragma once

#include <cstdint>
#include <vector>

#include "kernels/plan/region.h"

namespace systole {

/// Blocks during which a region holds something: [first, last]. `first` > `last`: never.
struct Lifetime {
  std::int64_t first = 0;
  std::int64_t last = -1;

  [[nodiscard]] bool overlaps(const Lifetime& other) const { return first <= other.last && other.first <= last; }
};

/// What the whole program needs.
struct MemoryPlan {
  std::int64_t activation_bytes = 0;  ///< inputs, outputs and everything between, with freed space used again
  std::int64_t constant_bytes = 0;
  std::int64_t end = 0;  ///< first free byte
};

/// Gives every region that lives an address, a multiple of `alignment`. Activations come first and share space with
/// those whose lifetimes are over: the largest are placed first, each at the lowest address where nothing that lives
/// at the same time is in the way. Constants follow one after the other.
MemoryPlan plan_memory(RegionTable& regions, const std::vector<Lifetime>& lifetimes, std::int64_t alignment);

}  // namespace systole
