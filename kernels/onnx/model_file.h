#pragma once

#include <string>

#include "base/errors.h"

namespace onnx {
class ModelProto;
}  // namespace onnx

namespace systole {

/// Reads and parses; the only faults found here are those of the container. Throws EnvironmentError when the file
/// cannot be read, UserError when it is not an ONNX model, is truncated, or has names that are not printable text.
void read_model(const std::string& path, onnx::ModelProto& model);

/// The version of the standard domain; throws UserError unless it is one that import reads.
[[nodiscard]] int opset_of(const onnx::ModelProto& model, const std::string& path);

/// One diagnostic for every node whose operator is not in `operators()`.
[[nodiscard]] Diagnostics unsupported_operators(const onnx::ModelProto& model, int opset, const std::string& path);

/// libonnx's checker over the whole model (initializers must already be gone, see import.cpp) or over one node. They
/// throw UserError and Rejected.
void check_model(const onnx::ModelProto& model, const std::string& path);
void check_node(const onnx::ModelProto& model, int opset, int node);

/// How messages name a node: `node 'conv1' (Conv)`, or `node 12 (Conv)` when it has no name.
[[nodiscard]] std::string describe_node(const onnx::ModelProto& model, int node);

}  // namespace systole
