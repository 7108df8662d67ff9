#include <algorithm>
#include <utility>

#include "kernels/lowering/elementwise.h"
#include "kernels/lowering/iteration_space.h"
#include "kernels/lowering/simd_layer.h"
#include "kernels/lowering/simd_lowerings.h"

namespace systole {

namespace {

using isa::Namespace;

/// Namespaces so that no instruction reads two words of one (see the sequences in elementwise.cpp): operands that are
/// combined lie in different ones, scratch in OBUF and where the second operand is.
Namespace scratch_space(int index) {
  return index == 0 ? Namespace::obuf : Namespace::vmem2;
}

}  // namespace

void lower_elementwise(const Node& node, LoweringContext& context) {
  const Graph& graph = context.graph();
  const Shape& shape = graph.shape(node.outputs.at(0));
  const Layout& output = context.layout(node.outputs.at(0));
  IterationSpace space(shape, order_of(shape, output));
  const int result = space.add(output);
  std::vector<std::optional<double>> numbers;
  std::vector<int> members;
  for (const TensorId input : node.inputs) {
    const Tensor& tensor = graph.tensor(input);
    numbers.push_back(uniform_constant(tensor));
    members.push_back(numbers.back() ? -1 : space.add(space.place(input, context)));
  }
  space.coalesce();

  SimdLayer layer(node, context);
  std::vector<int> dims;
  std::vector<Over> loops;
  for (const std::int64_t extent : space.extents()) {
    dims.push_back(layer.dim(extent));
    loops.push_back({dims.back(), 0});
  }
  const auto loaded = std::count_if(members.begin(), members.end(), [](int member) { return member >= 0; });
  // What gradients write first meets dy, in VMEM1, last.
  const bool apart_from_first = loaded <= 1 || is_activation_gradient(node.op);
  const Namespace result_space = apart_from_first ? Namespace::vmem2 : Namespace::vmem1;
  ElementwiseOperands operands;
  bool first = true;
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (members[i] < 0) {
      operands.inputs.push_back(layer.immediate(*numbers[i]));
      continue;
    }
    const int input = layer.load(space.access(members[i]), first ? Namespace::vmem1 : Namespace::vmem2);
    operands.inputs.push_back(layer.at(input));
    first = false;
  }
  operands.result = layer.at(layer.store(space.access(result), result_space));
  for (int i = 0; i < elementwise_scratch(graph, node); ++i) {
    operands.scratch.push_back(layer.at(layer.scratch(dims, scratch_space(i))));
  }
  SimdBuilder simd = layer.simd();
  layer.sweep({}, loops, elementwise_body(graph, node, operands, simd));
  layer.finish();
}

}  // namespace systole
