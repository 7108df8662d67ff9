#include "kernels/lowering/channel_layer.h"

#include <algorithm>

#include "kernels/lowering/simd_chain.h"

namespace systole {

namespace {

using isa::Namespace;
using Op = isa::SimdOpcode;
using Kind = isa::Condition::Kind;

/// Images and vectors seen with the channels as the inner group.
IterationSpace space_of(const Shape& shape, const std::vector<Layout>& images) {
  Order order = order_of(shape, images.front());
  std::stable_partition(order.begin(), order.end(), [](int dim) { return dim != 1; });
  IterationSpace space(shape, order, shape.size() - 1);
  for (const Layout& image : images) space.add(image);
  space.coalesce();
  return space;
}

/// A vector of C: it extends along the channels alone.
Access along_channels(const Layout& vector, int channels) {
  Access access = strided_access(vector, {});
  access.axes = {plain_axis(channels, vector.bit_strides.at(0))};
  return access;
}

}  // namespace

ChannelLayer::ChannelLayer(const Node& node, LoweringContext& context, const std::vector<Layout>& images, bool cut)
    : context_(context),
      shape_(context.graph().shape(node.inputs.at(0))),
      space_(space_of(shape_, images)),
      layer_(node, context),
      elements_(static_cast<double>(element_count(shape_) / shape_.at(1))),
      pass_(cut ? layer_.pass(2) : -1),
      reduction_(layer_, reduced(), {shape_.at(1)}, cut, context.machine().columns),
      channels_(layer_.dim(shape_.at(1))) {}

std::vector<std::int64_t> ChannelLayer::reduced() const {
  return {space_.extents().begin(), space_.extents().begin() + static_cast<std::ptrdiff_t>(space_.outer())};
}

When ChannelLayer::gathering() const {
  return cut() ? When{Kind::first, {pass_}} : When{};
}

When ChannelLayer::beginning() const {
  When first{Kind::first, reduction_.dims()};
  if (cut()) first.dims.push_back(pass_);
  return first;
}

When ChannelLayer::applying() const {
  return cut() ? When{Kind::last, {pass_}} : When{};
}

Operand ChannelLayer::load_image(int image, Namespace name) {
  return layer_.at(layer_.load(reduction_.access(space_, image, {channels_}), name));
}

int ChannelLayer::store_image(int image, Namespace name) {
  return layer_.store(reduction_.access(space_, image, {channels_}), name, applying());
}

void ChannelLayer::apply_chain(const std::vector<NodeId>& chain, TensorId running, int stored, int first) {
  const std::vector<TensorId> operands = chain_operands(context_.graph(), chain, running);
  ChainPlace place;
  place.running = running;
  place.value = stored;
  place.dims = reduction_.dims();
  for (const int dim : reduction_.partial_dims({channels_})) place.dims.push_back(dim);
  place.loops = everything();
  place.when = applying();
  place.access = [&](TensorId operand) {
    const auto number = std::find(operands.begin(), operands.end(), operand) - operands.begin();
    return reduction_.access(space_, first + static_cast<int>(number), {channels_});
  };
  append_chain(chain, place, stored, layer_, context_);
}

Operand ChannelLayer::load_vector(TensorId vector, Namespace name) {
  const bool constant = context_.graph().tensor(vector).constant;
  const Layout layout =
      constant ? context_.constant(vector, {0}, context_.machine().accumulator_bits) : context_.layout(vector);
  return layer_.at(layer_.load(along_channels(layout, channels_), name));
}

Operand ChannelLayer::store_vector(TensorId vector, Namespace name) {
  return layer_.at(layer_.store(along_channels(context_.layout(vector), channels_), name));
}

Operand ChannelLayer::channel_scratch(Namespace name) {
  return layer_.at(layer_.scratch({channels_}, name));
}

ChannelLayer::Sum ChannelLayer::sum() {
  Sum sum;
  sum.partial = layer_.scratch(reduction_.partial_dims({channels_}), Namespace::obuf);
  sum.total = layer_.scratch({channels_}, Namespace::obuf);
  std::vector<Over> words;
  for (const int dim : reduction_.partial_dims({channels_})) words.push_back({dim, 0});
  const Operand zero = number(0);
  layer_.sweep(beginning(), words, {{Op::move, partial(sum), zero, zero}});
  return sum;
}

void ChannelLayer::begin(const SimdBody& body) {
  layer_.sweep(beginning(), each_channel(), body);
}

void ChannelLayer::conclude(const std::vector<Sum>& sums, const SimdBody& body) {
  const When last{Kind::last, reduction_.dims()};
  for (const Sum& sum : sums) {
    if (reduction_.split()) {
      reduction_.combine(Op::add, sum.total, sum.partial, {channels_}, last);
    } else {
      layer_.sweep(last, each_channel(), {{Op::move, total(sum), partial(sum), partial(sum)}});
    }
  }
  layer_.nest(last, each_channel(), body);
}

void ChannelLayer::finish() {
  if (cut()) {
    std::vector<int> order{channels_, pass_};
    order.insert(order.end(), reduction_.dims().begin(), reduction_.dims().end());
    layer_.tile_order(order);
  }
  layer_.finish();
}

}  // namespace systole
