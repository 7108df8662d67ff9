#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "isa/block.h"
#include "models/analytical/systole/tile_position.h"

namespace systole::analytical {

/// A dimension of a stream in one tile: its positions, and those that lie in the image.
struct TransferExtent {
  std::int64_t positions = 1;
  std::int64_t begin = 0;
  std::int64_t end = 1;
  std::int64_t coordinate = 0;
  [[nodiscard]] std::int64_t valid() const { return end > begin ? end - begin : 0; }
};
/// By dimension; those that the stream does not have stay as they are.
using TransferExtents = std::array<TransferExtent, isa::kMaxWalkDims>;

/// Which generations of a stream are alike: those that agree in all counts and in what padding cuts off. The kinds are
/// numbered as they come.
class TransferClasses {
 public:
  /// The references must outlive the object.
  TransferClasses(const isa::Stream& stream, const std::vector<std::int32_t>& tile_loops);

  struct Class {
    std::int64_t elements = 0;
    TransferExtents extents;
  };
  /// The number of a tile's class, a new one if there was none like it.
  std::size_t of(const TilePosition& tile) {
    if (padded_) return find(tile);
    const std::uint32_t last = tile.last & last_;
    for (const Found& found : found_) {
      if (found.last == last) return found.number;
    }
    found_.push_back({last, find(tile)});
    return found_.back().number;
  }
  [[nodiscard]] const std::vector<Class>& known() const { return known_; }

  /// The iterations [begin, end) of tile loop `loop` in which padding cuts nothing off, whatever the loops inside it
  /// do; those outside stand as in `tile`. All of them when the loop moves no padded dimension.
  struct Range {
    std::int64_t begin;
    std::int64_t end;
  };
  [[nodiscard]] Range plain(int loop, const TilePosition& tile) const;

  [[nodiscard]] const isa::Stream& stream() const { return stream_; }
  [[nodiscard]] const std::vector<std::int32_t>& tile_loops() const { return loops_; }
  /// Runs hold several pixels, of which padding cuts some off.
  [[nodiscard]] bool packs_pixels() const {
    return stream_.run.pixel_elements > 0 && !stream_.dims.empty() && stream_.dims.back().padded;
  }

 private:
  [[nodiscard]] TransferExtent extent(const isa::WalkDim& dim, const TilePosition& tile) const;
  [[nodiscard]] bool alike(const Class& a, const Class& b) const;

  std::size_t find(const TilePosition& tile);

  const isa::Stream& stream_;
  const std::vector<std::int32_t>& loops_;
  bool padded_ = false;     ///< some dimension is
  std::uint32_t last_ = 0;  ///< loops whose last iteration makes a difference, a bit each
  std::vector<Class> known_;
  struct Found {
    std::uint32_t last;
    std::size_t number;
  };
  std::vector<Found> found_;  ///< without padding, by the last iterations that a tile is in
};

}  // namespace systole::analytical
