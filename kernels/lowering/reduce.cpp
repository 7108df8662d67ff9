#include "kernels/lowering/reduce.h"

#include <algorithm>

#include "kernels/lowering/iteration_space.h"
#include "kernels/lowering/reduction.h"
#include "kernels/lowering/simd_layer.h"
#include "kernels/lowering/simd_lowerings.h"

namespace systole {

namespace {

using isa::Namespace;
using isa::SimdOpcode;
using Kind = isa::Condition::Kind;

/// The output seen with the input's dimensions: strides of 0 along those that are reduced.
Layout along_input(const Shape& input, const std::vector<std::int64_t>& axes, const Shape& output, Layout layout) {
  const std::vector<std::int64_t> strides = layout.bit_strides;
  const bool keeps = output.size() == input.size();
  layout.bit_strides.assign(input.size(), 0);
  std::size_t next = 0;
  for (std::size_t d = 0; d < input.size(); ++d) {
    const bool reduced = std::binary_search(axes.begin(), axes.end(), static_cast<std::int64_t>(d));
    if (!reduced) layout.bit_strides[d] = strides.at(next);
    if (keeps || !reduced) ++next;
  }
  return layout;
}

/// Reduced dimensions first, each group in the order of the input's memory.
Order reduced_first(const Order& memory, const std::vector<std::int64_t>& axes) {
  Order order = memory;
  std::stable_partition(order.begin(), order.end(),
                        [&](int dim) { return std::binary_search(axes.begin(), axes.end(), dim); });
  return order;
}

}  // namespace

void lower_reduction(const Node& node, LoweringContext& context, SimdOpcode op, const std::vector<std::int64_t>& axes,
                     std::optional<double> divisor) {
  const Shape& shape = context.graph().shape(node.inputs.at(0));
  const Layout& input = context.layout(node.inputs[0]);
  const TensorId output = node.outputs.at(0);
  IterationSpace space(shape, reduced_first(order_of(shape, input), axes), axes.size());
  const int x_place = space.add(input);
  const int y_place = space.add(along_input(shape, axes, context.graph().shape(output), context.layout(output)));
  space.coalesce();

  SimdLayer layer(node, context);
  const auto middle = space.extents().begin() + static_cast<std::ptrdiff_t>(space.outer());
  const std::vector<std::int64_t> kept_extents(middle, space.extents().end());
  const Reduction reduction(layer, {space.extents().begin(), middle}, kept_extents, true, context.machine().columns);
  std::vector<int> kept;
  for (const std::int64_t extent : kept_extents) kept.push_back(layer.dim(extent));

  const int x = layer.load(reduction.access(space, x_place, kept), Namespace::vmem1);
  const int y = layer.store(reduction.access(space, y_place, kept), Namespace::vmem2);
  const int sums = reduction.split() ? layer.scratch(reduction.partial_dims(kept), Namespace::obuf) : y;
  const When last{Kind::last, reduction.dims()};
  reduction.begin(op, sums, x, kept, {Kind::first, reduction.dims()});
  reduction.extend(op, sums, x, kept, {Kind::not_first, reduction.dims()});
  if (reduction.split()) reduction.combine(op, y, sums, kept, last);
  if (divisor) {
    std::vector<Over> loops;
    for (const int dim : kept) loops.push_back({dim, 0});
    layer.sweep(last, loops, {{SimdOpcode::divide, layer.at(y), layer.at(y), layer.immediate(*divisor)}});
  }
  layer.finish();
}

void lower_reduce(const Node& node, LoweringContext& context) {
  const auto& axes = std::get<ReduceAttributes>(node.attributes).axes;
  std::optional<double> divisor;
  if (node.op == OpKind::ReduceMean) {
    divisor = static_cast<double>(element_count(context.graph().shape(node.inputs.at(0)))) /
              static_cast<double>(element_count(context.graph().shape(node.outputs.at(0))));
  }
  lower_reduction(node, context, node.op == OpKind::ReduceMax ? SimdOpcode::max : SimdOpcode::add, axes, divisor);
}

}  // namespace systole
