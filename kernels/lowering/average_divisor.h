#pragma once

#include <cstdint>
#include <vector>

#include "kernels/lowering/simd_layer.h"
#include "kernels/lowering/window.h"

namespace systole {

/// What an average pool divides its sums by. It is the same for all windows but those at the border. The sums of these
/// are first scaled by what they lack, rows and columns apart, since the number of counted positions is a product of
/// both: multiplied before they are divided, so that integers lose no more than their last unit.
class AverageDivisor {
 public:
  /// `image` {N,C,H,W} and `output` {N,C,OH,OW} of the pool.
  AverageDivisor(const PoolAttributes& pool, const Shape& image, const Shape& output);

  /// Of every window that has no border.
  [[nodiscard]] double full() const;
  /// Is it the same for all windows?
  [[nodiscard]] bool uniform() const;
  /// Divides operand `y` of a layer, which extends along the outputs. Throws UserError for more borders than a program
  /// holds.
  void divide(SimdLayer& layer, const WindowSpace& window, int y) const;

 private:
  void require_few_borders(const Node& node) const;
  static void scale_borders(SimdLayer& layer, const WindowSpace& window, int y, int dim,
                            const std::vector<std::int64_t>& counts);

  std::vector<std::int64_t> rows_, columns_;  ///< positions that count at each output index
};

}  // namespace systole
