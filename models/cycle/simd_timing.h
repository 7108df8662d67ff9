#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "isa/block.h"
#include "models/cycle/nest_timer.h"
#include "models/cycle/simd_opcodes.h"
#include "models/cycle/tile_walker.h"

namespace systole {

/// The SIMD unit: one lane a column of the array, six stages, operands straight from the on-chip memories.
struct SimdParameters {
  int lanes = 64;                 ///< M, 1..1024
  int divide_latency = 9;         ///< cycles of the execute stage, 1..64
  int exponential_latency = 3;    ///< cycles of the execute stage, 1..64
  int inverse_sqrt_latency = 13;  ///< cycles of the execute stage, 1..64
  bool hazards = true;            ///< false, an idealization: a result can be read when it is computed
  bool bank_conflicts = true;     ///< false, an idealization: a bank has a read port for each operand

  /// Throws InternalError naming the field; the configuration has been checked before.
  void validate() const;
};

/// A nest that is executed at a tile.
struct SimdNestTime {
  int nest = 0;
  NestTime issue;
  EventCounts events;  ///< but its `cycles` and `simd_cycles`
};

/// What one tile costs the SIMD unit: its nests one after the other, then the pipeline drains and the last lanes
/// follow. A tile at which no nest's condition holds costs nothing.
struct SimdTile {
  std::vector<SimdNestTime> nests;
  std::int64_t fill = 0;  ///< cycles after the last issue; 0 when there is none
};

/// What the tiles of a block differ in, but for addresses.
TileClasses classes_of(const isa::SimdProgram& program);

/// How long a tile of the running block takes (models/cycle/timing.md, section 6) and what it does. Tiles that differ
/// in addresses alone are computed once.
class SimdTiming {
 public:
  explicit SimdTiming(const SimdParameters& parameters) : parameters_(parameters) {}

  /// A new block, which must outlive the next calls of tile().
  void start(const isa::SimdProgram& program);

  const SimdTile& tile(const TileWalker& tile);

  /// An instruction of a tile.
  struct Execution {
    std::size_t nest;
    std::size_t instruction;           ///< of its body
    const TimedInstruction& operands;  ///< addresses are words from where the iterators' slots begin
    int lanes;                         ///< active
    std::int64_t issue;                ///< cycle, counted from the tile's first
    std::int64_t completion;           ///< the cycle after the last lane's write back
  };
  using Visit = std::function<void(const Execution& execution)>;

  /// Every instruction that the unit executes at this tile, in order.
  void unroll(const TileWalker& tile, const Visit& visit) const;

 private:
  [[nodiscard]] SimdTile compute(const TileWalker& tile) const;
  [[nodiscard]] TimedNest timed(const isa::Nest& nest, const TileWalker& tile) const;
  [[nodiscard]] TimedInstruction timed(const isa::SimdInstruction& instruction) const;
  [[nodiscard]] TimedOperand operand(std::uint8_t iterator) const;
  [[nodiscard]] std::int64_t fill() const;
  [[nodiscard]] int latency(SimdLatency latency) const;
  [[nodiscard]] EventCounts count(const isa::Nest& nest, const TileWalker& tile, const NestTime& time) const;

  SimdParameters parameters_;
  const isa::SimdProgram* program_ = nullptr;
  TileClasses classes_;
  std::unordered_map<std::uint32_t, SimdTile> known_;
};

}  // namespace systole
