#pragma once

#include <string>
#include <utility>
#include <vector>

#include "kernels/graph/graph.h"

namespace systole::test {

/// Builds graphs by hand, tensor by tensor, for tests.
struct SmallGraph {
  Graph graph;

  TensorId input(const std::string& name, const Shape& shape) {
    graph.inputs.push_back(graph.add(Tensor{name, shape, ElementType::Float32, false, Absent{}}));
    return graph.inputs.back();
  }
  TensorId constant(const std::string& name, const Shape& shape, Values values) {
    return graph.add(Tensor{name, shape, ElementType::Float32, true, std::move(values)});
  }
  /// A node named after its only output.
  TensorId node(const std::string& name, OpKind op, std::vector<TensorId> inputs, const Shape& shape,
                Attributes attributes = NoAttributes{}) {
    const TensorId made = graph.add(Tensor{name, shape, ElementType::Float32, false, Absent{}});
    graph.add(Node{name, to_string(op), op, std::move(inputs), {made}, std::move(attributes), {}});
    return made;
  }
  Graph& output(TensorId id) {
    graph.outputs.push_back(id);
    return graph;
  }
  /// A 1x1 convolution of a {1,2,1,1} input "x" with weights {2,2,1,1}: channel sums by hand stay easy.
  TensorId conv(Values weight) {
    const TensorId x = input("x", {1, 2, 1, 1});
    return node("conv", OpKind::Conv, {x, constant("w", {2, 2, 1, 1}, std::move(weight))}, {1, 2, 1, 1},
                ConvAttributes{});
  }
};

}  // namespace systole::test
