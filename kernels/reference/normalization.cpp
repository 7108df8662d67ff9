#include <algorithm>
#include <cmath>

#include "kernels/reference/operators.h"

namespace systole::reference {

namespace {

std::size_t channel_of(const std::vector<std::int64_t>& at) {
  return static_cast<std::size_t>(at[1]);
}

/// Calls visit(place, channel) for every element of images {N,C,..}.
template <typename Visit>
void for_each_element(const Shape& shape, Visit visit) {
  std::size_t place = 0;
  for_each_index(shape, [&](const std::vector<std::int64_t>& at) { visit(place++, channel_of(at)); });
}

double elements_per_channel(const Shape& shape) {
  return static_cast<double>(element_count(shape) / shape[1]);
}

/// bias + alpha/size * the sum of squares around each element.
Array lrn_sums(const LrnAttributes& a, const Array& in) {
  Array result = array_of(in.shape);
  for_each_index(in.shape, [&](const std::vector<std::int64_t>& at) {
    double squares = 0;
    std::vector<std::int64_t> other = at;
    const std::int64_t first = std::max<std::int64_t>(0, at[1] - (a.size - 1) / 2);
    const std::int64_t last = std::min(in.shape[1] - 1, at[1] + a.size / 2);
    for (other[1] = first; other[1] <= last; ++other[1]) {
      squares += std::pow(in.data[place_of(in.shape, other)], 2);
    }
    result.data[place_of(in.shape, at)] = a.bias + a.alpha / static_cast<double>(a.size) * squares;
  });
  return result;
}

}  // namespace

Array batch_norm(const BatchNormAttributes& attributes, const Operands& in) {
  const Array& x = *in[0];
  Array result = array_of(x.shape);
  for_each_element(x.shape, [&](std::size_t i, std::size_t c) {
    const double normal = (x.data[i] - in[3]->data[c]) / std::sqrt(in[4]->data[c] + attributes.epsilon);
    result.data[i] = normal * in[1]->data[c] + in[2]->data[c];
  });
  return result;
}

std::vector<Array> batch_norm_training(const BatchNormAttributes& attributes, const Operands& in) {
  const Array& x = *in[0];
  const double count = elements_per_channel(x.shape);
  Array mean = array_of({x.shape[1]});
  Array variance = mean;
  for_each_element(x.shape, [&](std::size_t i, std::size_t c) { mean.data[c] += x.data[i] / count; });
  for_each_element(x.shape, [&](std::size_t i, std::size_t c) {
    variance.data[c] += std::pow(x.data[i] - mean.data[c], 2) / count;
  });
  Array y = batch_norm(attributes, {in[0], in[1], in[2], &mean, &variance});
  Array running_mean = mean;
  Array running_variance = variance;
  Array inverse = variance;
  for (std::size_t c = 0; c < mean.data.size(); ++c) {
    const double keep = attributes.momentum;
    running_mean.data[c] = in[3]->data[c] * keep + mean.data[c] * (1 - keep);
    running_variance.data[c] = in[4]->data[c] * keep + variance.data[c] * (1 - keep);
    inverse.data[c] = 1 / std::sqrt(variance.data[c] + attributes.epsilon);
  }
  return {std::move(y), std::move(running_mean), std::move(running_variance), std::move(mean), std::move(inverse)};
}

std::vector<Array> batch_norm_gradient(const Operands& in) {
  const Array& dy = *in[0];
  const Array& x = *in[1];
  const std::vector<double>& scale = in[2]->data;
  const std::vector<double>& inverse = in[4]->data;
  const double count = elements_per_channel(x.shape);
  const auto normal = [&](std::size_t i, std::size_t c) { return (x.data[i] - in[3]->data[c]) * inverse[c]; };
  Array dscale = array_of({x.shape[1]});
  Array dbias = dscale;
  for_each_element(x.shape, [&](std::size_t i, std::size_t c) {
    dscale.data[c] += dy.data[i] * normal(i, c);
    dbias.data[c] += dy.data[i];
  });
  Array dx = array_of(x.shape);
  for_each_element(x.shape, [&](std::size_t i, std::size_t c) {
    const double through_statistics = (dbias.data[c] + normal(i, c) * dscale.data[c]) / count;
    dx.data[i] = scale[c] * inverse[c] * (dy.data[i] - through_statistics);
  });
  return {std::move(dx), std::move(dscale), std::move(dbias)};
}

Array lrn(const LrnAttributes& a, const Array& in) {
  Array result = lrn_sums(a, in);
  for (std::size_t i = 0; i < in.data.size(); ++i) result.data[i] = in.data[i] / std::pow(result.data[i], a.beta);
  return result;
}

// With s the sums, y_j = x_j * s_j^-beta, and x_i is in the sum of each j within the window around i, mirrored.
Array lrn_gradient(const LrnAttributes& a, const Array& dy, const Array& x) {
  const Array sums = lrn_sums(a, x);
  Array result = array_of(x.shape);
  for_each_index(x.shape, [&](const std::vector<std::int64_t>& at) {
    const std::size_t i = place_of(x.shape, at);
    double shared = 0;
    std::vector<std::int64_t> other = at;
    const std::int64_t first = std::max<std::int64_t>(0, at[1] - a.size / 2);
    const std::int64_t last = std::min(x.shape[1] - 1, at[1] + (a.size - 1) / 2);
    for (other[1] = first; other[1] <= last; ++other[1]) {
      const std::size_t j = place_of(x.shape, other);
      shared += dy.data[j] * x.data[j] * std::pow(sums.data[j], -a.beta - 1);
    }
    result.data[i] = dy.data[i] * std::pow(sums.data[i], -a.beta) -
                     2 * a.alpha * a.beta / static_cast<double>(a.size) * x.data[i] * shared;
  });
  return result;
}

}  // namespace systole::reference
