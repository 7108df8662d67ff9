#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "isa/block.h"

/// Which addresses a block can touch: bounds that hold for every tile, tails and padding taken into account.
namespace systole::isa {

/// The addresses low .. high-1. Numbers too large for 64 bits are cut to the ends of their range.
struct Extent {
  std::int64_t low = 0;
  std::int64_t high = 0;
};

/// A term index*stride of an address, index in 0 .. count-1.
struct Term {
  std::int64_t count = 1;
  std::int64_t stride = 0;
};

/// Of `base + sum of terms`. Counts of at least 1.
Extent extent_of(std::int64_t base, const std::vector<Term>& terms);

/// The largest count of a trip.
std::int64_t largest(const Trip& trip);

/// Elements of the buffer in slot 0 of a stream, on_chip_base included, filled positions too.
Extent on_chip_extent(const Stream& stream);

/// Bytes of memory that a stream can reach; nothing when every position is padding. Exact when each tile loop moves at
/// most one padded dimension; otherwise, or with very many positions, it may be too large, never too small. The
/// stream's loops must be declared, its counts at least 1 and its widths legal.
std::optional<Extent> off_chip_extent(const Stream& stream, const std::vector<std::int32_t>& tile_loops);

}  // namespace systole::isa
