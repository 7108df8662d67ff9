#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kernels/graph/graph.h"
#include "kernels/plan/region.h"

/// Where the elements of a tensor are in memory.
namespace systole {

/// Element (i0, i1, ..) of a tensor is at bit `8*offset + sum(i_d * bit_strides[d])` of the region. A tensor that
/// aliases another one (a free reshape, a part of a concatenation) has the same region. Element widths below a byte
/// occur only where every run that is ever addressed begins at a whole byte.
struct Layout {
  RegionId region{};
  std::int64_t offset = 0;                ///< bytes from the region's start
  int element_bits = 32;                  ///< 4, 8, 16 or 32
  std::vector<std::int64_t> bit_strides;  ///< one for each dimension of the tensor, outermost first

  /// Bytes between neighbours along `dim`; InternalError when they are no whole number of bytes apart.
  [[nodiscard]] std::int64_t byte_stride(std::size_t dim) const;
};

/// Dimensions of a tensor from the outermost in memory to the innermost.
using Order = std::vector<int>;

/// Channels last: batch, spatial dimensions, channel (N, H, W, C for an image; N, L, C for a sequence).
Order channels_last(std::size_t rank);
Order row_major(std::size_t rank);

/// Strides without gaps in the order given; region and offset are left for the caller.
Layout dense_layout(const Shape& shape, const Order& order, int element_bits);

/// The order of the dimensions in memory, outermost first; dimensions of extent 1 take the place of their own stride.
Order order_of(const Shape& shape, const Layout& layout);
/// Is there no gap between elements?
bool is_dense(const Shape& shape, const Layout& layout);
/// Are neighbours along `dim` next to each other? True for an extent of 1.
bool is_contiguous(const Shape& shape, const Layout& layout, std::size_t dim);
/// Bytes from the first element to the end of the last.
std::int64_t span_bytes(const Shape& shape, const Layout& layout);

/// The same memory seen with another shape of as many elements in the same logical order, if strides can express it.
std::optional<Layout> reshaped(const Shape& from, const Layout& layout, const Shape& to);
/// Dimension i of the result is dimension permutation[i] of the operand.
Layout transposed(const Layout& layout, const std::vector<std::int64_t>& permutation);
/// The part that begins at `start` along `dim`; nullopt when that is no whole byte.
std::optional<Layout> part(const Layout& layout, std::size_t dim, std::int64_t start);

/// Strides of a tensor as seen by an operator that broadcasts it to `to` (numpy's rule): 0 along broadcast dimensions.
Layout broadcast_to(const Shape& from, const Layout& layout, const Shape& to);

}  // namespace systole
