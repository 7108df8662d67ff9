#include "kernels/plan/memory_plan.h"

#include <algorithm>

#include "base/units.h"

namespace systole {

namespace {

/// Regions begin at multiples of this.
constexpr std::int64_t kAlignment = 64;

Lifetime held(const PlannedRegion& region, std::int64_t blocks) {
  switch (region.kind) {
    case Region::Kind::input:
      return {0, std::max<std::int64_t>(0, region.used.last)};
    case Region::Kind::state:
      return {0, blocks};
    case Region::Kind::output:
      return {region.used.last < 0 ? blocks : region.used.first, blocks};
    default:
      return region.used;
  }
}

}  // namespace

MemoryPlan plan_memory(std::vector<PlannedRegion>& regions, std::int64_t blocks) {
  std::vector<Lifetime> lifetimes;
  for (const PlannedRegion& region : regions) lifetimes.push_back(held(region, blocks));
  const auto lives = [&](std::size_t i) { return lifetimes[i].first <= lifetimes[i].last; };

  std::vector<std::size_t> by_size;
  for (std::size_t i = 0; i < regions.size(); ++i) {
    if (lives(i) && regions[i].kind != Region::Kind::constant) by_size.push_back(i);
  }
  std::stable_sort(by_size.begin(), by_size.end(),
                   [&](std::size_t a, std::size_t b) { return regions[a].bytes > regions[b].bytes; });
  MemoryPlan plan;
  std::vector<std::size_t> placed;  // by address
  for (const std::size_t i : by_size) {
    PlannedRegion& region = regions[i];
    region.address = 0;
    for (const std::size_t other : placed) {
      if (!lifetimes[i].overlaps(lifetimes[other])) continue;
      if (region.address + region.bytes <= regions[other].address) break;
      region.address = std::max(region.address, round_up(regions[other].address + regions[other].bytes, kAlignment));
    }
    const auto behind = [&](std::int64_t address, std::size_t other) { return address < regions[other].address; };
    placed.insert(std::upper_bound(placed.begin(), placed.end(), region.address, behind), i);
    plan.activation_bytes = std::max(plan.activation_bytes, region.address + region.bytes);
  }
  plan.end = round_up(plan.activation_bytes, kAlignment);
  for (std::size_t i = 0; i < regions.size(); ++i) {
    if (!lives(i) || regions[i].kind != Region::Kind::constant) continue;
    regions[i].address = plan.end;
    plan.constant_bytes += regions[i].bytes;
    plan.end = round_up(plan.end + regions[i].bytes, kAlignment);
  }
  return plan;
}

}  // namespace systole
