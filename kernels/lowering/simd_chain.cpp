#include "kernels/lowering/simd_chain.h"

#include <algorithm>

#include "kernels/lowering/elementwise.h"

namespace systole {

void append_chain(const std::vector<NodeId>& chain, const ChainPlace& place, int result, SimdLayer& layer,
                  LoweringContext& context) {
  const Graph& graph = context.graph();
  // From the last node back: one that may not overwrite what it reads finds it in the other place.
  std::vector<bool> in_result(chain.size(), true);
  for (std::size_t i = chain.size(); i-- > 1;) {
    const TensorId running = graph.node(chain[i - 1]).outputs.front();
    in_result[i - 1] = overwrites(graph, graph.node(chain[i]), running) == in_result[i];
  }
  int spare = -1;
  std::vector<int> scratch;
  TensorId running = place.running;
  int value = place.value;
  for (std::size_t i = 0; i < chain.size(); ++i) {
    const Node& node = graph.node(chain[i]);
    layer.belongs_to(node);
    if (!in_result[i] && spare < 0) spare = layer.scratch(place.dims, isa::Namespace::obuf);
    ElementwiseOperands operands;
    for (const TensorId input : ordered_inputs(node, running)) {
      const std::optional<double> number = uniform_constant(graph.tensor(input));
      if (input == running) {
        operands.inputs.push_back(layer.at(value));
      } else if (number) {
        operands.inputs.push_back(layer.immediate(*number));
      } else {
        const Shape& shape = graph.shape(input);
        const Layout layout = graph.tensor(input).constant ? context.constant(input, channels_last(shape.size()),
                                                                              context.machine().accumulator_bits)
                                                           : context.layout(input);
        const Access access = place.access(broadcast_to(shape, layout, graph.shape(running)));
        operands.inputs.push_back(layer.at(layer.load(access, isa::Namespace::vmem1)));
      }
    }
    while (static_cast<int>(scratch.size()) < elementwise_scratch(graph, node)) {
      scratch.push_back(layer.scratch(place.dims, isa::Namespace::vmem1));
    }
    for (const int area : scratch) operands.scratch.push_back(layer.at(area));
    value = in_result[i] ? result : spare;
    operands.result = layer.at(value);
    SimdBuilder simd = layer.simd();
    layer.sweep({}, place.loops, elementwise_body(graph, node, operands, simd));
    running = node.outputs.front();
  }
}

}  // namespace systole
