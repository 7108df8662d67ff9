#include "kernels/plan/layout.h"

#include <algorithm>
#include <numeric>

#include "base/errors.h"
#include "base/units.h"

namespace systole {

std::int64_t Layout::byte_stride(std::size_t dim) const {
  const std::int64_t bits = bit_strides.at(dim);
  check(bits % 8 == 0, "layout", [&] { return "neighbours are " + std::to_string(bits) + " bits apart"; });
  return bits / 8;
}

Order row_major(std::size_t rank) {
  Order order(rank);
  std::iota(order.begin(), order.end(), 0);
  return order;
}

Order channels_last(std::size_t rank) {
  Order order = row_major(rank);
  if (rank > 2) std::rotate(order.begin() + 1, order.begin() + 2, order.end());
  return order;
}

Layout dense_layout(const Shape& shape, const Order& order, int element_bits) {
  check(order.size() == shape.size(), "layout", "an order names every dimension once");
  Layout layout;
  layout.element_bits = element_bits;
  layout.bit_strides.resize(shape.size());
  std::int64_t stride = element_bits;
  for (auto dim = order.rbegin(); dim != order.rend(); ++dim) {
    const auto d = static_cast<std::size_t>(*dim);
    layout.bit_strides[d] = stride;
    stride *= shape[d];
  }
  return layout;
}

Order order_of(const Shape& shape, const Layout& layout) {
  Order order = row_major(shape.size());
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
    return layout.bit_strides[static_cast<std::size_t>(a)] > layout.bit_strides[static_cast<std::size_t>(b)];
  });
  return order;
}

bool is_dense(const Shape& shape, const Layout& layout) {
  const Order order = order_of(shape, layout);
  std::int64_t stride = layout.element_bits;
  for (auto dim = order.rbegin(); dim != order.rend(); ++dim) {
    const auto d = static_cast<std::size_t>(*dim);
    if (shape[d] == 1) continue;
    if (layout.bit_strides[d] != stride) return false;
    stride *= shape[d];
  }
  return true;
}

bool is_contiguous(const Shape& shape, const Layout& layout, std::size_t dim) {
  return shape.at(dim) == 1 || layout.bit_strides.at(dim) == layout.element_bits;
}

std::int64_t span_bytes(const Shape& shape, const Layout& layout) {
  std::int64_t bits = layout.element_bits;
  for (std::size_t d = 0; d < shape.size(); ++d) bits += (shape[d] - 1) * layout.bit_strides[d];
  return ceil_div(bits, 8);
}

std::optional<Layout> reshaped(const Shape& from, const Layout& layout, const Shape& to) {
  struct Dim {
    std::int64_t extent;
    std::int64_t stride;
  };
  std::vector<Dim> old;
  for (std::size_t d = 0; d < from.size(); ++d) {
    if (from[d] != 1) old.push_back({from[d], layout.bit_strides[d]});
  }
  Layout view = layout;
  view.bit_strides.assign(to.size(), layout.element_bits);
  // Groups of old and new dimensions of equal product, from the outermost in; inside a group the old ones must follow
  // each other without a gap, so that the new ones can divide them.
  std::size_t oi = 0;
  for (std::size_t ni = 0; ni < to.size();) {
    if (to[ni] == 1) {
      ++ni;
      continue;
    }
    const std::size_t old_begin = oi;
    const std::size_t new_begin = ni;
    std::int64_t old_product = old.at(oi++).extent;
    std::int64_t new_product = to[ni++];
    while (old_product != new_product) {
      if (new_product < old_product) {
        new_product *= to.at(ni++);
      } else {
        old_product *= old.at(oi++).extent;
      }
    }
    for (std::size_t d = old_begin; d + 1 < oi; ++d) {
      if (old[d].stride != old[d + 1].stride * old[d + 1].extent) return std::nullopt;
    }
    std::int64_t stride = old[oi - 1].stride;
    for (std::size_t d = ni; d-- > new_begin;) {
      view.bit_strides[d] = stride;
      stride *= to[d];
    }
  }
  return view;
}

Layout transposed(const Layout& layout, const std::vector<std::int64_t>& permutation) {
  Layout view = layout;
  for (std::size_t d = 0; d < permutation.size(); ++d) {
    view.bit_strides[d] = layout.bit_strides.at(static_cast<std::size_t>(permutation[d]));
  }
  return view;
}

std::optional<Layout> part(const Layout& layout, std::size_t dim, std::int64_t start) {
  const std::int64_t bits = start * layout.bit_strides.at(dim);
  if (bits % 8 != 0) return std::nullopt;
  Layout view = layout;
  view.offset += bits / 8;
  return view;
}

Layout broadcast_to(const Shape& from, const Layout& layout, const Shape& to) {
  Layout view = layout;
  view.bit_strides.assign(to.size(), 0);
  const std::size_t lead = to.size() - from.size();
  for (std::size_t d = 0; d < from.size(); ++d) {
    if (from[d] != 1) view.bit_strides[lead + d] = layout.bit_strides[d];
  }
  return view;
}

}  // namespace systole
