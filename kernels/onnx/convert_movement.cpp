#include <algorithm>
#include <numeric>

#include "kernels/onnx/converters.h"

namespace systole::convert {
namespace {

PadMode pad_mode(const std::string& name) {
  if (name == "constant") return PadMode::Constant;
  if (name == "reflect") return PadMode::Reflect;
  if (name == "edge") return PadMode::Edge;
  throw Rejected("mode '" + name + "' is unknown", "constant, reflect or edge");
}

}  // namespace

SliceAttributes slice_attributes(const NodeImport& node) {
  const bool as_inputs = node.opset() >= 10;
  const auto list = [&](const char* attribute, std::size_t input) {
    return as_inputs ? node.constant_integers(input) : node.integers(attribute);
  };
  const auto rank = static_cast<std::size_t>(node.rank(0));
  const std::vector<std::int64_t> starts = list("starts", 1).value_or(std::vector<std::int64_t>{});
  std::vector<std::int64_t> all(starts.size());
  std::iota(all.begin(), all.end(), 0);
  const std::vector<std::int64_t> axes = list("axes", 3).value_or(all);
  const std::vector<std::int64_t> steps =
      (as_inputs ? node.constant_integers(4) : std::nullopt).value_or(std::vector<std::int64_t>(starts.size(), 1));
  if (axes.size() != starts.size() || steps.size() != starts.size())
    throw Rejected("starts, axes and steps differ in length");
  SliceAttributes slice{std::vector<std::int64_t>(rank, 0), std::vector<std::int64_t>(rank, 1)};
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const auto axis = static_cast<std::size_t>(from_front(axes[i], node.rank(0)));
    if (axis >= rank)
      throw Rejected("axis " + std::to_string(axes[i]) + " is none of its input " + to_string(node.shape(0)));
    const std::int64_t extent = node.shape(0)[axis];
    const std::int64_t start = starts[i] < 0 ? starts[i] + extent : starts[i];
    const std::int64_t last = steps[i] < 0 ? extent - 1 : extent;
    slice.starts[axis] = std::clamp<std::int64_t>(start, 0, last);
    slice.steps[axis] = steps[i];
  }
  return slice;
}

void slice(NodeImport& node) {
  node.emit(OpKind::Slice, {node.input(0)}, slice_attributes(node));
}

void pad(NodeImport& node) {
  const bool as_inputs = node.opset() >= 11;
  const auto pads =
      (as_inputs ? node.constant_integers(1) : node.integers("pads")).value_or(std::vector<std::int64_t>{});
  const auto rank = static_cast<std::size_t>(node.rank(0));
  if (pads.size() != 2 * rank)
    throw Rejected("pads has " + std::to_string(pads.size()) + " values for " + std::to_string(rank) + " dimensions");
  PadAttributes pad;
  pad.begin.assign(pads.begin(), pads.begin() + static_cast<std::ptrdiff_t>(rank));
  pad.end.assign(pads.begin() + static_cast<std::ptrdiff_t>(rank), pads.end());
  pad.mode = pad_mode(node.text("mode", "constant"));
  pad.value = as_inputs ? node.constant_real(2).value_or(0.0) : node.real("value", 0.0);
  for (std::size_t i = 0; i < rank && pad.mode == PadMode::Reflect; ++i) {
    if (std::max(pad.begin[i], pad.end[i]) >= node.shape(0)[i])
      throw Rejected("reflects more elements than dimension " + std::to_string(i) + " has");
  }
  node.emit(OpKind::Pad, {node.input(0)}, std::move(pad));
}

std::vector<std::int64_t> permutation(const NodeImport& node) {
  std::vector<std::int64_t> reversed(node.shape(0).size());
  std::iota(reversed.rbegin(), reversed.rend(), 0);
  return node.integers("perm").value_or(reversed);
}

void transpose(NodeImport& node) {
  node.emit(OpKind::Transpose, {node.input(0)}, TransposeAttributes{permutation(node)});
}

void reshape(NodeImport& node) {
  node.emit(OpKind::Reshape, {node.input(0)});
}

void dropout(NodeImport& node) {
  node.require_single_output("the mask exists only while training");
  if (node.constant_real(2).value_or(0.0) != 0.0) {
    throw Rejected("training_mode is true", "export the network for inference; training is chosen on the command line");
  }
  const double ratio = node.constant_real(1).value_or(node.real("ratio", 0.5));
  if (!(ratio >= 0 && ratio < 1)) throw Rejected("its ratio is not in [0, 1)");
  node.emit(OpKind::Reshape, {node.input(0)}, DropoutAttributes{ratio});
}

}  // namespace systole::convert
