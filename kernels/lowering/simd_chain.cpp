#include "kernels/lowering/simd_chain.h"

#include <algorithm>
#include <map>

#include "kernels/lowering/elementwise.h"

namespace systole {

std::vector<TensorId> chain_operands(const Graph& graph, const std::vector<NodeId>& chain, TensorId running) {
  std::vector<TensorId> operands;
  for (const NodeId id : chain) {
    const Node& node = graph.node(id);
    for (const TensorId input : ordered_inputs(node, running)) {
      const bool known = std::find(operands.begin(), operands.end(), input) != operands.end();
      if (input != running && !known && !uniform_constant(graph.tensor(input))) operands.push_back(input);
    }
    running = node.outputs.front();
  }
  return operands;
}

std::size_t chain_iterators(const std::vector<NodeId>& chain, TensorId running, LoweringContext& context) {
  const Graph& graph = context.graph();
  std::size_t spare = 0;
  std::size_t scratch = 0;
  isa::SimdProgram counted;
  SimdBuilder builder(counted, context.simd_format());
  const std::size_t iterators = chain_operands(graph, chain, running).size();
  for (const NodeId id : chain) {
    const Node& node = graph.node(id);
    ElementwiseOperands operands;
    for (const TensorId input : node.inputs) {
      const std::optional<double> number = uniform_constant(graph.tensor(input));
      operands.inputs.push_back(number ? builder.immediate(*number) : 0);
    }
    operands.scratch = {0, 0};
    elementwise_body(graph, node, operands, builder);
    scratch = std::max(scratch, static_cast<std::size_t>(elementwise_scratch(graph, node)));
    if (!overwrites(graph, node, running)) spare = 1;
    running = node.outputs.front();
  }
  return iterators + counted.immediates.size() + scratch + spare;
}

Layout chain_operand_layout(TensorId operand, TensorId running, LoweringContext& context) {
  const Graph& graph = context.graph();
  const Shape& shape = graph.shape(operand);
  const Order order = shape.size() == 4 ? channels_last(4) : row_major(shape.size());
  const Layout layout = graph.tensor(operand).constant
                            ? context.constant(operand, order, context.machine().accumulator_bits)
                            : context.layout(operand);
  return broadcast_to(shape, layout, graph.shape(running));
}

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
  std::map<TensorId, int> loaded;
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
        const auto known = loaded.find(input);
        const int operand =
            known != loaded.end() ? known->second : layer.load(place.access(input), isa::Namespace::vmem1, place.when);
        loaded.emplace(input, operand);
        operands.inputs.push_back(layer.at(operand));
      }
    }
    while (static_cast<int>(scratch.size()) < elementwise_scratch(graph, node)) {
      scratch.push_back(layer.scratch(place.dims, isa::Namespace::vmem1));
    }
    for (const int area : scratch) operands.scratch.push_back(layer.at(area));
    value = in_result[i] ? result : spare;
    operands.result = layer.at(value);
    SimdBuilder simd = layer.simd();
    layer.sweep(place.when, place.loops, elementwise_body(graph, node, operands, simd));
    running = node.outputs.front();
  }
}

}  // namespace systole
