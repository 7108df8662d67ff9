#include <Eigen/Core>

#include "kernels/reference/operators.h"

namespace systole::reference {

namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Where a convolution's operands meet: the same for a convolution and for its two gradients.
struct Geometry {
  const ConvAttributes& attributes;
  const Shape& image;                                                                   ///< of the input
  const Shape& result;                                                                  ///< of the output
  [[nodiscard]] std::int64_t inputs() const { return image[1] / attributes.groups; }    ///< channels of a group
  [[nodiscard]] std::int64_t outputs() const { return result[1] / attributes.groups; }  ///< likewise
  [[nodiscard]] std::int64_t length() const { return inputs() * attributes.kernel.height * attributes.kernel.width; }
  [[nodiscard]] std::int64_t pixels() const { return result[2] * result[3]; }
};

/// Calls visit(row, column, place) for the columns of one image and group: row (channel, kernel row, kernel column),
/// column (output row, output column), place in the input. Padding is left out.
template <typename Visit>
void visit_columns(const Geometry& g, std::int64_t n, std::int64_t group, Visit visit) {
  const ConvAttributes& a = g.attributes;
  for (std::int64_t row = 0; row < g.length(); ++row) {
    const std::int64_t kw = row % a.kernel.width;
    const std::int64_t kh = row / a.kernel.width % a.kernel.height;
    const std::int64_t channel = group * g.inputs() + row / a.kernel.width / a.kernel.height;
    const std::int64_t plane = (n * g.image[1] + channel) * g.image[2] * g.image[3];
    for (std::int64_t oh = 0; oh < g.result[2]; ++oh) {
      const std::int64_t ih = oh * a.strides.height + kh * a.dilations.height - a.pads.top;
      if (ih < 0 || ih >= g.image[2]) continue;
      for (std::int64_t ow = 0; ow < g.result[3]; ++ow) {
        const std::int64_t iw = ow * a.strides.width + kw * a.dilations.width - a.pads.left;
        if (iw < 0 || iw >= g.image[3]) continue;
        visit(row, oh * g.result[3] + ow, static_cast<std::size_t>(plane + ih * g.image[3] + iw));
      }
    }
  }
}

Matrix columns_of(const Geometry& g, const Array& x, std::int64_t n, std::int64_t group) {
  const double zero = g.attributes.zero_point;
  Matrix columns = Matrix::Constant(g.length(), g.pixels(), g.attributes.pad_value - zero);
  visit_columns(g, n, group, [&](std::int64_t row, std::int64_t column, std::size_t place) {
    columns(row, column) = x.data[place] - zero;
  });
  return columns;
}

/// Rows of a tensor from `first` on as a matrix: weights of one group, or planes of one image and group.
Eigen::Map<const Matrix> rows_of(const Array& x, std::int64_t first, std::int64_t rows, std::int64_t length) {
  return {x.data.data() + first * length, rows, length};
}
Eigen::Map<Matrix> rows_of(Array& x, std::int64_t first, std::int64_t rows, std::int64_t length) {
  return {x.data.data() + first * length, rows, length};
}

/// Calls visit(image, group, first row of the group's output planes) for each image and group.
template <typename Visit>
void for_each_group(const Geometry& g, Visit visit) {
  for (std::int64_t n = 0; n < g.result[0]; ++n) {
    for (std::int64_t group = 0; group < g.attributes.groups; ++group) {
      visit(n, group, n * g.result[1] + group * g.outputs());
    }
  }
}

}  // namespace

Array convolution(const ConvAttributes& attributes, const Operands& in, const Shape& out) {
  const Geometry g{attributes, in[0]->shape, out};
  Array result = array_of(out);
  for_each_group(g, [&](std::int64_t n, std::int64_t group, std::int64_t planes) {
    auto sums = rows_of(result, planes, g.outputs(), g.pixels());
    sums = rows_of(*in[1], group * g.outputs(), g.outputs(), g.length()) * columns_of(g, *in[0], n, group);
    if (in.size() < 3) return;
    for (std::int64_t o = 0; o < g.outputs(); ++o) {
      sums.row(o).array() += in[2]->data[static_cast<std::size_t>(group * g.outputs() + o)];
    }
  });
  return result;
}

Array conv_input_gradient(const ConvAttributes& attributes, const Array& dy, const Array& w, const Shape& out) {
  const Geometry g{attributes, out, dy.shape};
  Array result = array_of(out);
  for_each_group(g, [&](std::int64_t n, std::int64_t group, std::int64_t planes) {
    const Matrix columns = rows_of(w, group * g.outputs(), g.outputs(), g.length()).transpose() *
                           rows_of(dy, planes, g.outputs(), g.pixels());
    visit_columns(g, n, group, [&](std::int64_t row, std::int64_t column, std::size_t place) {
      result.data[place] += columns(row, column);
    });
  });
  return result;
}

Array conv_weight_gradient(const ConvAttributes& attributes, const Array& dy, const Array& x, const Shape& out) {
  const Geometry g{attributes, x.shape, dy.shape};
  Array result = array_of(out);
  for_each_group(g, [&](std::int64_t n, std::int64_t group, std::int64_t planes) {
    rows_of(result, group * g.outputs(), g.outputs(), g.length()) +=
        rows_of(dy, planes, g.outputs(), g.pixels()) * columns_of(g, x, n, group).transpose();
  });
  return result;
}

}  // namespace systole::reference
