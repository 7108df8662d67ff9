#pragma once

#include <vector>

#include "kernels/lowering/lowering.h"
#include "kernels/lowering/simd_layer.h"

namespace systole {

/// The dimensions of a tensor in the order of an operator's loops, with the strides of every operand along each, so
/// that neighbouring dimensions that all operands walk through without a break become one: an element-wise operator
/// without broadcasting sees a flat tensor, whose channels need no padding to whole words.
class IterationSpace {
 public:
  /// Dimensions of `shape`, outermost loop first. The first `outer` of them form a group, the rest another one; no
  /// dimension of one is merged with one of the other.
  IterationSpace(const Shape& shape, const Order& order, std::size_t outer = 0);

  /// Adds an operand whose strides are given for each dimension of the shape; returns its number.
  int add(const Layout& layout);
  /// Where a tensor that broadcasts to the shape lies, with a stride for each of its dimensions. Constants are asked
  /// for in the order of the loops, in the width of SIMD operands.
  [[nodiscard]] Layout place(TensorId tensor, LoweringContext& context) const;
  /// Drops dimensions of extent 1 and merges neighbours. At least one dimension of the inner group remains.
  void coalesce();

  [[nodiscard]] const std::vector<std::int64_t>& extents() const { return extents_; }
  /// Dimensions of the outer group; they come first.
  [[nodiscard]] std::size_t outer() const { return outer_; }
  /// The operand, its dimensions numbered as `extents`.
  [[nodiscard]] Access access(int operand) const;
  [[nodiscard]] const Layout& layout(int operand) const { return layouts_.at(static_cast<std::size_t>(operand)); }
  /// Bits between neighbours along each of `extents`.
  [[nodiscard]] const std::vector<std::int64_t>& strides(int operand) const {
    return strides_.at(static_cast<std::size_t>(operand));
  }

 private:
  [[nodiscard]] bool mergeable(std::size_t dim) const;

  Shape shape_;
  Order order_;
  std::size_t outer_;
  std::vector<std::int64_t> extents_;
  std::vector<Layout> layouts_;
  std::vector<std::vector<std::int64_t>> strides_;  ///< of each operand, in the order of the loops
};

}  // namespace systole
