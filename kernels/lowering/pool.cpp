#include <algorithm>
#include <string>

#include "kernels/lowering/average_divisor.h"
#include "kernels/lowering/reduce.h"
#include "kernels/lowering/simd_layer.h"
#include "kernels/lowering/simd_lowerings.h"
#include "kernels/lowering/window.h"

namespace systole {

namespace {

using isa::Namespace;
using isa::SimdOpcode;

/// The largest element and where it is: each position in turn takes the place of a smaller one. A word's three
/// instructions follow each other, since its flag would otherwise need a place for every position.
void largest_with_index(const Node& node, LoweringContext& context) {
  const auto& pool = std::get<PoolAttributes>(node.attributes);
  const Shape& in = context.graph().shape(node.inputs.at(0));
  const std::int64_t positions = pool.kernel.height * pool.kernel.width;
  SimdLayer layer(node, context);
  const int counting = layer.dim(std::max<std::int64_t>(positions - 1, 1), false);
  const WindowSpace window(layer, pool.kernel, context.graph().shape(node.outputs.at(0)));
  const std::vector<int> outputs{window.n, window.oh, window.ow, window.c};
  Access input = window.input(context.layout(node.inputs[0]), in, pool.strides, pool.dilations, pool.pads);
  input.fill = isa::Fill::lowest;
  const int x = layer.load(input, Namespace::vmem1);
  const Operand y = layer.at(layer.store(window.output(context.layout(node.outputs[0])), Namespace::vmem2));
  const Operand index = layer.at(layer.store(window.output(context.layout(node.outputs.at(1))), Namespace::vmem2));
  const int numbers = position_numbers(layer, positions, counting, {{window.kh, pool.kernel.width}, {window.kw, 1}},
                                       outputs, Namespace::vmem1);
  const Operand larger = layer.at(layer.scratch(outputs, Namespace::obuf));
  const Operand zero = layer.immediate(0);
  layer.sweep({}, window.output_loops(),
              {{SimdOpcode::move, y, layer.at(x), layer.at(x)}, {SimdOpcode::move, index, zero, zero}});
  const auto further = [&](std::vector<Over> loops, std::pair<int, std::int64_t> from, std::int64_t number) {
    for (const Over& over : window.output_loops()) loops.push_back(over);
    const Operand candidate = layer.at(x, {from});
    layer.nest({}, loops,
               {{SimdOpcode::greater, larger, candidate, y},
                {SimdOpcode::max, y, y, candidate},
                {SimdOpcode::conditional_move, index, layer.entry(numbers, number), larger}});
  };
  further({{window.kw, 1}}, {window.kw, 1}, 1);
  further({{window.kh, 1}, {window.kw, 0}}, {window.kh, 1}, pool.kernel.width);
  layer.finish();
}

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
  if (average) AverageDivisor(pool, in, out).divide(layer, window, y);
  layer.finish();
}

}  // namespace

void lower_pool(const Node& node, LoweringContext& context) {
  const auto& pool = std::get<PoolAttributes>(node.attributes);
  if (node.outputs.size() > 1) return largest_with_index(node, context);
  if (!pool.global) return lower_window(node, context);
  const Shape& in = context.graph().shape(node.inputs.at(0));
  const bool average = node.op == OpKind::AveragePool;
  std::optional<double> divisor;
  if (average) divisor = static_cast<double>(in.at(2) * in.at(3));
  lower_reduction(node, context, average ? SimdOpcode::add : SimdOpcode::max, {2, 3}, divisor);
}

}  // namespace systole
