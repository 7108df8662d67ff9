#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "kernels/graph/graph.h"

namespace onnx {
class TensorProto;
}  // namespace onnx

namespace systole {

/// ONNX's TensorProto.DataType as ours; nullopt for strings, complex numbers and unknown types.
[[nodiscard]] std::optional<ElementType> element_type(std::int64_t onnx_type);
/// The inverse.
[[nodiscard]] int onnx_type(ElementType type);
[[nodiscard]] bool is_integer(ElementType type);

/// A constant from the file. A tensor with a shape and no data at all is legal here and becomes Absent. Data kept in a
/// second file (external data) are read from `folder`; when that file is not there, they are Absent. Throws Rejected:
/// element type, negative extents, too many elements, data that do not fit the shape.
[[nodiscard]] Tensor tensor_from(const onnx::TensorProto& proto, const std::string& folder);

/// A constant for libonnx's shape inference. False, and nothing written, unless its values are known integers and few.
[[nodiscard]] bool to_proto(const Tensor& tensor, onnx::TensorProto& proto);

/// Throws Rejected when the shape is none that a graph may have: an extent below `least`, more than kMaxElements.
void require_valid(const Shape& shape, const std::string& name, std::int64_t least);

}  // namespace systole
