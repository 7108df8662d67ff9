#pragma once

#include <string>
#include <utility>
#include <vector>

#include "kernels/graph/graph.h"

namespace systole {

/// Appends the nodes of something composed, such as a loss: all are named `<name>/<part>`.
class NodeAppender {
 public:
  NodeAppender(Graph& graph, std::string name, TrainingPhase phase = TrainingPhase::Forward)
      : graph_(graph), name_(std::move(name)), phase_(phase) {}

  /// A node of one output.
  TensorId add(const char* part, OpKind op, std::vector<TensorId> inputs, const Shape& shape,
               Attributes attributes = NoAttributes{});
  TensorId constant(const char* part, const Shape& shape, Values values);
  /// A constant scalar.
  TensorId number(const char* part, double value) { return constant(part, {}, Fill{value}); }
  /// The sum of all elements.
  TensorId total(const char* part, TensorId of);

 private:
  Graph& graph_;
  std::string name_;
  TrainingPhase phase_;
};

}  // namespace systole
