#pragma once

#include <cstdint>
#include <unordered_map>

#include "isa/block.h"
#include "models/cycle/nest_timer.h"
#include "models/cycle/tile_walker.h"
#include "traces/event_counts.h"

namespace systole {

/// The systolic array: N rows by M columns of processing elements, weight stationary.
struct ArrayParameters {
  int rows = 64;                    ///< N, 1..1024: input channels that enter in a cycle
  int columns = 64;                 ///< M, 1..1024: output channels that leave in a cycle
  int weight_bits = 8;              ///< bits
  int activation_bits = 8;          ///< bits
  int bias_bits = 32;               ///< bits
  int accumulator_bits = 32;        ///< bits
  int obuf_accumulate_latency = 2;  ///< cycles, 1..64: until a word of OBUF that was added to can be added to again

  /// Throws InternalError naming the field; the configuration has been checked before.
  void validate() const;
};

/// What one tile costs the array.
struct ArrayTile {
  std::int64_t busy = 0;    ///< cycles: vectors enter, fill and drain
  std::int64_t hazard = 0;  ///< cycles: a vector waited for the one before it on the same OBUF word
  EventCounts events;       ///< but its `cycles`
};

/// What the tiles of a block differ in, but for addresses.
TileClasses classes_of(const isa::ArrayProgram& program);

/// How long a tile of the running block takes and what it does (models/cycle/timing.md, section 5): t vectors take
/// t + (N-1) + (M-1) cycles plus hazards. Tiles that differ in addresses alone are computed once.
class ArrayTiming {
 public:
  explicit ArrayTiming(const ArrayParameters& parameters) : parameters_(parameters) {}

  /// A new block, which must outlive the next calls of tile().
  void start(const isa::ArrayProgram& program);

  const ArrayTile& tile(const TileWalker& tile);

 private:
  /// Vectors of a tile, and the sums over them of active rows, columns and elements.
  struct Work {
    std::int64_t vectors = 1;
    std::int64_t rows = 1;
    std::int64_t columns = 1;
    std::int64_t macs = 1;
  };

  [[nodiscard]] ArrayTile compute(const TileWalker& tile) const;
  [[nodiscard]] std::int64_t hazards(const TileWalker& tile, bool starts) const;
  [[nodiscard]] Work work(const TileWalker& tile, bool only_first) const;
  [[nodiscard]] EventCounts count(const Work& all, const Work& first) const;

  ArrayParameters parameters_;
  const isa::ArrayProgram* program_ = nullptr;
  TileClasses classes_;
  std::unordered_map<std::uint32_t, ArrayTile> known_;
};

}  // namespace systole
