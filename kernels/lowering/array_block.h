#pragma once

#include <cstdint>
#include <vector>

#include "kernels/lowering/array_job.h"
#include "kernels/lowering/simd_space.h"
#include "kernels/tiling/search.h"

namespace systole {

/// The tile loops of a job, outermost first; kNoLoop where one tile has everything.
struct ArrayLoops {
  std::vector<std::int8_t> outer;
  std::int8_t oc = isa::kNoLoop;
  std::int8_t ic = isa::kNoLoop;
  std::int8_t kh = isa::kNoLoop;
  std::int8_t kw = isa::kNoLoop;
  std::int8_t batch = isa::kNoLoop;
  std::int8_t oh = isa::kNoLoop;
  std::int8_t ow = isa::kNoLoop;

  /// Tile loops of the reduction, as a mask.
  [[nodiscard]] std::uint8_t reduction() const;
  /// The innermost loop that an output tile depends on: the scope of an OBUF slot.
  [[nodiscard]] std::int8_t output() const;
};

/// What the array leaves in OBUF, for whoever takes it from there.
struct ArrayOutput {
  Space space;                ///< repetitions, image, row, column, channel: one output tile
  std::int8_t scope;          ///< of an OBUF slot
  isa::Condition generation;  ///< generations whose sums are complete
  isa::Condition tile;        ///< tiles at whose end they are
};

/// Appends the tile loops, the streams of weights, bias, ifmap and partial sums, and the array's program. The result
/// stays in OBUF.
ArrayOutput build_array(const Node& node, const ArrayJob& job, const Choice& choice, BlockBuilder& builder,
                        LoweringContext& context);

/// Appends the store of a finished OBUF tile to the node's output.
void store_output(const ArrayJob& job, const ArrayOutput& output, const Layout& layout, BlockBuilder& builder,
                  const Machine& machine);

/// A tensor along the space of a job's output; `layout` has the dimensions of the node's output.
Access output_access(const ArrayJob& job, const Layout& layout);
/// Its strides.
std::vector<std::int64_t> output_strides(const ArrayJob& job, const Layout& layout);

}  // namespace systole
