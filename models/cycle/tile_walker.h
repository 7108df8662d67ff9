#pragma once

#include <cstdint>
#include <vector>

#include "isa/block.h"

namespace systole {

/// The loop counters over a block's tiles, as every unit has them (isa/manual.md, section 1). It stands on a tile, the
/// first one at the start, and answers what that tile is for scopes, conditions and trips.
class TileWalker {
 public:
  explicit TileWalker(const std::vector<std::int32_t>& loops);

  /// On the tile with these indices.
  TileWalker(const std::vector<std::int32_t>& loops, const isa::TileIndex& index);

  /// To the next tile; false, and no move, when this one was the last.
  bool next();

  [[nodiscard]] const isa::TileIndex& index() const { return index_; }

  /// The first tile of a generation of scope `loop` (kNoLoop: of the block).
  [[nodiscard]] bool enters(int loop) const { return (first_ & inside(loop)) == inside(loop); }

  /// The last tile of a generation of scope `loop`.
  [[nodiscard]] bool leaves(int loop) const { return (last_ & inside(loop)) == inside(loop); }

  [[nodiscard]] bool holds(const isa::Condition& condition) const;

  [[nodiscard]] std::int32_t trip(const isa::Trip& trip) const {
    return trip.tail_loop != isa::kNoLoop && ((last_ >> trip.tail_loop) & 1U) != 0 ? trip.tail : trip.count;
  }

  /// Tile loops that are in their first (last) iteration, a bit each.
  [[nodiscard]] std::uint32_t first() const { return first_; }
  [[nodiscard]] std::uint32_t last() const { return last_; }

 private:
  [[nodiscard]] std::uint32_t inside(int loop) const { return all_ & ~((1U << (loop + 1)) - 1U); }
  void mark(std::size_t loop);

  std::vector<std::int32_t> loops_;
  isa::TileIndex index_{};
  std::uint32_t all_ = 0;
  std::uint32_t first_ = 0;
  std::uint32_t last_ = 0;
};

/// Which tiles are alike: those that agree in all the trips and conditions that something depends on.
class TileClasses {
 public:
  void depend_on(const isa::Trip& trip) {
    if (trip.tail_loop != isa::kNoLoop) last_ |= 1U << trip.tail_loop;
  }
  void depend_on(const isa::Condition& condition);

  /// Equal for tiles that are alike.
  [[nodiscard]] std::uint32_t of(const TileWalker& tile) const {
    return (tile.first() & first_) << isa::kMaxTileLoops | (tile.last() & last_);
  }

 private:
  std::uint32_t first_ = 0;
  std::uint32_t last_ = 0;
};

}  // namespace systole
