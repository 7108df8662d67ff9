#pragma once

#include <cstdint>

#include "kernels/tiling/array_problem.h"

namespace systole {

/// The order of the tile loops behind the repetitions, outermost first.
enum class LoopOrder : std::uint8_t {
  weights_stay,      ///< output channels, reduction, pixels: sums go to memory between passes of the reduction
  reduction_inside,  ///< output channels, pixels, reduction: sums stay, weights are loaded again for each tile of
                     ///< pixels
  pixels_outside     ///< pixels, output channels, reduction: so they are here, and a tile of pixels sees them all
};

/// Extents of a full tile; the last one along a dimension takes what is left. `ic` and `oc` are whole multiples of the
/// array's rows and columns unless the tile has all of them; `kh` and `kw` divide the kernel.
struct Tiling {
  std::int64_t batch = 1;
  std::int64_t oh = 1;
  std::int64_t ow = 1;
  std::int64_t kh = 1;
  std::int64_t kw = 1;
  std::int64_t ic = 1;
  std::int64_t oc = 1;
  LoopOrder order = LoopOrder::weights_stay;
};

bool operator==(const Tiling& a, const Tiling& b);

/// One image dimension of the ifmap tile. Only positions that the tile needs are on chip: `step` elements lie between
/// two of them in memory.
struct InputAxis {
  std::int64_t step = 1;
  std::int64_t positions = 1;        ///< in a full tile
  std::int64_t output_distance = 1;  ///< positions between neighbouring outputs
  std::int64_t kernel_distance = 1;  ///< positions between neighbouring kernel elements
};

/// Positions that `out` outputs of a tile with `kernel` kernel elements need along an axis of that step.
std::int64_t input_positions(const WindowAxis& axis, std::int64_t step, std::int64_t out, std::int64_t kernel);

/// How a tiling fills the buffers, and how its loops run. Words are those of the instruction set: IBUF words of `rows`
/// lanes, `ic_blocks` for each pixel; WBUF word ((oc_block * kernel position) * ic_blocks + ic_block); OBUF and VMEM
/// words of `columns` lanes, `oc_blocks` for each pixel.
struct Geometry {
  // tiles along each dimension
  std::int64_t batches = 1, rows = 1, columns = 1;  ///< of the output: batch, oh, ow
  std::int64_t kernel_rows = 1, kernel_columns = 1;
  std::int64_t ics = 1, ocs = 1;
  // a full tile
  std::int64_t ic_blocks = 1, oc_blocks = 1;
  InputAxis h, w;
  std::int64_t ibuf_elements = 0, wbuf_elements = 0, bbuf_elements = 0, obuf_words = 0;
  /// The output-channel blocks run inside the reduction loops, so that fewer sums wait for the one before.
  bool oc_inside = false;
  LoopOrder order = LoopOrder::weights_stay;  ///< the tiling's

  [[nodiscard]] std::int64_t spatial_tiles() const { return batches * rows * columns; }
  [[nodiscard]] std::int64_t reduction_tiles() const { return ics * kernel_rows * kernel_columns; }
  /// Partial sums go to memory between two passes over the reduction.
  [[nodiscard]] bool spills() const {
    return order == LoopOrder::weights_stay && spatial_tiles() > 1 && reduction_tiles() > 1;
  }
};

Geometry geometry_of(const ArrayProblem& problem, const Tiling& tiling, const Machine& machine);

/// The buffer that a tiling overfills: what it needs and what there is; nullptr when it fits.
struct Overflow {
  const char* buffer = nullptr;
  std::int64_t needed = 0;
  std::int64_t available = 0;
  const char* unit = "";
};
Overflow overflow_of(const Geometry& geometry, const FusedWork& fused, const Machine& machine);

}  // namespace systole
