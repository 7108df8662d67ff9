#pragma once

#include <optional>
#include <set>
#include <string>

#include "base/errors.h"
#include "kernels/graph/graph.h"

namespace onnx {
class GraphProto;
class ValueInfoProto;
}  // namespace onnx

namespace systole {

/// Names of the graph inputs without a value in the file that are weights all the same: each use is a weight operand
/// (of Conv, Gemm, MatMul, BatchNormalization, PRelu), perhaps behind a Transpose, Reshape or the like.
[[nodiscard]] std::set<std::string> absent_weights(const onnx::GraphProto& graph);

/// The tensor that a graph input declares. With `batch`, its first dimension becomes that. Faults (no shape, symbolic
/// or zero dimensions) go to `faults` and the result is nullopt. `file` is named in them.
[[nodiscard]] std::optional<Tensor> declared_tensor(const onnx::ValueInfoProto& input,
                                                    std::optional<std::int64_t> batch, const std::string& file,
                                                    Diagnostics& faults);

/// The batch that the file was made for: the first dimension of the named input, when it is a number.
[[nodiscard]] std::optional<std::int64_t> declared_batch(const onnx::ValueInfoProto& input);

}  // namespace systole
