#pragma once

#include <array>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "isa/block.h"
#include "models/analytical/systole/issue.h"
#include "models/analytical/systole/machine_model.h"
#include "models/analytical/systole/tile_position.h"

/// What a tile costs the array and the SIMD unit: timing.md, sections 5 and 6. Tiles that agree in all counts and
/// conditions are alike and computed once.
namespace systole::analytical {

/// Which tiles are alike, as far as counts and conditions go.
class TileClass {
 public:
  void depend_on(const isa::Trip& trip) {
    if (trip.tail_loop != isa::kNoLoop) last_ |= 1U << trip.tail_loop;
  }
  void depend_on(const isa::Condition& condition) {
    first_ |= condition.mask;
    last_ |= condition.mask;
  }
  [[nodiscard]] std::uint32_t of(const TilePosition& tile) const {
    return (tile.first & first_) << isa::kMaxTileLoops | (tile.last & last_);
  }

 private:
  std::uint32_t first_ = 0;
  std::uint32_t last_ = 0;
};

struct ArrayTile {
  double busy = 0;                                                         ///< cycles: vectors enter, fill and drain
  double hazard = 0;                                                       ///< cycles
  double macs = 0;                                                         ///< in active rows and columns
  double ibuf_reads = 0, bbuf_reads = 0, obuf_reads = 0, obuf_writes = 0;  ///< elements
  [[nodiscard]] double cycles() const { return busy + hazard; }
};

class ArrayModel {
 public:
  ArrayModel(const isa::ArrayProgram& program, const MachineModel& machine);
  const ArrayTile& at(const TilePosition& tile);

 private:
  /// Sums over the vectors of a tile, or over those that start a sum.
  struct Work {
    double vectors = 1, rows = 1, columns = 1, macs = 1;
  };
  [[nodiscard]] ArrayTile compute(const TilePosition& tile) const;
  [[nodiscard]] Work work(const TilePosition& tile, bool starts_only) const;
  [[nodiscard]] bool repeats_word(const TilePosition& tile) const;
  [[nodiscard]] double hazards(const TilePosition& tile, bool starts) const;

  const isa::ArrayProgram& program_;
  const MachineModel& machine_;
  TileClass classes_;
  std::unordered_map<std::uint32_t, ArrayTile> known_;
};

struct NestTile {
  int nest = 0;
  IssueTime issue;
  double operations = 0;                    ///< instructions times active lanes
  std::array<double, 4> reads{}, writes{};  ///< elements, by isa::Namespace
};

struct SimdTile {
  std::vector<NestTile> nests;  ///< those whose condition holds
  double fill = 0;              ///< behind the last one
};

class SimdModel {
 public:
  SimdModel(const isa::SimdProgram& program, const MachineModel& machine);
  const SimdTile& at(const TilePosition& tile);

 private:
  [[nodiscard]] SimdTile compute(const TilePosition& tile) const;
  void count(const isa::Nest& nest, const TilePosition& tile, NestTile& result) const;
  [[nodiscard]] Instruction instruction(const isa::SimdInstruction& instruction) const;
  [[nodiscard]] Operand operand(std::uint8_t iterator) const;
  [[nodiscard]] std::int64_t latency(isa::SimdOpcode opcode) const;

  const isa::SimdProgram& program_;
  const MachineModel& machine_;
  TileClass classes_;
  std::unordered_map<std::uint32_t, SimdTile> known_;
};

}  // namespace systole::analytical
