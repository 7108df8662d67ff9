#pragma once

#include <utility>
#include <vector>

#include "kernels/lowering/simd_layer.h"

namespace systole {

/// The dimensions of a window that slides over an image: kernel rows and columns outermost, so that neighbouring
/// instructions work on different outputs; then image, output row, output column, and channels on the lanes. The
/// kernel is whole in every tile.
struct WindowSpace {
  /// Declares the dimensions; `output` is {N, C, OH, OW}. `kernel_inside`: kernel rows and columns come before the
  /// channels, for sums over everything else.
  WindowSpace(SimdLayer& layer, const Extent2& kernel, const Shape& output, bool kernel_inside = false);

  /// The image {N, C, H, W}. A tile loads each element once, halo included.
  [[nodiscard]] Access input(const Layout& layout, const Shape& shape, const Extent2& strides, const Extent2& dilations,
                             const Padding2& pads) const;
  /// A tensor with the output's dimensions; a stride of 0 repeats it along one.
  [[nodiscard]] Access output(const Layout& layout) const;
  /// Loops over the outputs of a tile.
  [[nodiscard]] std::vector<Over> output_loops() const { return {{n, 0}, {oh, 0}, {ow, 0}, {c, 0}}; }
  /// result = result op source for every kernel position but the first; `mac` also multiplies by `weight`.
  void further_positions(SimdLayer& layer, isa::SimdOpcode op, Operand result, int source, int weight) const;

  int kh = 0, kw = 0, n = 0, oh = 0, ow = 0, c = 0;
};

/// Rows (or columns) of an image that `terms` address from `before` places outside of it on; what is outside is filled,
/// or not stored. `places`: how many they address.
Axis image_axis(std::vector<Term> terms, std::int64_t bit_stride, std::int64_t before, std::int64_t places,
                std::int64_t extent);

/// The numbers 0 .. count-1 of a window's positions in OBUF or VMEM, made by the unit itself in the first tile, so that
/// they need no immediates. `counting` is a dimension of its own with an extent of count-1 (at least 1); `strides` are
/// those of the other dimensions, `tiled` all that may be cut. Returns the operand, a table.
int position_numbers(SimdLayer& layer, std::int64_t count, int counting,
                     std::vector<std::pair<int, std::int64_t>> strides, const std::vector<int>& tiled,
                     isa::Namespace space);

}  // namespace systole
