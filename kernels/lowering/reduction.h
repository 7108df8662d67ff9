#pragma once

#include <cstdint>
#include <vector>

#include "kernels/lowering/iteration_space.h"
#include "kernels/lowering/simd_layer.h"

namespace systole {

/// Reduces an operand of a layer along some of its dimensions. Lanes cannot be combined with each other, so the reduced
/// dimensions lie along words. An instruction that adds to the word that the one before has just written waits for it;
/// where fewer than three words are reduced side by side, the innermost reduced dimension is dealt out to several
/// partial results, which are combined at the end.
class Reduction {
 public:
  /// Declares the reduced dimensions in `layer`, outermost first. They are the first ones of the layer; the caller
  /// declares the `kept` ones, lanes last, behind them. `tiled`: they may be cut.
  Reduction(SimdLayer& layer, const std::vector<std::int64_t>& reduced, const std::vector<std::int64_t>& kept,
            bool tiled, std::int64_t lanes);

  /// An operand of `space`, whose outer group are the reduced dimensions and whose others are `kept`. Where it extends
  /// along none of the reduced ones it is a result.
  [[nodiscard]] Access access(const IterationSpace& space, int operand, const std::vector<int>& kept) const;
  /// All dimensions that were reduced, for conditions: `first` and `last` of them frame a reduction.
  [[nodiscard]] const std::vector<int>& dims() const { return dims_; }
  /// More than one partial result?
  [[nodiscard]] bool split() const { return partial_ >= 0; }
  /// Dimensions of the partial results: `kept`, preceded by the one that numbers them.
  [[nodiscard]] std::vector<int> partial_dims(const std::vector<int>& kept) const;

  /// partial = all of the tile's elements of `operand`, combined by `op`.
  void begin(isa::SimdOpcode op, int partial, int operand, const std::vector<int>& kept, const When& when) const;
  /// partial = partial and all of the tile's elements of `operand`, combined by `op`.
  void extend(isa::SimdOpcode op, int partial, int operand, const std::vector<int>& kept, const When& when) const;
  /// result = the partial results combined; for a reduction that is split.
  void combine(isa::SimdOpcode op, int result, int partial, const std::vector<int>& kept, const When& when) const;
  /// Loops over every element of the tile.
  [[nodiscard]] std::vector<Over> everything(const std::vector<int>& kept) const;

 private:
  [[nodiscard]] std::vector<Over> kept_loops(const std::vector<int>& kept) const;

  SimdLayer& layer_;
  std::vector<int> dims_;
  int partial_ = -1;
  std::int64_t parts_ = 1;
};

}  // namespace systole
