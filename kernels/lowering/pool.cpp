#include <algorithm>
#include <string>

#include "kernels/lowering/reduce.h"
#include "kernels/lowering/simd_layer.h"
#include "kernels/lowering/simd_lowerings.h"
#include "kernels/lowering/window.h"

namespace systole {

namespace {

using isa::Namespace;
using isa::SimdOpcode;
using Kind = isa::Condition::Kind;

/// How many positions of the window count at each output index along one direction.
std::vector<std::int64_t> counted_positions(std::int64_t outputs, std::int64_t extent, std::int64_t kernel,
                                            std::int64_t stride, std::int64_t pad, std::int64_t counted_before,
                                            std::int64_t counted_after) {
  std::vector<std::int64_t> counts;
  for (std::int64_t o = 0; o < outputs; ++o) {
    const std::int64_t begin = std::max(o * stride - pad, -counted_before);
    const std::int64_t end = std::min(o * stride - pad + kernel, extent + counted_after);
    counts.push_back(end - begin);
  }
  return counts;
}

/// The divisor of an average is the same for all windows but those at the border. The sums of these are first scaled by
/// what they lack, rows and columns apart, since the number of counted positions is a product of both: multiplied
/// before they are divided, so that integers lose no more than their last unit.
class AverageDivisor {
 public:
  AverageDivisor(SimdLayer& layer, const WindowSpace& window, int y) : layer_(layer), window_(window), y_(y) {}

  void divide(const std::vector<std::int64_t>& rows, const std::vector<std::int64_t>& columns) {
    const std::int64_t row = *std::max_element(rows.begin(), rows.end());
    const std::int64_t column = *std::max_element(columns.begin(), columns.end());
    scale_borders(window_.oh, rows, row);
    scale_borders(window_.ow, columns, column);
    layer_.sweep(
        {}, window_.output_loops(),
        {{SimdOpcode::divide, layer_.at(y_), layer_.at(y_), layer_.immediate(static_cast<double>(row * column))}});
  }

 private:
  /// Indices before the first full window lie in the first tile, those behind the last one in the last tile.
  void scale_borders(int dim, const std::vector<std::int64_t>& counts, std::int64_t full) {
    const auto first_full = std::find(counts.begin(), counts.end(), full) - counts.begin();
    std::int64_t before = 0;
    std::int64_t after = 0;
    for (std::int64_t i = 0; i < static_cast<std::int64_t>(counts.size()); ++i) {
      const std::int64_t count = counts[static_cast<std::size_t>(i)];
      if (count == full) continue;
      const bool front = i < first_full;
      ++(front ? before : after);
      const std::int64_t place = front ? i : i - static_cast<std::int64_t>(counts.size());
      std::vector<Over> loops;
      for (const Over& over : window_.output_loops()) {
        if (over.dim != dim) loops.push_back(over);
      }
      const Operand y = layer_.at(y_, {{dim, place}});
      layer_.sweep({front ? Kind::first : Kind::last, {dim}}, loops,
                   {{SimdOpcode::mul, y, y, layer_.immediate(static_cast<double>(full))},
                    {SimdOpcode::divide, y, y, layer_.immediate(static_cast<double>(count))}});
    }
    layer_.keep_edges(dim, std::max<std::int64_t>(before, 1), std::max<std::int64_t>(after, 1));
  }

  SimdLayer& layer_;
  const WindowSpace& window_;
  int y_;
};

void lower_window(const Node& node, LoweringContext& context) {
  const auto& pool = std::get<PoolAttributes>(node.attributes);
  const Shape& in = context.graph().shape(node.inputs.at(0));
  const Shape& out = context.graph().shape(node.outputs.at(0));
  const bool average = node.op == OpKind::AveragePool;
  SimdLayer layer(node, context);
  const WindowSpace window(layer, pool.kernel, out);
  Access input = window.input(context.layout(node.inputs[0]), in, pool.strides, pool.dilations, pool.pads);
  input.fill = average ? isa::Fill::zero : isa::Fill::lowest;
  const int x = layer.load(input, Namespace::vmem1);
  const int y = layer.store(window.output(context.layout(node.outputs[0])), Namespace::vmem2);
  const Operand result = layer.at(y);
  layer.sweep({}, window.output_loops(), {{SimdOpcode::move, result, layer.at(x), layer.at(x)}});
  window.further_positions(layer, average ? SimdOpcode::add : SimdOpcode::max, result, x, x);
  if (average) {
    const Padding2 counted = pool.count_include_pad ? pool.counted : Padding2{};
    AverageDivisor(layer, window, y)
        .divide(counted_positions(out[2], in[2], pool.kernel.height, pool.strides.height, pool.pads.top, counted.top,
                                  counted.bottom),
                counted_positions(out[3], in[3], pool.kernel.width, pool.strides.width, pool.pads.left, counted.left,
                                  counted.right));
  }
  layer.finish();
}

}  // namespace

void lower_pool(const Node& node, LoweringContext& context) {
  const auto& pool = std::get<PoolAttributes>(node.attributes);
  if (!pool.global) return lower_window(node, context);
  const Shape& in = context.graph().shape(node.inputs.at(0));
  const bool average = node.op == OpKind::AveragePool;
  std::optional<double> divisor;
  if (average) divisor = static_cast<double>(in.at(2) * in.at(3));
  lower_reduction(node, context, average ? SimdOpcode::add : SimdOpcode::max, {2, 3}, divisor);
}

}  // namespace systole
