#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "kernels/graph/graph.h"

namespace onnx {
class AttributeProto;
class NodeProto;
}  // namespace onnx

namespace systole {

/// A node that cannot be imported: what is unsupported or wrong about it. Import turns it into a Diagnostic.
class Rejected : public std::runtime_error {
 public:
  explicit Rejected(const std::string& cause, std::string hint = "")
      : std::runtime_error(cause), hint_(std::move(hint)) {}
  [[nodiscard]] const std::string& hint() const { return hint_; }

 private:
  std::string hint_;
};

/// An output of a node of the file, after shape inference.
struct OutputInfo {
  std::string name;  ///< empty: the file leaves this output out
  Shape shape;
  ElementType type = ElementType::Float32;
  bool used = false;  ///< read by another node, or an output of the graph
};

/// One node of the file on its way into the graph: its attributes, its operands, the inferred shapes of its outputs.
/// Converters (convert_*.cpp) read it and `emit`; folders (fold*.cpp) read it and return values.
class NodeImport {
 public:
  NodeImport(const onnx::NodeProto& proto, int opset, std::string unique_name, Graph& graph,
             std::vector<std::optional<TensorId>> inputs, std::vector<OutputInfo> outputs, std::int64_t fold_limit);

  [[nodiscard]] int opset() const { return opset_; }
  [[nodiscard]] const onnx::NodeProto& proto() const { return proto_; }
  /// Of the graph's nodes that this one becomes.
  [[nodiscard]] const std::string& name() const { return name_; }
  /// For what several nodes make: the caller appends them and says with `adopt` which tensors are the outputs.
  [[nodiscard]] Graph& graph() { return graph_; }

  // Attributes; the second argument is the value when the node does not give one.
  [[nodiscard]] const onnx::AttributeProto* attribute(const std::string& name) const;  ///< null when absent
  [[nodiscard]] std::int64_t integer(const std::string& name, std::int64_t otherwise) const;
  [[nodiscard]] double real(const std::string& name, double otherwise) const;
  [[nodiscard]] std::string text(const std::string& name, const std::string& otherwise) const;
  [[nodiscard]] std::optional<std::vector<std::int64_t>> integers(const std::string& name) const;

  // Inputs.
  [[nodiscard]] std::size_t input_count() const { return inputs_.size(); }
  [[nodiscard]] bool has_input(std::size_t i) const { return i < inputs_.size() && inputs_[i].has_value(); }
  [[nodiscard]] TensorId input(std::size_t i) const;
  [[nodiscard]] const Tensor& operand(std::size_t i) const { return graph_.tensor(input(i)); }
  [[nodiscard]] const Shape& shape(std::size_t i) const { return operand(i).shape; }
  [[nodiscard]] std::int64_t rank(std::size_t i) const { return static_cast<std::int64_t>(shape(i).size()); }
  /// All inputs, none of them left out.
  [[nodiscard]] std::vector<TensorId> all_inputs() const;
  /// The values of an input that must be known at import (axes, pads); nullopt when the node leaves it out.
  [[nodiscard]] std::optional<std::vector<std::int64_t>> constant_integers(std::size_t i) const;
  [[nodiscard]] std::optional<double> constant_real(std::size_t i) const;
  /// Rejects the node unless input i is a constant; `role` says what it is ("weight").
  void require_constant(std::size_t i, const char* role) const;

  // Outputs.
  [[nodiscard]] const std::vector<OutputInfo>& outputs() const { return outputs_; }
  [[nodiscard]] const OutputInfo& output() const { return outputs_.at(0); }
  /// Rejects the node when an output after the first is used; `why` completes "output 'mask' is used: ".
  void require_single_output(const char* why) const;

  /// May folding write the output out, element by element? Keeps hostile shapes from costing memory.
  [[nodiscard]] bool may_write_out() const { return element_count(output().shape) <= fold_limit_; }

  /// Adds a graph node under this node's name that makes the first output, or all of them.
  void emit(OpKind op, std::vector<TensorId> inputs, Attributes attributes = NoAttributes{});
  /// Like `emit` for an operator that works on other ranks than the file's: it makes `inner`, a Reshape the output's
  /// shape.
  void emit_through(const Shape& inner, OpKind op, std::vector<TensorId> inputs, Attributes attributes);
  /// Input i with another shape of as many elements: a constant is copied, for anything else a Reshape is added.
  [[nodiscard]] TensorId reshaped(std::size_t i, const Shape& shape);
  /// A node beside the one that has this node's name, and its output.
  TensorId emit_helper(const std::string& suffix, OpKind op, std::vector<TensorId> inputs, Attributes attributes,
                       const Shape& shape, ElementType type);
  /// A constant that this node needs and the file does not have.
  TensorId add_constant(const std::string& suffix, const Shape& shape, ElementType type, Values values);
  /// The first outputs are these tensors of the graph; they get their names.
  void adopt(const std::vector<TensorId>& made);
  void emit_all_outputs(OpKind op, std::vector<TensorId> inputs, Attributes attributes);
  /// The tensors that `emit` made, in the order of outputs().
  [[nodiscard]] const std::vector<TensorId>& emitted() const { return emitted_; }

 private:
  void emit_outputs(OpKind op, std::vector<TensorId> inputs, Attributes attributes, std::size_t count);

  const onnx::NodeProto& proto_;
  int opset_;
  std::string name_;
  Graph& graph_;
  std::vector<std::optional<TensorId>> inputs_;
  std::vector<OutputInfo> outputs_;
  std::int64_t fold_limit_;
  std::vector<TensorId> emitted_;
};

/// `axis` counted from the front; the caller knows that it is in range.
[[nodiscard]] inline std::int64_t from_front(std::int64_t axis, std::int64_t rank) {
  return axis < 0 ? axis + rank : axis;
}

}  // namespace systole
