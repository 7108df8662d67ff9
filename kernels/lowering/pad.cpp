#include <algorithm>
#include <limits>

#include "base/errors.h"
#include "kernels/lowering/copy.h"
#include "kernels/lowering/iteration_space.h"
#include "kernels/lowering/simd_layer.h"
#include "kernels/lowering/simd_lowerings.h"

namespace systole {

namespace {

/// Output indices start .. start+count-1 of a dimension, which read input indices from `source` on in steps.
struct Segment {
  std::int64_t start;
  std::int64_t count;
  std::int64_t source;
  std::int64_t step;
};

/// The pieces of a dimension that are copied from the input: the middle, and for the modes that repeat the image, what
/// is before and behind it.
std::vector<Segment> segments(const PadAttributes& pad, std::size_t dim, std::int64_t extent) {
  const std::int64_t begin = pad.begin.at(dim);
  const std::int64_t end = pad.end.at(dim);
  const std::int64_t cropped = std::max<std::int64_t>(-begin, 0);
  const std::int64_t before = std::max<std::int64_t>(begin, 0);
  const std::int64_t middle = extent - cropped - std::max<std::int64_t>(-end, 0);
  std::vector<Segment> result{{before, middle, cropped, 1}};
  if (pad.mode == PadMode::Constant) return result;
  const bool reflect = pad.mode == PadMode::Reflect;
  if (begin > 0) result.push_back({0, begin, reflect ? begin : 0, reflect ? -1 : 0});
  if (end > 0) result.push_back({before + middle, end, reflect ? extent - 2 : extent - 1, reflect ? -1 : 0});
  return result;
}

/// Copies the piece that takes one segment of each dimension.
void copy_piece(const Node& node, LoweringContext& context, const std::vector<Segment>& piece) {
  Layout source = context.layout(node.inputs.at(0));
  Layout target = context.layout(node.outputs.at(0));
  Shape shape;
  for (std::size_t d = 0; d < piece.size(); ++d) {
    const std::optional<Layout> from = part(source, d, piece[d].source);
    const std::optional<Layout> to = part(target, d, piece[d].start);
    check(from && to, "lowering", "a padded tensor's piece begins inside a byte");
    source = *from;
    target = *to;
    source.bit_strides[d] *= piece[d].step;
    shape.push_back(piece[d].count);
  }
  append_copy(node, plain_copy(shape, source, target), context);
}

void copy_pieces(const Node& node, LoweringContext& context, const PadAttributes& pad,
                 std::vector<Segment> piece = {}) {
  const Shape& shape = context.graph().shape(node.inputs.at(0));
  if (piece.size() == shape.size()) return copy_piece(node, context, piece);
  for (const Segment& segment : segments(pad, piece.size(), shape[piece.size()])) {
    if (segment.count <= 0) continue;
    piece.push_back(segment);
    copy_pieces(node, context, pad, piece);
    piece.pop_back();
  }
}

/// The walker itself fills what lies outside the image.
void copy_filled(const Node& node, LoweringContext& context, const PadAttributes& pad, isa::Fill fill) {
  const Shape& in = context.graph().shape(node.inputs.at(0));
  Copy copy = plain_copy(context.graph().shape(node.outputs.at(0)), context.layout(node.inputs[0]),
                         context.layout(node.outputs[0]));
  copy.fill = fill;
  for (std::size_t d = 0; d < in.size(); ++d) {
    if (pad.begin[d] == 0 && pad.end[d] == 0) continue;
    copy.dims[d].padded = true;
    copy.dims[d].origin = -pad.begin[d];
    copy.dims[d].source_extent = in[d];
  }
  append_copy(node, copy, context);
}

/// A block that sets every element of the output.
void write_everywhere(const Node& node, LoweringContext& context, double value) {
  const TensorId output = node.outputs.at(0);
  const Layout& layout = context.layout(output);
  IterationSpace space(context.graph().shape(output), order_of(context.graph().shape(output), layout));
  const int place = space.add(layout);
  space.coalesce();
  SimdLayer layer(node, context);
  std::vector<Over> loops;
  for (const std::int64_t extent : space.extents()) loops.push_back({layer.dim(extent), 0});
  const Operand y = layer.at(layer.store(space.access(place), isa::Namespace::vmem1));
  const Operand number = layer.immediate(value);
  layer.sweep({}, loops, {{isa::SimdOpcode::move, y, number, number}});
  layer.finish();
}

}  // namespace

void lower_pad(const Node& node, LoweringContext& context) {
  const auto& pad = std::get<PadAttributes>(node.attributes);
  if (pad.mode != PadMode::Constant) return copy_pieces(node, context, pad);
  if (pad.value == 0) return copy_filled(node, context, pad, isa::Fill::zero);
  if (pad.value <= std::numeric_limits<float>::lowest()) return copy_filled(node, context, pad, isa::Fill::lowest);
  write_everywhere(node, context, pad.value);
  copy_pieces(node, context, pad);
}

}  // namespace systole
