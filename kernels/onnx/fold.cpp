#include "kernels/onnx/fold.h"

#include <onnx/onnx_pb.h>

#include <algorithm>
#include <cmath>

#include "kernels/onnx/tensor_proto.h"

namespace systole::fold {

Values constant(const NodeImport& node) {
  if (const auto* value = node.attribute("value")) return tensor_from(value->t(), "").values;
  if (const auto* value = node.attribute("value_float")) return std::vector<float>{value->f()};
  if (const auto* value = node.attribute("value_int")) return std::vector<std::int64_t>{value->i()};
  if (const auto* value = node.attribute("value_floats")) {
    return std::vector<float>(value->floats().begin(), value->floats().end());
  }
  if (const auto* value = node.attribute("value_ints")) {
    return std::vector<std::int64_t>(value->ints().begin(), value->ints().end());
  }
  throw Rejected("its value is neither a tensor nor numbers");
}

Values constant_of_shape(const NodeImport& node) {
  const auto* value = node.attribute("value");
  if (value == nullptr) return Fill{0.0};
  const Tensor tensor = tensor_from(value->t(), "");
  if (element_count(tensor.shape) != 1) throw Rejected("its value must have one element");
  const auto number = as_floats(tensor.values, 1);
  if (!number) return Absent{};
  if (const auto* integers = std::get_if<std::vector<std::int64_t>>(&tensor.values)) {
    return Fill{static_cast<double>(integers->front())};
  }
  return Fill{static_cast<double>(number->front())};
}

Values shape(const NodeImport& node) {
  const std::int64_t rank = node.rank(0);
  const auto bound = [&](const char* name, std::int64_t otherwise) {
    return std::clamp<std::int64_t>(from_front(node.integer(name, otherwise), rank), 0, rank);
  };
  const std::int64_t start = bound("start", 0);
  const std::int64_t end = std::max(start, bound("end", rank));
  const Shape& all = node.shape(0);
  return std::vector<std::int64_t>(all.begin() + start, all.begin() + end);
}

Values cast(const NodeImport& node) {
  const Tensor& in = node.operand(0);
  const bool to_integer = is_integer(node.output().type);
  if (const auto* floats = std::get_if<std::vector<float>>(&in.values); floats != nullptr && to_integer) {
    std::vector<std::int64_t> integers;
    integers.reserve(floats->size());
    for (const float value : *floats) {
      if (!(std::fabs(value) < 0x1p62F)) throw Rejected("casts a value that no integer holds");
      integers.push_back(static_cast<std::int64_t>(value));
    }
    return integers;
  }
  if (const auto* integers = std::get_if<std::vector<std::int64_t>>(&in.values); integers != nullptr && !to_integer) {
    return std::vector<float>(integers->begin(), integers->end());
  }
  if (const auto* fill = std::get_if<Fill>(&in.values); fill != nullptr && to_integer)
    return Fill{std::trunc(fill->value)};
  return in.values;
}

}  // namespace systole::fold
