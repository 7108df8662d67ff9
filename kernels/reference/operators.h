#pragma once

#include <functional>
#include <vector>

#include "kernels/graph/graph.h"

/// One function for each family of operators; the rules are those that kernels/graph/operator.h states.
namespace systole::reference {

struct Array {
  Shape shape;
  std::vector<double> data;  ///< row-major
};
using Operands = std::vector<const Array*>;

Array convolution(const ConvAttributes& attributes, const Operands& in, const Shape& out);
Array conv_input_gradient(const ConvAttributes& attributes, const Array& dy, const Array& w, const Shape& out);
Array conv_weight_gradient(const ConvAttributes& attributes, const Array& dy, const Array& x, const Shape& out);

/// Largest values, and where in their windows they are.
std::vector<Array> max_pool(const PoolAttributes& attributes, const Array& in, const Shape& out);
Array average_pool(const PoolAttributes& attributes, const Array& in, const Shape& out);
Array max_pool_gradient(const PoolAttributes& attributes, const Array& dy, const Array& index, const Shape& out);
Array average_pool_gradient(const PoolAttributes& attributes, const Array& dy, const Shape& out);

Array lrn(const LrnAttributes& attributes, const Array& in);
Array lrn_gradient(const LrnAttributes& attributes, const Array& dy, const Array& x);
Array batch_norm(const BatchNormAttributes& attributes, const Operands& in);
std::vector<Array> batch_norm_training(const BatchNormAttributes& attributes, const Operands& in);
std::vector<Array> batch_norm_gradient(const Operands& in);

Array gemm(const GemmAttributes& attributes, const Operands& in, const Shape& out);
/// (in[0] - zero_point) * in[1] + in[2].
Array matmul(double zero_point, const Operands& in, const Shape& out);

/// `function` on every element.
Array map(const Array& in, const std::function<double(double)>& function);
/// `function` from left to right over operands that broadcast to `out`.
Array fold(const Operands& in, const Shape& out, const std::function<double(double, double)>& function);

/// The operands are dy, x or y, [slope], in double precision as everything here.
Array activation_gradient(OpKind op, const Attributes& attributes, const Operands& in, const Shape& out);
/// New weights, then new moments.
std::vector<Array> optimize(OpKind op, const OptimizerAttributes& attributes, const Operands& in);

Array softmax_gradient(const SoftmaxAttributes& attributes, const Array& dy, const Array& y, bool logarithm);
Array softmax(const SoftmaxAttributes& attributes, const Array& in, bool logarithm);
Array reduce(const ReduceAttributes& attributes, OpKind op, const Array& in, const Shape& out);
Array concat(const ConcatAttributes& attributes, const Operands& in, const Shape& out);
Array split(const SplitAttributes& attributes, const Array& in, std::int64_t start, const Shape& out);
Array expand(const Array& in, const Shape& out);
Array slice(const SliceAttributes& attributes, const Array& in, const Shape& out);
Array pad(const PadAttributes& attributes, const Array& in, const Shape& out);
Array transpose(const TransposeAttributes& attributes, const Array& in, const Shape& out);

/// Calls visit(index) for every index of a shape in row-major order.
template <typename Visit>
void for_each_index(const Shape& shape, Visit visit) {
  std::vector<std::int64_t> index(shape.size(), 0);
  for (;;) {
    visit(index);
    std::size_t d = shape.size();
    while (d > 0 && ++index[d - 1] == shape[d - 1]) index[--d] = 0;
    if (d == 0) return;
  }
}

/// Place of the element at `index` in a tensor of `shape`, whose dimensions of extent 1 broadcast and whose missing
/// leading dimensions count as 1.
inline std::size_t place_of(const Shape& shape, const std::vector<std::int64_t>& index) {
  std::int64_t place = 0;
  const std::size_t lead = index.size() - shape.size();
  for (std::size_t d = 0; d < shape.size(); ++d) place = place * shape[d] + (shape[d] == 1 ? 0 : index[lead + d]);
  return static_cast<std::size_t>(place);
}

/// Calls visit(places) with the places of the elements that are normalised together, for each such row.
template <typename Visit>
void for_each_row(const SoftmaxAttributes& attributes, const Shape& shape, Visit visit) {
  std::int64_t length = 1;
  std::int64_t inner = 1;
  for (std::size_t d = 0; d < shape.size(); ++d) {
    const auto dim = static_cast<std::int64_t>(d);
    if (dim >= attributes.last_axis) inner *= shape[d];
    if (dim >= attributes.first_axis && dim < attributes.last_axis) length *= shape[d];
  }
  std::vector<std::size_t> places(static_cast<std::size_t>(length));
  for (std::int64_t row = 0; row < element_count(shape) / length; ++row) {
    const std::int64_t first = row / inner * inner * length + row % inner;
    for (std::int64_t i = 0; i < length; ++i)
      places[static_cast<std::size_t>(i)] = static_cast<std::size_t>(first + i * inner);
    visit(places);
  }
}

inline Array array_of(const Shape& shape) {
  return {shape, std::vector<double>(static_cast<std::size_t>(element_count(shape)))};
}

}  // namespace systole::reference
