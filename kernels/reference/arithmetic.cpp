#include <algorithm>
#include <cmath>
#include <limits>

#include "base/errors.h"
#include "kernels/reference/operators.h"

namespace systole::reference {

Array gemm(const GemmAttributes& a, const Operands& in, const Shape& out) {
  Array result = array_of(out);
  const Shape& left = in[0]->shape;
  const Shape& right = in[1]->shape;
  const std::int64_t length = left[a.transpose_a ? 0 : 1];
  const std::int64_t left_step = a.transpose_a ? left[1] : 1;
  const std::int64_t right_step = a.transpose_b ? 1 : right[1];
  for_each_index(out, [&](const std::vector<std::int64_t>& at) {
    const double* l = in[0]->data.data() + at[0] * (a.transpose_a ? 1 : left[1]);
    const double* r = in[1]->data.data() + at[1] * (a.transpose_b ? right[1] : 1);
    double sum = 0;
    for (std::int64_t k = 0; k < length; ++k, l += left_step, r += right_step) {
      sum += *l * *r;
    }
    const double bias = in.size() > 2 ? in[2]->data[place_of(in[2]->shape, at)] : 0.0;
    result.data[place_of(out, at)] = a.alpha * sum + a.beta * bias;
  });
  return result;
}

Array matmul(double zero_point, const Operands& in, const Shape& out) {
  Array result = array_of(out);
  for_each_index(out, [&](const std::vector<std::int64_t>& at) {
    std::vector<std::int64_t> left = at;
    std::vector<std::int64_t> right = at;
    double sum = in.size() > 2 ? in[2]->data[place_of(in[2]->shape, at)] : 0.0;
    for (std::int64_t k = 0; k < in[0]->shape.back(); ++k) {
      left.back() = k;
      right[right.size() - 2] = k;
      sum += (in[0]->data[place_of(in[0]->shape, left)] - zero_point) * in[1]->data[place_of(in[1]->shape, right)];
    }
    result.data[place_of(out, at)] = sum;
  });
  return result;
}

Array map(const Array& in, const std::function<double(double)>& function) {
  Array result = array_of(in.shape);
  std::transform(in.data.begin(), in.data.end(), result.data.begin(), function);
  return result;
}

Array fold(const Operands& in, const Shape& out, const std::function<double(double, double)>& function) {
  Array result = array_of(out);
  std::size_t place = 0;
  for_each_index(out, [&](const std::vector<std::int64_t>& at) {
    double value = in[0]->data[place_of(in[0]->shape, at)];
    for (std::size_t i = 1; i < in.size(); ++i) {
      value = function(value, in[i]->data[place_of(in[i]->shape, at)]);
    }
    result.data[place++] = value;
  });
  return result;
}

Array softmax(const SoftmaxAttributes& a, const Array& in, bool logarithm) {
  Array result = array_of(in.shape);
  for_each_row(a, in.shape, [&](const std::vector<std::size_t>& row) {
    double most = -std::numeric_limits<double>::infinity();
    for (const std::size_t i : row) most = std::max(most, in.data[i]);
    double sum = 0;
    for (const std::size_t i : row) sum += std::exp(in.data[i] - most);
    for (const std::size_t i : row) {
      const double above = in.data[i] - most;
      result.data[i] = logarithm ? above - std::log(sum) : std::exp(above) / sum;
    }
  });
  return result;
}

Array reduce(const ReduceAttributes& a, OpKind op, const Array& in, const Shape& out) {
  Shape kept = in.shape;
  for (const std::int64_t axis : a.axes) kept[static_cast<std::size_t>(axis)] = 1;
  const bool most = op == OpKind::ReduceMax;
  std::vector<double> sums(static_cast<std::size_t>(element_count(kept)),
                           most ? -std::numeric_limits<double>::infinity() : 0.0);
  std::size_t element = 0;
  for_each_index(in.shape, [&](const std::vector<std::int64_t>& at) {
    const double value = in.data[element++];
    double& sum = sums[place_of(kept, at)];
    sum = most ? std::max(sum, value) : sum + value;
  });
  const double count = static_cast<double>(element_count(in.shape)) / static_cast<double>(sums.size());
  Array result = array_of(out);
  for (std::size_t i = 0; i < sums.size(); ++i) {
    result.data[i] = op == OpKind::ReduceMean ? sums[i] / count : sums[i];
  }
  return result;
}

}  // namespace systole::reference
