#include "kernels/lowering/window.h"

#include <utility>

namespace systole {

namespace {

/// Rows (or columns) that output rows and kernel rows address.
Axis window_axis(int output, int kernel, std::int64_t bit_stride, std::int64_t stride, std::int64_t dilation,
                 std::int64_t before, std::int64_t after, std::int64_t extent) {
  const std::int64_t inside = before > 0 || after > 0 ? before + extent + after : extent;
  return image_axis({{output, stride}, {kernel, dilation}}, bit_stride, before, inside, extent);
}

}  // namespace

Axis image_axis(std::vector<Term> terms, std::int64_t bit_stride, std::int64_t before, std::int64_t places,
                std::int64_t extent) {
  Axis axis;
  axis.bit_stride = bit_stride;
  axis.terms = std::move(terms);
  axis.padded = before != 0 || places > extent;
  axis.origin = axis.padded ? -before : 0;
  axis.extent = extent;
  return axis;
}

WindowSpace::WindowSpace(SimdLayer& layer, const Extent2& kernel, const Shape& output, bool kernel_inside) {
  const auto positions = [&] {
    kh = layer.dim(kernel.height, false);
    kw = layer.dim(kernel.width, false);
  };
  if (!kernel_inside) positions();
  n = layer.dim(output.at(0));
  oh = layer.dim(output.at(2));
  ow = layer.dim(output.at(3));
  if (kernel_inside) positions();
  c = layer.dim(output.at(1));
}

Access WindowSpace::input(const Layout& layout, const Shape& shape, const Extent2& strides, const Extent2& dilations,
                          const Padding2& pads) const {
  Access access = strided_access(layout, {});
  const std::vector<std::int64_t>& bits = layout.bit_strides;
  access.axes = {plain_axis(n, bits.at(0)),
                 window_axis(oh, kh, bits.at(2), strides.height, dilations.height, pads.top, pads.bottom, shape.at(2)),
                 window_axis(ow, kw, bits.at(3), strides.width, dilations.width, pads.left, pads.right, shape.at(3)),
                 plain_axis(c, bits.at(1))};
  return access;
}

Access WindowSpace::output(const Layout& layout) const {
  Access access = strided_access(layout, {});
  for (const auto& [dim, of_layout] : {std::pair(n, 0), std::pair(oh, 2), std::pair(ow, 3), std::pair(c, 1)}) {
    const std::int64_t stride = layout.bit_strides.at(static_cast<std::size_t>(of_layout));
    if (stride != 0) access.axes.push_back(plain_axis(dim, stride));
  }
  return access;
}

void WindowSpace::further_positions(SimdLayer& layer, isa::SimdOpcode op, Operand result, int source,
                                    int weight) const {
  const auto positions = [&](std::vector<Over> kernel_loops, std::vector<std::pair<int, std::int64_t>> shift) {
    const std::vector<Over> outputs = output_loops();
    kernel_loops.insert(kernel_loops.end(), outputs.begin(), outputs.end());
    const Operand value = layer.at(source, shift);
    const Operand other = op == isa::SimdOpcode::mac ? layer.at(weight, shift) : value;
    const bool mac = op == isa::SimdOpcode::mac;
    layer.sweep({}, kernel_loops, {{op, result, mac ? value : result, other}});
  };
  positions({{kw, 1}}, {{kw, 1}});
  positions({{kh, 1}, {kw, 0}}, {{kh, 1}});
}

int position_numbers(SimdLayer& layer, std::int64_t count, int counting,
                     std::vector<std::pair<int, std::int64_t>> strides, const std::vector<int>& tiled,
                     isa::Namespace space) {
  strides.emplace_back(counting, 1);
  const int table = layer.table(count, std::move(strides), space);
  const When first{isa::Condition::Kind::first, tiled};
  const Operand begin = layer.entry(table, 0);
  const Operand zero = layer.immediate(0);
  layer.sweep(first, {}, {{isa::SimdOpcode::move, begin, zero, zero}});
  if (count == 1) return table;
  layer.sweep(first, {{counting, 0}}, {{isa::SimdOpcode::add, layer.entry(table, 1), begin, layer.immediate(1)}});
  return table;
}

}  // namespace systole
