#include <algorithm>
#include <limits>

#include "kernels/reference/operators.h"

namespace systole::reference {

namespace {

/// Calls visit(pixel, real, counted) for every place of the window of output pixel `at` over an input of `shape`.
/// `real`: inside the image; `counted`: inside it or in padding that count_include_pad counts.
template <typename Visit>
void visit_window(const PoolAttributes& a, const Shape& shape, const std::vector<std::int64_t>& at, Visit visit) {
  for (std::int64_t kh = 0; kh < a.kernel.height; ++kh) {
    for (std::int64_t kw = 0; kw < a.kernel.width; ++kw) {
      const std::int64_t ih = at[2] * a.strides.height + kh * a.dilations.height - a.pads.top;
      const std::int64_t iw = at[3] * a.strides.width + kw * a.dilations.width - a.pads.left;
      const bool real = ih >= 0 && iw >= 0 && ih < shape[2] && iw < shape[3];
      const bool counted = ih >= -a.counted.top && iw >= -a.counted.left && ih < shape[2] + a.counted.bottom &&
                           iw < shape[3] + a.counted.right;
      visit(std::vector<std::int64_t>{at[0], at[1], ih, iw}, real, counted);
    }
  }
}

}  // namespace

std::vector<Array> max_pool(const PoolAttributes& attributes, const Array& in, const Shape& out) {
  Array result = array_of(out);
  Array index = array_of(out);
  for_each_index(out, [&](const std::vector<std::int64_t>& at) {
    double most = -std::numeric_limits<double>::infinity();
    double first = 0;
    double position = 0;
    visit_window(attributes, in.shape, at, [&](const std::vector<std::int64_t>& pixel, bool real, bool) {
      const double value = real ? in.data[place_of(in.shape, pixel)] : -std::numeric_limits<double>::infinity();
      if (value > most) first = position;
      most = std::max(most, value);
      ++position;
    });
    result.data[place_of(out, at)] = most;
    index.data[place_of(out, at)] = first;
  });
  return {std::move(result), std::move(index)};
}

Array average_pool(const PoolAttributes& attributes, const Array& in, const Shape& out) {
  Array result = array_of(out);
  for_each_index(out, [&](const std::vector<std::int64_t>& at) {
    double sum = 0;
    std::int64_t count = 0;
    visit_window(attributes, in.shape, at, [&](const std::vector<std::int64_t>& pixel, bool real, bool counted) {
      if (real) sum += in.data[place_of(in.shape, pixel)];
      count += real || (attributes.count_include_pad && counted) ? 1 : 0;
    });
    result.data[place_of(out, at)] = sum / static_cast<double>(count);
  });
  return result;
}

Array average_pool_gradient(const PoolAttributes& attributes, const Array& dy, const Shape& out) {
  Array result = array_of(out);
  for_each_index(dy.shape, [&](const std::vector<std::int64_t>& at) {
    std::int64_t count = 0;
    visit_window(attributes, out, at, [&](const std::vector<std::int64_t>&, bool real, bool counted) {
      count += real || (attributes.count_include_pad && counted) ? 1 : 0;
    });
    const double share = dy.data[place_of(dy.shape, at)] / static_cast<double>(count);
    visit_window(attributes, out, at, [&](const std::vector<std::int64_t>& pixel, bool real, bool) {
      if (real) result.data[place_of(out, pixel)] += share;
    });
  });
  return result;
}

Array max_pool_gradient(const PoolAttributes& attributes, const Array& dy, const Array& index, const Shape& out) {
  Array result = array_of(out);
  for_each_index(dy.shape, [&](const std::vector<std::int64_t>& at) {
    const std::size_t place = place_of(dy.shape, at);
    double position = 0;
    visit_window(attributes, out, at, [&](const std::vector<std::int64_t>& pixel, bool real, bool) {
      if (real && position == index.data[place]) result.data[place_of(out, pixel)] += dy.data[place];
      ++position;
    });
  });
  return result;
}

}  // namespace systole::reference
