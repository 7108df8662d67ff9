#pragma once

#include <cstdint>
#include <vector>

#include "isa/block.h"
#include "kernels/lowering/simd_builder.h"
#include "kernels/plan/layout.h"
#include "kernels/plan/machine.h"

/// The geometry of a SIMD layer: an iteration space that is cut into tiles, and operands that are affine in it.
namespace systole {

/// One dimension of the iteration space. Its tile is the part that one tile of the block covers; the last tile takes
/// the rest.
struct SpaceDim {
  std::int64_t extent = 1;
  std::int64_t tile = 1;
  bool tiled = true;                ///< may be cut
  std::int8_t loop = isa::kNoLoop;  ///< tile loop; kNoLoop when one tile covers it

  [[nodiscard]] std::int64_t tiles() const { return (extent + tile - 1) / tile; }
  [[nodiscard]] std::int64_t rest() const { return extent - (tiles() - 1) * tile; }  ///< size of the last tile
};

/// Outermost SIMD loop first; the last one runs along the lanes.
using Space = std::vector<SpaceDim>;

/// A share of a dimension of the space in a place of an axis.
struct Term {
  int dim = 0;
  std::int64_t step = 1;
};

/// A direction in which an operand extends. Its place is the sum of step * index over the terms, at most one of which
/// may belong to a dimension that is cut.
struct Axis {
  std::int64_t bit_stride = 0;  ///< off chip; meaningless for operands that stay on chip
  std::vector<Term> terms;
  /// Place p has coordinate origin + p; what lies outside [0, extent) is filled instead of read.
  bool padded = false;
  std::int64_t origin = 0;
  std::int64_t extent = 0;
};

/// An operand. On chip its axes follow each other in the order given, the lanes innermost, each row of lanes filling
/// whole words. An operand without the lane dimension is one element for all lanes.
struct Access {
  RegionId region{};
  std::int64_t offset = 0;  ///< bytes
  int bits = 32;
  isa::Fill fill = isa::Fill::zero;
  std::uint32_t fill_bits = 0;
  std::vector<Axis> axes;  ///< a lane axis comes last and has one term of step 1
  /// The padded axis before the lane axis shifts the lanes: coordinate = its own place plus that of the lane.
  bool lane_window = false;
  /// Every element off chip serves this many neighbouring lanes.
  std::int64_t lane_repeat = 1;
};

/// An axis without padding along one dimension.
Axis plain_axis(int dim, std::int64_t bit_stride);
/// The operand's place for a tensor whose strides along each dimension of the space are given; 0: does not extend.
Access strided_access(const Layout& layout, const std::vector<std::int64_t>& bit_strides);

bool depends_on(const Access& access, int dim);
bool has_lanes(const Access& access, const Space& space);
/// Words of the largest tile.
std::int64_t words_of(const Access& access, const Space& space, std::int64_t lanes);
/// On-chip distance in words between neighbours along each dimension of the space (for the lanes: from word to word).
std::vector<std::int64_t> word_strides(const Access& access, const Space& space, std::int64_t lanes);
/// The innermost tile loop that the operand depends on.
std::int8_t scope_of(const Access& access, const Space& space);
/// Words along the lanes of a tile, exact in the last one.
isa::Trip lane_words(const SpaceDim& dim, std::int64_t lanes);
/// Active lanes of the last of these words.
isa::Trip lane_tail(const SpaceDim& dim, std::int64_t lanes);

/// The stream that moves the operand: everything but on-chip base, slots, condition and direction.
isa::Stream stream_of(const Access& access, const Space& space, std::int64_t lanes);

/// What one generation of a stream costs (models/cycle/timing.md, sections 3 and 4), for its largest tile.
struct TransferCost {
  double cycles = 0;   ///< of the port, or of the memory when that is slower
  double latency = 0;  ///< before and after them
};
TransferCost transfer_cost(const isa::Stream& stream, const Machine& machine);
/// Cycles that the instructions keep the execute stage, one after the other without waiting (timing.md, section 6).
double issue_cycles(const SimdBody& body, const Machine& machine);

}  // namespace systole
