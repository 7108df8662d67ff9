#include <algorithm>
#include <numeric>

#include "kernels/onnx/converters.h"

namespace systole::convert {

void reduce(NodeImport& node, OpKind kind) {
  const std::int64_t rank = node.rank(0);
  // ReduceSum-13 takes its axes as an input, the others as an attribute.
  const bool as_input = kind == OpKind::ReduceSum && node.opset() >= 13;
  std::vector<std::int64_t> axes =
      (as_input ? node.constant_integers(1) : node.integers("axes")).value_or(std::vector<std::int64_t>{});
  if (axes.empty() && node.integer("noop_with_empty_axes", 0) != 0) return reshape(node);
  if (axes.empty()) {
    axes.resize(static_cast<std::size_t>(rank));
    std::iota(axes.begin(), axes.end(), 0);
  }
  for (std::int64_t& axis : axes) axis = from_front(axis, rank);
  std::sort(axes.begin(), axes.end());
  axes.erase(std::unique(axes.begin(), axes.end()), axes.end());
  node.emit(kind, {node.input(0)}, ReduceAttributes{std::move(axes), node.integer("keepdims", 1) != 0});
}

void softmax(NodeImport& node, OpKind kind) {
  const std::int64_t rank = node.rank(0);
  const bool flattens = node.opset() < 13;  // to a matrix, at the axis
  const std::int64_t axis = from_front(node.integer("axis", flattens ? 1 : -1), rank);
  if (axis >= rank)
    throw Rejected("axis " + std::to_string(axis) + " is none of its input " + to_string(node.shape(0)));
  node.emit(kind, {node.input(0)}, SoftmaxAttributes{axis, flattens ? rank : axis + 1});
}

void concat(NodeImport& node) {
  if (node.input_count() == 1) return reshape(node);
  node.emit(OpKind::Concat, node.all_inputs(), ConcatAttributes{from_front(node.integer("axis", 0), node.rank(0))});
}

void split(NodeImport& node) {
  if (node.outputs().size() == 1) return reshape(node);
  node.emit_all_outputs(OpKind::Split, {node.input(0)},
                        SplitAttributes{from_front(node.integer("axis", 0), node.rank(0))});
}

}  // namespace systole::convert
