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

/// A layer in which each channel needs its neighbours. Lanes cannot see each other, so the loads bring them: the walker
/// lays `size` copies of a row of channels into VMEM, each shifted by one channel. They overlap in memory and are
/// fetched once.
class NeighbourLayer {
 public:
  /// `tensors` have the shape of node input 0; they are numbered in this order.
  NeighbourLayer(const Node& node, LoweringContext& context, std::int64_t size, const std::vector<Layout>& tensors)
      : shape_(context.graph().shape(node.inputs.at(0))),
        space_(shape_, channels_on_lanes(order_of(shape_, context.layout(node.inputs[0]))), shape_.size() - 1),
        layer_(node, context),
        k_(layer_.dim(size, false)) {
    for (const Layout& tensor : tensors) space_.add(tensor);
    space_.coalesce();
    for (const std::int64_t extent : space_.extents()) {
      dims_.push_back(layer_.dim(extent));
      outputs_.push_back({dims_.back(), 0});
    }
  }

  /// All channels from `before` before the own one on.
  int load_neighbours(int tensor, std::int64_t before, Namespace name) {
    Access shifted = access(tensor);
    Axis shift = plain_axis(k_, shifted.axes.back().bit_stride);
    shift.padded = true;
    shift.origin = -before;
    shift.extent = shape_.at(1);
    shifted.axes.insert(shifted.axes.end() - 1, shift);
    shifted.lane_window = true;
    return layer_.load(shifted, name);
  }
  Operand neighbour(int operand, std::int64_t k) { return layer_.at(operand, {{k_, k}}); }
  Operand load(int tensor, Namespace name) { return layer_.at(layer_.load(access(tensor), name)); }
  Operand store(int tensor, Namespace name) { return layer_.at(layer_.store(access(tensor), name)); }
  Operand scratch() { return layer_.at(layer_.scratch(dims_, Namespace::obuf)); }
  Operand number(double value) { return layer_.immediate(value); }

  void each(const SimdBody& body) { layer_.sweep({}, outputs_, body); }
  /// For every neighbour but the first.
  void each_further(const SimdBody& body) {
    std::vector<Over> loops = outputs_;
    loops.push_back({k_, 1});
    layer_.sweep({}, loops, body);
  }
  void finish() { layer_.finish(); }

 private:
  [[nodiscard]] Access access(int tensor) const {
    Access access = strided_access(space_.layout(tensor), {});
    for (std::size_t d = 0; d < dims_.size(); ++d) {
      access.axes.push_back(plain_axis(dims_[d], space_.strides(tensor)[d]));
    }
    return access;
  }

  const Shape& shape_;
  IterationSpace space_;
  SimdLayer layer_;
  int k_;
  std::vector<int> dims_;
  std::vector<Over> outputs_;
};

std::int64_t channels_before(const LrnAttributes& lrn) {
  return (lrn.size - 1) / 2;
}

/// t = log(bias + alpha/size * sum of the squares of the neighbours)
void logarithm_of_scale(NeighbourLayer& layer, const LrnAttributes& lrn, int x, Operand t) {
  const Operand first = layer.neighbour(x, 0);
  const Operand further = layer.neighbour(x, 1);
  layer.each({{SimdOpcode::mul, t, first, first}});
  layer.each_further({{SimdOpcode::mac, t, further, further}});
  layer.each({{SimdOpcode::mul, t, t, layer.number(lrn.alpha / static_cast<double>(lrn.size))},
              {SimdOpcode::add, t, t, layer.number(lrn.bias)},
              {SimdOpcode::log, t, t, t}});
}

}  // namespace

/// y = x * e^(-beta * log(bias + alpha/size * sum of squares)).
void lower_lrn(const Node& node, LoweringContext& context) {
  const auto& lrn = std::get<LrnAttributes>(node.attributes);
  NeighbourLayer layer(node, context, lrn.size,
                       {context.layout(node.inputs.at(0)), context.layout(node.outputs.at(0))});
  const int x = layer.load_neighbours(0, channels_before(lrn), Namespace::vmem1);
  const Operand y = layer.store(1, Namespace::vmem2);
  const Operand t = layer.scratch();
  logarithm_of_scale(layer, lrn, x, t);
  layer.each({{SimdOpcode::mul, t, t, layer.number(-lrn.beta)},
              {SimdOpcode::exp, t, t, t},
              {SimdOpcode::mul, y, layer.neighbour(x, channels_before(lrn)), t}});
  layer.finish();
}

/// With s = bias + alpha/size * sum of squares: dx = v - 2*alpha*beta/size * x * (sum of u over the channels in whose
/// windows this one is), where v = dy * s^-beta and u = dy * x * s^(-beta-1). Channels need the u of their neighbours,
/// so a first block leaves u and v in memory and a second one reads them.
void lower_lrn_gradient(const Node& node, LoweringContext& context) {
  const auto& lrn = std::get<LrnAttributes>(node.attributes);
  const Shape& shape = context.graph().shape(node.inputs.at(0));
  const Layout dy_place = context.layout(node.inputs[0]);
  const Layout x_place = context.layout(node.inputs.at(1));
  Layout u_place = dense_layout(shape, order_of(shape, dy_place), context.machine().accumulator_bits);
  Layout v_place = u_place;
  u_place.region = context.scratch(node, span_bytes(shape, u_place), u_place.element_bits);
  v_place.region = context.scratch(node, span_bytes(shape, v_place), v_place.element_bits);

  NeighbourLayer before(node, context, lrn.size, {dy_place, x_place, u_place, v_place});
  const int x = before.load_neighbours(1, channels_before(lrn), Namespace::vmem1);
  const Operand dy = before.load(0, Namespace::vmem2);
  const Operand u = before.store(2, Namespace::vmem2);
  const Operand v = before.store(3, Namespace::vmem2);
  const Operand t = before.scratch();
  const Operand power = before.scratch();
  logarithm_of_scale(before, lrn, x, t);
  before.each({{SimdOpcode::mul, power, t, before.number(-lrn.beta)},
               {SimdOpcode::exp, power, power, power},
               {SimdOpcode::mul, v, power, dy},
               {SimdOpcode::mul, power, t, before.number(-lrn.beta - 1)},
               {SimdOpcode::exp, power, power, power},
               {SimdOpcode::mul, power, power, dy},
               {SimdOpcode::mul, u, power, before.neighbour(x, channels_before(lrn))}});
  before.finish();

  NeighbourLayer behind(node, context, lrn.size, {u_place, v_place, x_place, context.layout(node.outputs.at(0))});
  const int all_u = behind.load_neighbours(0, lrn.size - 1 - channels_before(lrn), Namespace::vmem1);
  const Operand own_v = behind.load(1, Namespace::vmem2);
  const Operand own_x = behind.load(2, Namespace::vmem2);
  const Operand dx = behind.store(3, Namespace::vmem2);
  const Operand sum = behind.scratch();
  const Operand first_u = behind.neighbour(all_u, 0);
  behind.each({{SimdOpcode::move, sum, first_u, first_u}});
  behind.each_further({{SimdOpcode::add, sum, sum, behind.neighbour(all_u, 1)}});
  behind.each({{SimdOpcode::mul, sum, sum, own_x},
               {SimdOpcode::mul, sum, sum, behind.number(-2 * lrn.alpha * lrn.beta / static_cast<double>(lrn.size))},
               {SimdOpcode::add, dx, sum, own_v}});
  behind.finish();
}

}  // namespace systole
