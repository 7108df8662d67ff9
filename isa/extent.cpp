#include "isa/extent.h"

#include <algorithm>
#include <limits>

namespace systole::isa {

namespace {

/// Wide enough for any sum of 40-bit strides times 31-bit counts.
__extension__ using Wide = __int128;

struct Bounds {
  Wide low = 0;
  Wide high = 0;  ///< the largest, not one beyond

  void add(const Bounds& other) {
    low += other.low;
    high += other.high;
  }
  void add_term(Wide stride, Wide first, Wide last) {
    add({std::min(stride * first, stride * last), std::max(stride * first, stride * last)});
  }
  void unite(const Bounds& other) {
    low = std::min(low, other.low);
    high = std::max(high, other.high);
  }
};

std::int64_t cut(Wide value) {
  constexpr Wide low = std::numeric_limits<std::int64_t>::min();
  constexpr Wide high = std::numeric_limits<std::int64_t>::max();
  return static_cast<std::int64_t>(std::clamp(value, low, high));
}

Extent to_extent(const Bounds& bounds) {
  return {cut(bounds.low), cut(bounds.high + 1)};
}

/// Positions of padded dimensions that are tried one by one for a stream; beyond, padding is not cut off. Real streams
/// need some thousands.
constexpr Wide kMaxPositions = 1 << 16;

/// The walk of one stream in those tiles in which each tail loop either is or is not in its last iteration.
class Walk {
 public:
  Walk(const Stream& stream, const std::vector<std::int32_t>& tile_loops) : stream_(stream), tile_loops_(tile_loops) {}

  std::optional<Extent> extent() {
    std::optional<Bounds> all;
    const unsigned tail_loops = tail_loop_mask();
    for (unsigned last = 0; last < 1U << tile_loops_.size(); ++last) {
      if ((last & ~tail_loops) != 0 || !set_ranges(tail_loops, last)) continue;
      const std::optional<Bounds> bounds = bounds_here();
      if (!bounds) continue;
      if (all) {
        all->unite(*bounds);
      } else {
        all = bounds;
      }
    }
    if (!all) return std::nullopt;
    return to_extent(*all);
  }

 private:
  [[nodiscard]] unsigned tail_loop_mask() const {
    unsigned mask = 0;
    const auto add = [&](const Trip& trip) { mask |= trip.tail_loop == kNoLoop ? 0U : 1U << trip.tail_loop; };
    for (const WalkDim& dim : stream_.dims) add(dim.trip);
    add(stream_.run.elements);
    return mask;
  }

  /// The iterations of every loop; false when a loop of one iteration would have to be not in its last.
  bool set_ranges(unsigned tail_loops, unsigned last) {
    last_ = last;
    for (std::size_t l = 0; l < tile_loops_.size(); ++l) {
      const bool split = (tail_loops >> l & 1) != 0;
      const bool is_last = (last >> l & 1) != 0;
      first_index_[l] = split && is_last ? tile_loops_[l] - 1 : 0;
      last_index_[l] = split && !is_last ? tile_loops_[l] - 2 : tile_loops_[l] - 1;
      if (last_index_[l] < 0) return false;
    }
    return true;
  }

  [[nodiscard]] Wide count(const Trip& trip) const {
    return trip.tail_loop != kNoLoop && (last_ >> trip.tail_loop & 1) != 0 ? trip.tail : trip.count;
  }

  /// Bytes from the run's start to its elements [first, last).
  [[nodiscard]] Bounds run_bytes(Wide first, Wide last) const {
    return {first * stream_.element_bits / 8, (last * stream_.element_bits + 7) / 8 - 1};
  }

  std::optional<Bounds> bounds_here() {
    Bounds sum{stream_.base, stream_.base};
    const Wide elements = stream_.run.broadcast ? 1 : count(stream_.run.elements);
    std::vector<bool> free(tile_loops_.size(), true);  // loops that no padded dimension has taken
    for (const WalkDim& dim : stream_.dims) {
      const bool packed = stream_.run.pixel_elements > 0 && &dim == &stream_.dims.back();
      if (!dim.padded) {
        sum.add_term(dim.off_chip_stride, 0, count(dim.trip) - 1);
        continue;
      }
      const std::optional<Bounds> valid = padded_bounds(dim, packed ? elements : 0, free);
      if (!valid) return std::nullopt;
      sum.add(*valid);
    }
    const bool packed = stream_.run.pixel_elements > 0 && !stream_.dims.empty() && stream_.dims.back().padded;
    if (!packed) sum.add(run_bytes(0, elements));
    for (std::size_t l = 0; l < tile_loops_.size(); ++l) {
      if (free[l]) sum.add_term(stream_.tile_stride[l], first_index_[l], last_index_[l]);
    }
    return sum;
  }

  /// What a padded dimension and the tile loops that move it add to the address, where its coordinate is valid. With
  /// packed_elements > 0 the run belongs to the dimension and its valid bytes are counted here.
  std::optional<Bounds> padded_bounds(const WalkDim& dim, Wide packed_elements, std::vector<bool>& free) {
    Wide positions = count(dim.trip);
    std::vector<std::size_t> loops;
    std::vector<bool> moves_address(tile_loops_.size(), false);
    for (std::size_t l = 0; l < tile_loops_.size(); ++l) {
      if (dim.tile_step[l] == 0) continue;
      loops.push_back(l);
      positions = std::min(positions, kMaxPositions + 1) * (last_index_[l] - first_index_[l] + 1);
    }
    if (positions > positions_left_) {
      Bounds all;
      all.add_term(dim.off_chip_stride, 0, count(dim.trip) - 1);
      if (packed_elements > 0) all.add(run_bytes(0, packed_elements));
      return all;
    }
    positions_left_ -= positions;
    for (const std::size_t l : loops) {
      moves_address[l] = free[l];
      free[l] = false;
    }
    found_.reset();
    visit(dim, loops, moves_address, 0, dim.origin, 0, packed_elements);
    return found_;
  }

  void visit(const WalkDim& dim, const std::vector<std::size_t>& loops, const std::vector<bool>& moves_address,
             std::size_t depth, Wide coordinate, Wide address, Wide packed_elements) {
    if (depth == loops.size()) {
      for (Wide i = 0; i < count(dim.trip); ++i) {
        position(dim, coordinate + i * dim.step, address + i * dim.off_chip_stride, packed_elements);
      }
      return;
    }
    const std::size_t l = loops[depth];
    const Wide stride = moves_address[l] ? stream_.tile_stride[l] : 0;
    for (Wide x = first_index_[l]; x <= last_index_[l]; ++x) {
      visit(dim, loops, moves_address, depth + 1, coordinate + x * dim.tile_step[l], address + x * stride,
            packed_elements);
    }
  }

  void position(const WalkDim& dim, Wide coordinate, Wide address, Wide packed_elements) {
    Bounds bytes{address, address};
    if (packed_elements == 0) {
      if (coordinate < 0 || coordinate >= dim.extent) return;
    } else {
      const Wide pixel = stream_.run.pixel_elements;
      const Wide first = std::max<Wide>(0, -coordinate * pixel);
      const Wide last = std::min(packed_elements, (dim.extent - coordinate) * pixel);
      if (first >= last) return;
      bytes.add(run_bytes(first, last));
    }
    if (found_) {
      found_->unite(bytes);
    } else {
      found_ = bytes;
    }
  }

  const Stream& stream_;
  const std::vector<std::int32_t>& tile_loops_;
  unsigned last_ = 0;  ///< the tail loops that are in their last iteration
  Wide positions_left_ = kMaxPositions;
  std::array<Wide, kMaxTileLoops> first_index_{};
  std::array<Wide, kMaxTileLoops> last_index_{};
  std::optional<Bounds> found_;
};

}  // namespace

Extent extent_of(std::int64_t base, const std::vector<Term>& terms) {
  Bounds sum{base, base};
  for (const Term& term : terms) sum.add_term(term.stride, 0, term.count - 1);
  return to_extent(sum);
}

std::int64_t largest(const Trip& trip) {
  return trip.tail_loop == kNoLoop ? trip.count : std::max(trip.count, trip.tail);
}

Extent on_chip_extent(const Stream& stream) {
  Bounds sum{stream.on_chip_base, stream.on_chip_base};
  for (const WalkDim& dim : stream.dims) sum.add_term(dim.on_chip_stride, 0, largest(dim.trip) - 1);
  const Run& run = stream.run;
  const Wide elements = largest(run.elements);
  const Wide block = run.block == 0 ? elements : run.block;
  const Wide whole = elements / block;  // full blocks, behind them a rest
  const Wide rest = elements % block;
  Bounds inside;
  if (whole > 0) {
    inside.add_term(run.block_stride, 0, whole - 1);
    inside.high += block - 1;
  }
  if (rest > 0) {
    const Wide start = whole * run.block_stride;
    inside.unite({start, start + rest - 1});
  }
  sum.add(inside);
  return to_extent(sum);
}

std::optional<Extent> off_chip_extent(const Stream& stream, const std::vector<std::int32_t>& tile_loops) {
  return Walk(stream, tile_loops).extent();
}

}  // namespace systole::isa
