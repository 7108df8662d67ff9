#include "kernels/lowering/softmax_space.h"

#include <algorithm>

namespace systole {

IterationSpace softmax_space(const Node& node, LoweringContext& context) {
  const auto& axes = std::get<SoftmaxAttributes>(node.attributes);
  const Shape& shape = context.graph().shape(node.outputs.at(0));
  Order order = order_of(shape, context.layout(node.inputs.back()));
  std::stable_partition(order.begin(), order.end(),
                        [&](int dim) { return dim >= axes.first_axis && dim < axes.last_axis; });
  IterationSpace space(shape, order, static_cast<std::size_t>(axes.last_axis - axes.first_axis));
  for (const TensorId input : node.inputs) space.add(context.layout(input));
  space.add(context.layout(node.outputs[0]));
  space.coalesce();
  return space;
}

}  // namespace systole
