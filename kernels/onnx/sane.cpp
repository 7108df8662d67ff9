#include <onnx/onnx_pb.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "kernels/onnx/infer.h"

namespace systole {
namespace {

using Numbers = std::vector<std::int64_t>;

/// Above every extent in use, and small enough that products of two of them do not overflow.
constexpr std::int64_t kMaxWindow = std::numeric_limits<std::int32_t>::max();

void require_range(const std::string& name, const Numbers& values, std::int64_t least, std::int64_t most) {
  for (const std::int64_t value : values) {
    if (value < least || value > most) {
      throw Rejected(name + " is " + std::to_string(value),
                     "it is " + std::to_string(least) + " to " + std::to_string(most) + " here");
    }
  }
}

/// The list that an attribute gives, or in newer opsets a constant input.
Numbers list(const onnx::NodeProto& node, const std::vector<const Tensor*>& inputs, const std::string& name,
             std::size_t input) {
  for (const auto& attribute : node.attribute()) {
    if (attribute.name() == name) return {attribute.ints().begin(), attribute.ints().end()};
  }
  if (input >= inputs.size() || inputs[input] == nullptr) return {};
  if (inputs[input]->shape.size() != 1) return {};
  return as_integers(inputs[input]->values, inputs[input]->shape[0]).value_or(Numbers{});
}

void require_sane_axes(const onnx::NodeProto& node, const std::vector<const Tensor*>& inputs, std::int64_t rank) {
  const std::string& op = node.op_type();
  static const std::map<std::string, std::size_t> kAxesInput = {{"Squeeze", 1},    {"Unsqueeze", 1}, {"ReduceSum", 1},
                                                                {"ReduceMean", 9}, {"ReduceMax", 9}, {"Slice", 3}};
  const auto found = kAxesInput.find(op);
  if (found == kAxesInput.end()) return;
  const Numbers axes = list(node, inputs, "axes", found->second);
  const std::int64_t bound = op == "Unsqueeze" ? rank + static_cast<std::int64_t>(axes.size()) : rank;
  require_range("an axis", axes, -bound, bound - 1);
}

void require_sane_permutation(const Numbers& permutation, std::int64_t rank) {
  require_range("perm", permutation, 0, rank - 1);
  const std::set<std::int64_t> different(permutation.begin(), permutation.end());
  if (static_cast<std::int64_t>(different.size()) != rank || permutation.size() != different.size()) {
    throw Rejected("perm is no permutation of its input's " + std::to_string(rank) + " dimensions");
  }
}

}  // namespace

void require_sane(const onnx::NodeProto& node, const std::vector<const Tensor*>& inputs) {
  const std::int64_t rank =
      inputs.empty() || inputs[0] == nullptr ? 0 : static_cast<std::int64_t>(inputs[0]->shape.size());
  const std::string& op = node.op_type();
  const bool windowed =
      op == "Conv" || op == "ConvInteger" || op == "QLinearConv" || op == "MaxPool" || op == "AveragePool";
  if (windowed && rank != 3 && rank != 4) {
    throw Rejected("its input has " + std::to_string(rank) + " dimensions",
                   "batch, channels, and one or two more are supported");
  }
  for (const auto& attribute : node.attribute()) {
    const std::string& name = attribute.name();
    const Numbers values(attribute.ints().begin(), attribute.ints().end());
    if (name == "kernel_shape" || name == "strides" || name == "dilations") require_range(name, values, 1, kMaxWindow);
    if (name == "pads") require_range(name, values, -kMaxWindow, kMaxWindow);
    if (name == "split") require_range(name, values, 1, kMaxElements);
    if (name == "group") require_range(name, {attribute.i()}, 1, kMaxWindow);
    if (name == "axis") {
      // Flatten also takes the place after the last dimension; the softmax family's default of 1 is checked later.
      const std::int64_t past = op == "Flatten" ? 1 : 0;
      require_range(name, {attribute.i()}, -rank, rank - 1 + past);
    }
    if (name == "perm") require_sane_permutation(values, rank);
  }
  require_sane_axes(node, inputs, rank);
  if (op == "Pad") require_range("pads", list(node, inputs, "pads", 1), -kMaxWindow, kMaxWindow);
  if (op == "Split") require_range("split", list(node, inputs, "split", 1), 1, kMaxElements);
  if (op == "Slice") {
    const Numbers steps = list(node, inputs, "steps", 4);
    require_range("steps", steps, -kMaxElements, kMaxElements);
    if (std::find(steps.begin(), steps.end(), 0) != steps.end()) throw Rejected("steps has a zero");
  }
}

}  // namespace systole
