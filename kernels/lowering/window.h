#pragma once

#include <vector>

#include "kernels/lowering/simd_layer.h"

namespace systole {

/// The dimensions of a window that slides over an image: kernel rows and columns outermost, so that neighbouring
/// instructions work on different outputs; then image, output row, output column, and channels on the lanes. The
/// kernel is whole in every tile.
struct WindowSpace {
  /// Declares the dimensions; `output` is {N, C, OH, OW}.
  WindowSpace(SimdLayer& layer, const Extent2& kernel, const Shape& output);

  /// The image {N, C, H, W}. A tile loads each element once, halo included.
  [[nodiscard]] Access input(const Layout& layout, const Shape& shape, const Extent2& strides, const Extent2& dilations,
                             const Padding2& pads) const;
  /// A tensor with the output's dimensions; a stride of 0 repeats it along one.
  [[nodiscard]] Access output(const Layout& layout) const;
  /// Loops over the outputs of a tile.
  [[nodiscard]] std::vector<Over> output_loops() const { return {{n, 0}, {oh, 0}, {ow, 0}, {c, 0}}; }
  /// result = result op source for every kernel position but the first; `mac` also multiplies by `weight`.
  void further_positions(SimdLayer& layer, isa::SimdOpcode op, Operand result, int source, int weight) const;

  int kh, kw, n, oh, ow, c;
};

}  // namespace systole
