#include <Eigen/Core>
#include <cmath>
#include <limits>

#include "kernels/reference/operators.h"

namespace systole::reference {

namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// The columns of one image and group: row (channel, kernel row, kernel column), column (output row, output column).
Matrix columns_of(const ConvAttributes& a, const Array& x, std::int64_t image, std::int64_t first, std::int64_t count,
                  const Shape& out) {
  const std::int64_t height = x.shape[2];
  const std::int64_t width = x.shape[3];
  Matrix columns = Matrix::Zero(count * a.kernel.height * a.kernel.width, out[2] * out[3]);
  for (Eigen::Index row = 0; row < columns.rows(); ++row) {
    const std::int64_t kw = row % a.kernel.width;
    const std::int64_t kh = row / a.kernel.width % a.kernel.height;
    const std::int64_t channel = first + row / a.kernel.width / a.kernel.height;
    const float* const plane = x.data.data() + (image * x.shape[1] + channel) * height * width;
    for (std::int64_t oh = 0; oh < out[2]; ++oh) {
      const std::int64_t ih = oh * a.strides.height + kh * a.dilations.height - a.pads.top;
      if (ih < 0 || ih >= height) continue;
      for (std::int64_t ow = 0; ow < out[3]; ++ow) {
        const std::int64_t iw = ow * a.strides.width + kw * a.dilations.width - a.pads.left;
        if (iw >= 0 && iw < width) columns(row, oh * out[3] + ow) = static_cast<double>(plane[ih * width + iw]);
      }
    }
  }
  return columns;
}

/// Calls visit(value, real) for every place of a window; `real`: inside the image.
template <typename Visit>
void visit_window(const PoolAttributes& a, const Array& x, const std::vector<std::int64_t>& at, Visit visit) {
  for (std::int64_t kh = 0; kh < a.kernel.height; ++kh) {
    for (std::int64_t kw = 0; kw < a.kernel.width; ++kw) {
      const std::int64_t ih = at[2] * a.strides.height + kh * a.dilations.height - a.pads.top;
      const std::int64_t iw = at[3] * a.strides.width + kw * a.dilations.width - a.pads.left;
      const bool real = ih >= 0 && iw >= 0 && ih < x.shape[2] && iw < x.shape[3];
      const bool counted = ih >= -a.counted.top && iw >= -a.counted.left && ih < x.shape[2] + a.counted.bottom &&
                           iw < x.shape[3] + a.counted.right;
      visit(real ? static_cast<double>(x.data[place_of(x.shape, {at[0], at[1], ih, iw})]) : 0.0, real, counted);
    }
  }
}

}  // namespace

Array convolution(const ConvAttributes& a, const Operands& in, const Shape& out) {
  const Array& x = *in[0];
  const Array& w = *in[1];
  Array result = array_of(out);
  const std::int64_t inputs = x.shape[1] / a.groups;
  const std::int64_t outputs = out[1] / a.groups;
  const std::int64_t length = inputs * a.kernel.height * a.kernel.width;
  for (std::int64_t image = 0; image < out[0]; ++image) {
    for (std::int64_t group = 0; group < a.groups; ++group) {
      const Matrix columns = columns_of(a, x, image, group * inputs, inputs, out);
      const Matrix weights = Eigen::Map<const Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>(
                                 w.data.data() + group * outputs * length, outputs, length)
                                 .cast<double>();
      const Matrix sums = weights * columns;
      for (std::int64_t o = 0; o < outputs; ++o) {
        const std::int64_t channel = group * outputs + o;
        const double bias = in.size() > 2 ? static_cast<double>(in[2]->data[static_cast<std::size_t>(channel)]) : 0.0;
        float* const plane = result.data.data() + (image * out[1] + channel) * out[2] * out[3];
        for (Eigen::Index p = 0; p < sums.cols(); ++p) plane[p] = static_cast<float>(sums(o, p) + bias);
      }
    }
  }
  return result;
}

Array max_pool(const PoolAttributes& attributes, const Array& in, const Shape& out) {
  Array result = array_of(out);
  for_each_index(out, [&](const std::vector<std::int64_t>& at) {
    double most = -std::numeric_limits<double>::infinity();
    visit_window(attributes, in, at, [&](double value, bool real, bool) {
      if (real) most = std::max(most, value);
    });
    result.data[place_of(out, at)] = static_cast<float>(most);
  });
  return result;
}

Array average_pool(const PoolAttributes& attributes, const Array& in, const Shape& out) {
  Array result = array_of(out);
  for_each_index(out, [&](const std::vector<std::int64_t>& at) {
    double sum = 0;
    std::int64_t count = 0;
    visit_window(attributes, in, at, [&](double value, bool real, bool counted) {
      sum += value;
      count += real || (attributes.count_include_pad && counted) ? 1 : 0;
    });
    result.data[place_of(out, at)] = static_cast<float>(sum / static_cast<double>(count));
  });
  return result;
}

Array lrn(const LrnAttributes& a, const Array& in) {
  Array result = array_of(in.shape);
  for_each_index(in.shape, [&](const std::vector<std::int64_t>& at) {
    double squares = 0;
    std::vector<std::int64_t> other = at;
    const std::int64_t first = std::max<std::int64_t>(0, at[1] - (a.size - 1) / 2);
    const std::int64_t last = std::min(in.shape[1] - 1, at[1] + a.size / 2);
    for (other[1] = first; other[1] <= last; ++other[1]) {
      squares += std::pow(static_cast<double>(in.data[place_of(in.shape, other)]), 2);
    }
    const std::size_t place = place_of(in.shape, at);
    const double root = std::pow(a.bias + a.alpha / static_cast<double>(a.size) * squares, a.beta);
    result.data[place] = static_cast<float>(static_cast<double>(in.data[place]) / root);
  });
  return result;
}

Array batch_norm(const BatchNormAttributes& attributes, const Operands& in) {
  const Array& x = *in[0];
  Array result = array_of(x.shape);
  for_each_index(x.shape, [&](const std::vector<std::int64_t>& at) {
    const auto vector = [&](std::size_t i) {
      return static_cast<double>(in[i]->data[static_cast<std::size_t>(at[1])]);
    };
    const std::size_t place = place_of(x.shape, at);
    const double normal = (static_cast<double>(x.data[place]) - vector(3)) / std::sqrt(vector(4) + attributes.epsilon);
    result.data[place] = static_cast<float>(normal * vector(1) + vector(2));
  });
  return result;
}

}  // namespace systole::reference
