#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/errors.h"
#include "kernels/graph/graph.h"

namespace systole::training {

/// The gradients of a network's tensors while nodes are gone through from the last to the first. Gradients are nodes
/// appended to the graph; what several readers of a tensor contribute is summed.
class Backward {
 public:
  /// `wanted[t]`: something that is trained lies behind tensor t, so its gradient is needed. `weights` are those
  /// that are trained themselves.
  Backward(Graph& graph, std::vector<bool> wanted, std::set<TensorId> weights);

  [[nodiscard]] Graph& graph() { return graph_; }
  [[nodiscard]] bool wanted(TensorId id) const;
  [[nodiscard]] bool is_weight(TensorId id) const { return weights_.count(id) != 0; }
  /// One reader's contribution to the gradient by `id`.
  void contribute(TensorId id, TensorId gradient) { contributions_[id].push_back(gradient); }
  /// The gradient by `id` when all its readers have been gone through; nullopt when the loss does not depend on it.
  std::optional<TensorId> gradient(TensorId id);

  /// Appends a node that makes tensors of these shapes, named after it.
  std::vector<TensorId> append(const std::string& name, TrainingPhase phase, OpKind op, std::vector<TensorId> inputs,
                               const std::vector<Shape>& shapes, Attributes attributes);
  /// `name`, or `name_2`, .. when it is taken.
  std::string unique(const std::string& name);

  void refuse(Diagnostic fault) { faults_.push_back(std::move(fault)); }
  /// Of nodes that cannot be trained through, the last one first.
  [[nodiscard]] const std::vector<Diagnostic>& faults() const { return faults_; }

 private:
  Graph& graph_;
  std::vector<bool> wanted_;
  std::set<TensorId> weights_;
  std::map<TensorId, std::vector<TensorId>> contributions_;
  std::map<TensorId, TensorId> sums_;
  std::set<std::string> names_;
  std::vector<Diagnostic> faults_;
};

/// What the gradient of one forward node sees and appends. Names are `<node>/<part>`.
class NodeGradient {
 public:
  NodeGradient(Backward& backward, Node node) : backward_(backward), node_(std::move(node)) {}

  [[nodiscard]] const Node& node() const { return node_; }
  [[nodiscard]] Shape shape(TensorId id) const { return backward_.graph().shape(id); }
  [[nodiscard]] Shape in_shape(std::size_t i) const { return shape(node_.inputs.at(i)); }
  [[nodiscard]] TensorId in(std::size_t i) const { return node_.inputs.at(i); }
  [[nodiscard]] TensorId out(std::size_t i = 0) const { return node_.outputs.at(i); }
  template <typename Kind>
  [[nodiscard]] const Kind& attributes() const {
    return std::get<Kind>(node_.attributes);
  }

  /// The gradient by output i; nullopt when the loss does not depend on it.
  [[nodiscard]] std::optional<TensorId> gradient(std::size_t i) { return backward_.gradient(out(i)); }
  /// The gradient by the only output that has one.
  [[nodiscard]] TensorId dy() { return backward_.gradient(out()).value(); }
  [[nodiscard]] bool wants(std::size_t i) const { return i < node_.inputs.size() && backward_.wanted(node_.inputs[i]); }
  /// Is input i a tensor that is trained? Its gradient is a weight's, not one of data.
  [[nodiscard]] bool is_weight(std::size_t i) const { return backward_.is_weight(in(i)); }
  void give(std::size_t i, TensorId gradient) { backward_.contribute(in(i), gradient); }
  /// This node cannot be trained through. What lies before it is looked at all the same, for its faults.
  void refuse(const std::string& reason);

  std::vector<TensorId> emit_all(const char* part, TrainingPhase phase, OpKind op, std::vector<TensorId> inputs,
                                 const std::vector<Shape>& shapes, Attributes attributes);
  TensorId emit(const char* part, TrainingPhase phase, OpKind op, std::vector<TensorId> inputs, const Shape& shape,
                Attributes attributes = NoAttributes{}) {
    return emit_all(part, phase, op, std::move(inputs), {shape}, std::move(attributes)).front();
  }
  TensorId emit(OpKind op, std::vector<TensorId> inputs, const Shape& shape, Attributes attributes = NoAttributes{}) {
    return emit("grad", TrainingPhase::Grad, op, std::move(inputs), shape, std::move(attributes));
  }

  /// Every element is `value`.
  TensorId fill(double value, const Shape& shape = {});
  /// Products and sums by numpy's rule, for as long as they are not uniform constants: those are known here.
  TensorId mul(TensorId a, TensorId b);
  TensorId scaled(TensorId a, double factor);
  /// `tensor` broadcast to `shape`.
  TensorId expanded(TensorId tensor, const Shape& shape);
  /// What a broadcast of `shape` contributed, summed back to `shape`.
  TensorId summed_to(TensorId gradient, const Shape& shape, const char* part = "grad");
  /// The same elements in another shape; nothing where the shape is right already.
  TensorId reshaped(TensorId tensor, const Shape& shape);
  /// The value of a constant that is the same everywhere.
  [[nodiscard]] std::optional<double> uniform(TensorId id) const;

 private:
  Backward& backward_;
  Node node_;  ///< a copy: the graph's nodes move as it grows
};

}  // namespace systole::training
