#include "kernels/plan/memory_plan.h"

#include <algorithm>
#include <numeric>

#include "base/errors.h"
#include "base/units.h"

namespace systole {

namespace {

/// A placed region's stretch of memory.
struct Taken {
  std::int64_t begin;
  std::int64_t end;
};

std::int64_t lowest_gap(std::vector<Taken> taken, std::int64_t bytes, std::int64_t alignment) {
  std::sort(taken.begin(), taken.end(), [](const Taken& a, const Taken& b) { return a.begin < b.begin; });
  std::int64_t address = 0;
  for (const Taken& t : taken) {
    if (address + bytes <= t.begin) break;
    address = std::max(address, round_up(t.end, alignment));
  }
  return address;
}

}  // namespace

MemoryPlan plan_memory(RegionTable& regions, const std::vector<Lifetime>& lifetimes, std::int64_t alignment) {
  check(lifetimes.size() == regions.size(), "memory plan", "every region needs a lifetime");
  const auto region = [&](std::size_t i) -> Region& { return regions.at(static_cast<RegionId>(i)); };
  const auto lives = [&](std::size_t i) { return lifetimes[i].first <= lifetimes[i].last; };

  std::vector<std::size_t> by_size(regions.size());
  std::iota(by_size.begin(), by_size.end(), std::size_t{0});
  std::stable_sort(by_size.begin(), by_size.end(),
                   [&](std::size_t a, std::size_t b) { return region(a).bytes > region(b).bytes; });
  MemoryPlan plan;
  std::vector<std::size_t> placed;
  for (const std::size_t i : by_size) {
    if (!lives(i) || region(i).kind == Region::Kind::constant) continue;
    std::vector<Taken> taken;
    for (const std::size_t other : placed) {
      if (!lifetimes[i].overlaps(lifetimes[other])) continue;
      taken.push_back({region(other).address, region(other).address + region(other).bytes});
    }
    region(i).address = lowest_gap(std::move(taken), region(i).bytes, alignment);
    plan.activation_bytes = std::max(plan.activation_bytes, region(i).address + region(i).bytes);
    placed.push_back(i);
  }
  plan.end = round_up(plan.activation_bytes, alignment);
  for (std::size_t i = 0; i < regions.size(); ++i) {
    if (!lives(i) || region(i).kind != Region::Kind::constant) continue;
    region(i).address = plan.end;
    plan.constant_bytes += region(i).bytes;
    plan.end = round_up(plan.end + region(i).bytes, alignment);
  }
  return plan;
}

}  // namespace systole
