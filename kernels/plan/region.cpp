#include "kernels/plan/region.h"

#include <tuple>
#include <utility>

namespace systole {

bool operator==(const Packing& a, const Packing& b) {
  const auto axis = [](const Packing::Axis& x) { return std::tie(x.extent, x.stride); };
  const auto counter = [](const Packing::Counter& x) { return std::tie(x.count, x.bit_stride, x.axis, x.step); };
  if (a.axes.size() != b.axes.size() || a.counters.size() != b.counters.size()) return false;
  for (std::size_t i = 0; i < a.axes.size(); ++i) {
    if (axis(a.axes[i]) != axis(b.axes[i])) return false;
  }
  for (std::size_t i = 0; i < a.counters.size(); ++i) {
    if (counter(a.counters[i]) != counter(b.counters[i])) return false;
  }
  return a.equal == b.equal && a.scale == b.scale;
}

RegionId RegionTable::add(Region region) {
  regions_.push_back(std::move(region));
  return static_cast<RegionId>(regions_.size() - 1);
}

}  // namespace systole
