#include <cmath>

#include "kernels/onnx/fold_elements.h"

namespace systole::fold {
namespace {

// Integers wrap around, as ONNX's do; unsigned arithmetic keeps that defined.
std::int64_t wrap(std::uint64_t value) {
  return static_cast<std::int64_t>(value);
}
std::uint64_t bits(std::int64_t value) {
  return static_cast<std::uint64_t>(value);
}

struct Plus {
  float operator()(float a, float b) const { return a + b; }
  std::int64_t operator()(std::int64_t a, std::int64_t b) const { return wrap(bits(a) + bits(b)); }
};
struct Minus {
  float operator()(float a, float b) const { return a - b; }
  std::int64_t operator()(std::int64_t a, std::int64_t b) const { return wrap(bits(a) - bits(b)); }
};
struct Times {
  float operator()(float a, float b) const { return a * b; }
  std::int64_t operator()(std::int64_t a, std::int64_t b) const { return wrap(bits(a) * bits(b)); }
};
struct Over {
  float operator()(float a, float b) const { return a / b; }
  std::int64_t operator()(std::int64_t a, std::int64_t b) const {
    if (b == 0) throw Rejected("divides an integer by zero");
    return b == -1 ? wrap(0 - bits(a)) : a / b;
  }
};

template <typename Operation>
Values binary(const NodeImport& node, Operation operation) {
  const auto* a = std::get_if<Fill>(&node.operand(0).values);
  const auto* b = std::get_if<Fill>(&node.operand(1).values);
  const bool integers = is_integer(node.output().type);
  if (a != nullptr && b != nullptr && !integers) {
    return Fill{operation(static_cast<float>(a->value), static_cast<float>(b->value))};
  }
  if (!node.may_write_out()) return Absent{};
  const Shape& out = node.output().shape;
  const auto left = strided_offsets(out, 0, broadcast_strides(node.shape(0), out));
  const auto right = strided_offsets(out, 0, broadcast_strides(node.shape(1), out));
  return folded(node, {0, 1}, [&](const auto& sources) {
    std::decay_t<decltype(sources[0])> result;
    result.reserve(left.size());
    for (std::size_t i = 0; i < left.size(); ++i)
      result.push_back(operation(sources[0].at(left[i]), sources[1].at(right[i])));
    return result;
  });
}

template <typename Operation>
Values unary(const NodeImport& node, Operation operation) {
  if (const auto* fill = std::get_if<Fill>(&node.operand(0).values))
    return Fill{operation(static_cast<float>(fill->value))};
  return folded(node, {0}, [&](const auto& sources) {
    std::decay_t<decltype(sources[0])> result;
    result.reserve(sources[0].size());
    using Element = typename decltype(result)::value_type;
    for (const Element value : sources[0]) result.push_back(static_cast<Element>(operation(static_cast<float>(value))));
    return result;
  });
}

}  // namespace

Values add(const NodeImport& node) {
  return binary(node, Plus{});
}
Values sub(const NodeImport& node) {
  return binary(node, Minus{});
}
Values mul(const NodeImport& node) {
  return binary(node, Times{});
}
Values div(const NodeImport& node) {
  return binary(node, Over{});
}
Values sqrt(const NodeImport& node) {
  return unary(node, [](float v) { return std::sqrt(v); });
}
Values exp(const NodeImport& node) {
  return unary(node, [](float v) { return std::exp(v); });
}

}  // namespace systole::fold
