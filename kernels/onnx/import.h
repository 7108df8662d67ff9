#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "kernels/graph/graph.h"

namespace systole {

struct ImportOptions {
  /// Replaces the first dimension of every graph input that is not a weight, fixed or symbolic; at least 1.
  std::optional<std::int64_t> batch;
  /// Graph inputs to take as constants with these values, by name: a file that leaves its weights, axes or limits to
  /// the caller.
  std::map<std::string, Tensor> constants;
};

/// An ONNX file as a graph: one normal form for opsets 7 to 17, every shape known, operators on constants folded away,
/// nodes that no output needs removed.
///
/// A weight may be an initializer, an initializer without data, a `ConstantOfShape`, or a graph input that nothing but
/// weight operands read. With `batch`, a Reshape whose constant target begins with the old batch gets the new one
/// there; a target computed from shapes follows by itself.
///
/// Throws EnvironmentError (the file cannot be read) and UserError with all faults: not an ONNX model, opset, symbolic
/// or missing dimensions, and every unsupported operator and attribute by node.
[[nodiscard]] Graph import_onnx(const std::string& path, const ImportOptions& options = {});

/// A tensor that a file of its own holds (a serialized TensorProto, as in ONNX's test data), as a constant. Throws
/// EnvironmentError and UserError.
[[nodiscard]] Tensor read_tensor(const std::string& path);

}  // namespace systole
