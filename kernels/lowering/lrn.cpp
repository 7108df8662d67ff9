#include <algorithm>

#include "kernels/lowering/iteration_space.h"
#include "kernels/lowering/simd_layer.h"
#include "kernels/lowering/simd_lowerings.h"

namespace systole {

namespace {

using isa::Namespace;
using isa::SimdOpcode;

/// The channel dimension last: on the lanes.
Order channels_on_lanes(Order order) {
  std::rotate(std::find(order.begin(), order.end(), 1), std::find(order.begin(), order.end(), 1) + 1, order.end());
  return order;
}

}  // namespace

/// Lanes cannot see their neighbours, so the loads bring them: the walker lays `size` copies of a row of channels into
/// VMEM, each shifted by one channel. They overlap in memory and are fetched once. Then
/// y = x * e^(-beta * log(bias + alpha/size * sum of squares)).
void lower_lrn(const Node& node, LoweringContext& context) {
  const auto& lrn = std::get<LrnAttributes>(node.attributes);
  const Shape& shape = context.graph().shape(node.inputs.at(0));
  const Layout& input = context.layout(node.inputs[0]);
  IterationSpace space(shape, channels_on_lanes(order_of(shape, input)), shape.size() - 1);
  const int x_place = space.add(input);
  const int y_place = space.add(context.layout(node.outputs.at(0)));
  space.coalesce();

  SimdLayer layer(node, context);
  const int k = layer.dim(lrn.size, false);
  std::vector<int> dims;
  std::vector<Over> outputs;
  for (const std::int64_t extent : space.extents()) {
    dims.push_back(layer.dim(extent));
    outputs.push_back({dims.back(), 0});
  }
  const auto operand = [&](int place) {
    Access access = strided_access(space.layout(place), {});
    for (std::size_t d = 0; d < dims.size(); ++d) access.axes.push_back(plain_axis(dims[d], space.strides(place)[d]));
    return access;
  };
  const std::int64_t before = (lrn.size - 1) / 2;
  Access shifted = operand(x_place);
  Axis shift = plain_axis(k, shifted.axes.back().bit_stride);
  shift.padded = true;
  shift.origin = -before;
  shift.extent = shape.at(1);
  shifted.axes.insert(shifted.axes.end() - 1, shift);
  shifted.lane_window = true;

  const int x = layer.load(shifted, Namespace::vmem1);
  const Operand y = layer.at(layer.store(operand(y_place), Namespace::vmem2));
  const Operand t = layer.at(layer.scratch(dims, Namespace::obuf));
  layer.sweep({}, outputs, {{SimdOpcode::mul, t, layer.at(x), layer.at(x)}});
  std::vector<Over> neighbours = outputs;
  neighbours.push_back({k, 1});
  const Operand neighbour = layer.at(x, {{k, 1}});
  layer.sweep({}, neighbours, {{SimdOpcode::mac, t, neighbour, neighbour}});
  layer.sweep({}, outputs,
              {{SimdOpcode::mul, t, t, layer.immediate(lrn.alpha / static_cast<double>(lrn.size))},
               {SimdOpcode::add, t, t, layer.immediate(lrn.bias)},
               {SimdOpcode::log, t, t, t},
               {SimdOpcode::mul, t, t, layer.immediate(-lrn.beta)},
               {SimdOpcode::exp, t, t, t},
               {SimdOpcode::mul, y, layer.at(x, {{k, before}}), t}});
  layer.finish();
}

}  // namespace systole
