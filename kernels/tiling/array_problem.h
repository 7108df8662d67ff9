#pragma once

#include <cstdint>
#include <limits>

#include "kernels/plan/machine.h"

/// Convolutions and matrix products in the one form that tiling and lowering work on.
namespace systole {

/// One image dimension of a convolution.
struct WindowAxis {
  std::int64_t out = 1;
  std::int64_t in = 1;
  std::int64_t kernel = 1;
  std::int64_t stride = 1;
  std::int64_t dilation = 1;
  std::int64_t pad = 0;  ///< before the first element
};

/// Shapes in elements. A matrix product {M,K} x {K,N} has w.out = M, ic = K, oc = N and kernels of 1.
struct ArrayProblem {
  std::int64_t outer = 1;  ///< independent repetitions: groups, or matrices of a batch
  std::int64_t batch = 1;
  WindowAxis h;
  WindowAxis w;
  std::int64_t ic = 1;  ///< reduction elements of one kernel position, in one repetition
  std::int64_t oc = 1;  ///< in one repetition
  bool bias = false;
  /// Kernel columns that lie side by side on the array's rows. Above 1, `w.kernel` counts blocks of so many columns,
  /// `w.dilation` is their distance and `ic` all elements of a block; weights beyond the kernel are zero. See `packed`.
  std::int64_t pack = 1;
  std::int64_t last_pack = 1;  ///< kernel columns in the last block
  int ifmap_bits = 8;          ///< off chip
  int weight_bits = 8;
  int output_bits = 32;
  bool weights_repeat = false;   ///< the weights are the same in every repetition
  bool weights_strided = false;  ///< nothing fills the places of weights beyond the kernel
  // What lies transposed moves element by element.
  bool weights_by_column = false;
  bool ifmap_by_pixel = false;
  bool output_by_pixel = false;
  std::int64_t most_oc = std::numeric_limits<std::int64_t>::max();  ///< in a tile
};

bool operator==(const ArrayProblem& a, const ArrayProblem& b);

/// The same convolution with `columns` kernel columns on the rows. Only for a dilation of 1 along the width; rows hold
/// `columns * ic` elements that are next to each other in memory.
ArrayProblem packed(const ArrayProblem& problem, std::int64_t columns);

/// What runs on the SIMD unit behind the array, tile by tile; all zero when nothing does.
struct FusedWork {
  std::int64_t issue_cycles = 0;  ///< for each word of the output
  std::int64_t vmem1_areas = 0;   ///< areas of an output tile's size in VMEM1, one slot each
  std::int64_t vmem2_areas = 0;
  std::int64_t load_bits = 0;   ///< off-chip bits of operands for each output element
  std::int64_t store_bits = 0;  ///< off-chip bits of the result for each output element
  [[nodiscard]] bool any() const { return store_bits > 0; }
};

bool operator==(const FusedWork& a, const FusedWork& b);

}  // namespace systole
