#pragma once

#include <optional>
#include <vector>

#include "kernels/graph/graph.h"

namespace systole {

/// One number a channel; nullopt when they come from values that are not in the file.
using ChannelVector = std::optional<std::vector<float>>;

/// A node that computes scale[c]*x + shift[c] with constants: inference batch normalization, or Add, Sub, Mul, Div with
/// a constant that differs between channels only.
struct ChannelAffine {
  TensorId data;        ///< x
  bool scales = false;  ///< false: every scale is 1 (Add, Sub)
  ChannelVector scale;  ///< scale and shift have one element a channel
  ChannelVector shift;
};

/// `node` as an affine operator over the channels of dimension `axis`; nullopt when it is none,
/// or has more than 2^20 channels.
[[nodiscard]] std::optional<ChannelAffine> channel_affine(const Graph& graph, const Node& node, std::size_t axis);

/// The values of a constant of this shape after each slice along `axis` has been multiplied by its factor. A Fill stays
/// small (Fill or RowFill) along axis 0; elsewhere one of more than 2^24 elements becomes Absent rather than be written
/// out.
[[nodiscard]] Values scaled(const Values& values, const Shape& shape, std::size_t axis, const ChannelVector& factors);

/// scale*x + shift element by element; nullopt when one of them is.
[[nodiscard]] ChannelVector multiply_add(const ChannelVector& scale, const ChannelVector& x,
                                         const ChannelVector& shift);

/// A vector of channels as the values of a tensor, and back.
[[nodiscard]] Values to_values(const ChannelVector& vector);
[[nodiscard]] ChannelVector to_channels(const Tensor& tensor);

}  // namespace systole
