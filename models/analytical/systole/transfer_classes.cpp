#include "models/analytical/systole/transfer_classes.h"

#include <algorithm>

#include "base/units.h"

namespace systole::analytical {

namespace {

std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  return a >= 0 ? a / b : -ceil_div(-a, b);
}

/// Positions i of 0 .. count-1 with first + i*step in [0, extent).
void find_valid(std::int64_t first, std::int64_t step, std::int64_t extent, std::int64_t count, std::int64_t& begin,
                std::int64_t& end) {
  if (step < 0) {  // seen from the other end
    find_valid(first + (count - 1) * step, -step, extent, count, begin, end);
    std::swap(begin, end);
    begin = count - begin;
    end = count - end;
    return;
  }
  if (step == 0) {
    begin = 0;
    end = first >= 0 && first < extent ? count : 0;
    return;
  }
  begin = std::clamp<std::int64_t>(-floor_div(first, step), 0, count);
  end = std::clamp<std::int64_t>(-floor_div(first - extent, step), begin, count);
}

}  // namespace

TransferClasses::TransferClasses(const isa::Stream& stream, const std::vector<std::int32_t>& tile_loops)
    : stream_(stream), loops_(tile_loops) {
  const auto depend_on = [this](const isa::Trip& trip) {
    if (trip.tail_loop != isa::kNoLoop) last_ |= 1U << trip.tail_loop;
  };
  depend_on(stream.run.elements);
  for (const isa::WalkDim& dim : stream.dims) {
    depend_on(dim.trip);
    padded_ = padded_ || dim.padded;
  }
}

std::size_t TransferClasses::find(const TilePosition& tile) {
  Class wanted;
  wanted.elements = tile.trip(stream_.run.elements);
  for (std::size_t d = 0; d < stream_.dims.size(); ++d) wanted.extents[d] = extent(stream_.dims[d], tile);
  const auto same = [&](const Class& known) { return alike(known, wanted); };
  const auto known = std::find_if(known_.begin(), known_.end(), same);
  const auto number = static_cast<std::size_t>(known - known_.begin());
  if (known == known_.end()) known_.push_back(wanted);
  return number;
}

bool TransferClasses::alike(const Class& a, const Class& b) const {
  if (a.elements != b.elements) return false;
  for (std::size_t d = 0; d < stream_.dims.size(); ++d) {
    const TransferExtent& x = a.extents[d];
    const TransferExtent& y = b.extents[d];
    if (x.positions != y.positions || x.begin != y.begin || x.end != y.end) return false;
    // Packed pixels are cut within runs, so the coordinate itself matters; inside the image it does not.
    const bool inner = d + 1 == stream_.dims.size();
    if (inner && packs_pixels() && x.coordinate != y.coordinate) return false;
  }
  return true;
}

TransferClasses::Range TransferClasses::plain(int loop, const TilePosition& tile) const {
  Range range{0, loops_[static_cast<std::size_t>(loop)]};
  for (std::size_t d = 0; d < stream_.dims.size(); ++d) {
    const isa::WalkDim& dim = stream_.dims[d];
    const std::int64_t step = dim.tile_step[static_cast<std::size_t>(loop)];
    if (!dim.padded || step == 0) continue;
    std::int64_t low = dim.origin;
    std::int64_t high = dim.origin;
    const auto reach = [&](std::int64_t distance) { (distance < 0 ? low : high) += distance; };
    for (std::size_t other = 0; other < loops_.size(); ++other) {
      const std::int64_t stride = dim.tile_step[other];
      if (static_cast<int>(other) < loop) {
        low += stride * tile.index[other];
        high += stride * tile.index[other];
      } else if (static_cast<int>(other) > loop) {
        reach(stride * (loops_[other] - 1));
      }
    }
    reach(std::int64_t{dim.step} * (std::max(dim.trip.count, dim.trip.tail) - 1));
    const bool packed = packs_pixels() && d + 1 == stream_.dims.size();
    if (packed)
      reach((std::max(stream_.run.elements.count, stream_.run.elements.tail) - 1) / stream_.run.pixel_elements);
    // low + i*step >= 0 and high + i*step < extent
    std::int64_t begin = 0;
    std::int64_t end = 0;
    const std::int64_t count = loops_[static_cast<std::size_t>(loop)];
    find_valid(low, step, dim.extent, count, begin, end);
    range = {std::max(range.begin, begin), std::min(range.end, end)};
    find_valid(high, step, dim.extent, count, begin, end);
    range = {std::max(range.begin, begin), std::min(range.end, end)};
  }
  return range;
}

TransferExtent TransferClasses::extent(const isa::WalkDim& dim, const TilePosition& tile) const {
  TransferExtent result;
  result.positions = tile.trip(dim.trip);
  result.end = result.positions;
  if (!dim.padded) return result;
  result.coordinate = dim.origin;
  for (std::size_t loop = 0; loop < loops_.size(); ++loop) {
    result.coordinate += std::int64_t{dim.tile_step[loop]} * tile.index[loop];
  }
  // Packed pixels are cut within the runs and not run by run.
  if (packs_pixels() && &dim == &stream_.dims.back()) return result;
  find_valid(result.coordinate, dim.step, dim.extent, result.positions, result.begin, result.end);
  return result;
}

}  // namespace systole::analytical
