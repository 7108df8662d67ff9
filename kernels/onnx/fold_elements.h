#pragma once

#include <utility>
#include <variant>
#include <vector>

#include "kernels/onnx/fold.h"
#include "kernels/onnx/tensor_proto.h"

namespace systole::fold {

/// The operands' values as vectors of one C++ type, integers when the output's type is; nullopt when one is absent.
template <typename T>
std::optional<std::vector<std::vector<T>>> written_out(const NodeImport& node,
                                                       const std::vector<std::size_t>& operands) {
  std::vector<std::vector<T>> all;
  for (const std::size_t i : operands) {
    const Tensor& tensor = node.operand(i);
    const std::int64_t count = element_count(tensor.shape);
    std::optional<std::vector<T>> values;
    if constexpr (std::is_same_v<T, float>) {
      values = as_floats(tensor.values, count);
    } else {
      values = as_integers(tensor.values, count);
    }
    if (!values) return std::nullopt;
    all.push_back(std::move(*values));
  }
  return all;
}

/// The output's values by `compute(vectors)`, a generic callable that makes a vector of the operands' element type;
/// Absent when an operand is absent or the output is too large to write out.
template <typename Compute>
Values folded(const NodeImport& node, const std::vector<std::size_t>& operands, Compute compute) {
  if (!node.may_write_out()) return Absent{};
  if (is_integer(node.output().type)) {
    const auto integers = written_out<std::int64_t>(node, operands);
    return integers ? Values(compute(*integers)) : Values(Absent{});
  }
  const auto floats = written_out<float>(node, operands);
  return floats ? Values(compute(*floats)) : Values(Absent{});
}

}  // namespace systole::fold
