#pragma once

#include <cstdint>
#include <vector>

#include "kernels/onnx/node_import.h"

/// Values of operators on constants: old graphs compute shapes and rearrange weights this way. Each function returns
/// the values of the only output; Absent when an operand's values are absent, or when writing them out would take more
/// than the importer's limit. A Fill stays a Fill wherever it can, so huge constants cost nothing.
namespace systole::fold {

// fold.cpp: sources of constants
Values constant(const NodeImport& node);
Values constant_of_shape(const NodeImport& node);
Values shape(const NodeImport& node);
Values cast(const NodeImport& node);

// fold_movement.cpp: the same elements elsewhere
Values copy(const NodeImport& node);
Values transpose(const NodeImport& node);
Values slice(const NodeImport& node);
Values gather(const NodeImport& node);
Values concat(const NodeImport& node);

// fold_arithmetic.cpp
Values add(const NodeImport& node);
Values sub(const NodeImport& node);
Values mul(const NodeImport& node);
Values div(const NodeImport& node);
Values sqrt(const NodeImport& node);
Values exp(const NodeImport& node);

// convert_quantized.cpp
Values dequantize_linear(const NodeImport& node);

/// Offsets into a row-major source for every element of `out`, in order: `base` plus the index times `strides` (0
/// broadcasts).
[[nodiscard]] std::vector<std::size_t> strided_offsets(const Shape& out, std::int64_t base,
                                                       const std::vector<std::int64_t>& strides);
/// Row-major strides of a shape.
[[nodiscard]] std::vector<std::int64_t> row_major_strides(const Shape& shape);
/// Strides that read `in` as if it had been broadcast to `out`.
[[nodiscard]] std::vector<std::int64_t> broadcast_strides(const Shape& in, const Shape& out);

}  // namespace systole::fold
