#include <string>

#include "base/errors.h"
#include "kernels/lowering/copy.h"
#include "kernels/lowering/simd_lowerings.h"

namespace systole {

namespace {

/// Where an input lies; a constant as it would be, dense in the order of its dimensions in the output.
Layout place_of(TensorId tensor, const Order& order, int element_bits, LoweringContext& context) {
  if (context.graph().tensor(tensor).constant) return context.constant(tensor, order, element_bits);
  return context.layout(tensor);
}

/// The part of a tensor that begins at `start` along `axis`.
Layout part_at(const Layout& whole, std::size_t axis, std::int64_t start) {
  const std::optional<Layout> view = part(whole, axis, start);
  check(view.has_value(), "lowering", "a part of a tensor begins inside a byte");
  return *view;
}

/// Copies between `whole`, part by part along `axis`, and the tensors `parts`, except for those that are in their
/// place.
void copy_parts(const Node& node, LoweringContext& context, TensorId whole, const std::vector<TensorId>& parts,
                std::int64_t axis, bool join) {
  const Layout& place = context.layout(whole);
  const Order order = order_of(context.graph().shape(whole), place);
  std::int64_t start = 0;
  std::size_t in_place = 0;
  for (const TensorId id : parts) {
    const Shape& shape = context.graph().shape(id);
    const Layout slot = part_at(place, static_cast<std::size_t>(axis), start);
    const Layout own = place_of(id, order, place.element_bits, context);
    start += shape.at(static_cast<std::size_t>(axis));
    if (same_place(shape, slot, own)) {
      ++in_place;
      continue;
    }
    append_copy(node, join ? plain_copy(shape, own, slot) : plain_copy(shape, slot, own), context);
  }
  if (in_place == 0) return;
  const std::string count = std::to_string(in_place) + " of " + std::to_string(parts.size());
  context.note(context.id(node), count + " parts are in place and not copied");
}

}  // namespace

void lower_concat(const Node& node, LoweringContext& context) {
  copy_parts(node, context, node.outputs.at(0), node.inputs, std::get<ConcatAttributes>(node.attributes).axis, true);
}

void lower_split(const Node& node, LoweringContext& context) {
  copy_parts(node, context, node.inputs.at(0), node.outputs, std::get<SplitAttributes>(node.attributes).axis, false);
}

void lower_slice(const Node& node, LoweringContext& context) {
  const auto& slice = std::get<SliceAttributes>(node.attributes);
  Layout source = context.layout(node.inputs.at(0));
  for (std::size_t d = 0; d < slice.starts.size(); ++d) {
    source = part_at(source, d, slice.starts[d]);
    source.bit_strides[d] *= slice.steps[d];
  }
  append_copy(node, plain_copy(context.graph().shape(node.outputs.at(0)), source, context.layout(node.outputs[0])),
              context);
}

void lower_transpose(const Node& node, LoweringContext& context) {
  const auto& permutation = std::get<TransposeAttributes>(node.attributes).permutation;
  const Layout source = transposed(context.layout(node.inputs.at(0)), permutation);
  append_copy(node, plain_copy(context.graph().shape(node.outputs.at(0)), source, context.layout(node.outputs[0])),
              context);
}

void lower_expand(const Node& node, LoweringContext& context) {
  const TensorId input = node.inputs.at(0);
  const Shape& to = context.graph().shape(node.outputs.at(0));
  const Layout& target = context.layout(node.outputs[0]);
  const Shape& from = context.graph().shape(input);
  const Layout source = place_of(input, row_major(from.size()), target.element_bits, context);
  append_copy(node, plain_copy(to, broadcast_to(from, source, to), target), context);
}

void lower_reshape(const Node& node, LoweringContext& context) {
  const Shape& from = context.graph().shape(node.inputs.at(0));
  const Shape& to = context.graph().shape(node.outputs.at(0));
  const Layout& source = context.layout(node.inputs[0]);
  const Layout& target = context.layout(node.outputs[0]);
  if (const std::optional<Layout> view = reshaped(from, source, to)) {
    return append_copy(node, plain_copy(to, *view, target), context);
  }
  if (const std::optional<Layout> view = reshaped(to, target, from)) {
    return append_copy(node, plain_copy(from, source, *view), context);
  }
  // Both lie across the other's dimensions: by way of the order in which reshaping counts.
  Layout straight = dense_layout(from, row_major(from.size()), source.element_bits);
  straight.region = context.scratch(node, span_bytes(from, straight), source.element_bits);
  append_copy(node, plain_copy(from, source, straight), context);
  append_copy(node, plain_copy(to, *reshaped(from, straight, to), target), context);
}

}  // namespace systole
