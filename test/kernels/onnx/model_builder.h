#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/errors.h"
#include "kernels/onnx/import.h"

namespace systole::test {

using Ints = std::vector<std::int64_t>;

/// A node's attribute from what it holds.
onnx::AttributeProto attribute(const std::string& name, std::int64_t value);
onnx::AttributeProto attribute(const std::string& name, float value);
onnx::AttributeProto attribute(const std::string& name, const char* value);
onnx::AttributeProto attribute(const std::string& name, const Ints& values);

/// Writes small ONNX files for tests. Every method returns the model, so that calls chain.
class Model {
 public:
  explicit Model(int opset = 13);

  /// A graph input; an extent below 0 is symbolic ("N").
  Model& input(const std::string& name, const Ints& shape, int type = onnx::TensorProto::FLOAT);
  Model& output(const std::string& name);
  /// Initializers: all elements known, or none of them.
  Model& floats(const std::string& name, const Ints& shape, const std::vector<float>& values);
  Model& ints(const std::string& name, const Ints& values);
  Model& no_values(const std::string& name, const Ints& shape);
  /// A weight as ConstantOfShape.
  Model& fill(const std::string& name, const Ints& shape, float value);
  Model& node(const std::string& op, const std::vector<std::string>& inputs, const std::vector<std::string>& outputs,
              const std::vector<onnx::AttributeProto>& attributes = {}, const std::string& name = "");

  /// The file's bytes.
  [[nodiscard]] std::string bytes() const { return proto_.SerializeAsString(); }
  [[nodiscard]] onnx::ModelProto& proto() { return proto_; }
  [[nodiscard]] Graph import(const ImportOptions& options = {}) const;
  /// The diagnostics of an import that must fail, one a line; empty when it succeeds.
  [[nodiscard]] std::string faults(const ImportOptions& options = {}) const;

 private:
  onnx::ModelProto proto_;
};

/// Imports bytes as if they were a file; the file is gone afterwards.
[[nodiscard]] Graph import_bytes(const std::string& bytes, const ImportOptions& options = {});

}  // namespace systole::test
