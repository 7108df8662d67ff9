#include "kernels/lowering/average_divisor.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/errors.h"

namespace systole {

namespace {

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

std::int64_t most(const std::vector<std::int64_t>& counts) {
  return *std::max_element(counts.begin(), counts.end());
}

bool all_alike(const std::vector<std::int64_t>& counts) {
  return std::count(counts.begin(), counts.end(), counts.front()) == static_cast<std::ptrdiff_t>(counts.size());
}

}  // namespace

/// Each border row and column takes two nests and an iterator of its own, each divisor a word of IMM.
void AverageDivisor::require_few_borders(const Node& node) const {
  constexpr std::size_t kOthers = 4;  // nests and iterators of the sum, and the division of all
  std::size_t borders = 0;
  std::set<std::int64_t> divisors;
  for (const auto* counts : {&rows_, &columns_}) {
    const auto full = std::count(counts->begin(), counts->end(), most(*counts));
    borders += counts->size() - static_cast<std::size_t>(full);
    divisors.insert(counts->begin(), counts->end());
  }
  const bool fits = kOthers + 2 * borders <= static_cast<std::size_t>(isa::kMaxNests) &&
                    kOthers + borders + divisors.size() + 1 <= static_cast<std::size_t>(isa::kMaxIterators);
  if (fits) return;
  throw UserError({"", 0, 0,
                   fmt::format("{} '{}': {} rows and columns of its result average over windows that hang over the "
                               "border, more than a program of the SIMD unit holds",
                               node.onnx_op, node.name, borders),
                   "count_include_pad=1, or less padding"});
}

AverageDivisor::AverageDivisor(const PoolAttributes& pool, const Shape& image, const Shape& output) {
  const Padding2 counted = pool.count_include_pad ? pool.counted : Padding2{};
  rows_ = counted_positions(output.at(2), image.at(2), pool.kernel.height, pool.strides.height, pool.pads.top,
                            counted.top, counted.bottom);
  columns_ = counted_positions(output.at(3), image.at(3), pool.kernel.width, pool.strides.width, pool.pads.left,
                               counted.left, counted.right);
}

double AverageDivisor::full() const {
  return static_cast<double>(most(rows_) * most(columns_));
}

bool AverageDivisor::uniform() const {
  return all_alike(rows_) && all_alike(columns_);
}

void AverageDivisor::divide(SimdLayer& layer, const WindowSpace& window, int y) const {
  require_few_borders(layer.node());
  scale_borders(layer, window, y, window.oh, rows_);
  scale_borders(layer, window, y, window.ow, columns_);
  layer.sweep({}, window.output_loops(), {{SimdOpcode::divide, layer.at(y), layer.at(y), layer.immediate(full())}});
}

/// Indices before the first full window lie in the first tile, those behind the last one in the last tile.
void AverageDivisor::scale_borders(SimdLayer& layer, const WindowSpace& window, int y, int dim,
                                   const std::vector<std::int64_t>& counts) {
  const std::int64_t full = most(counts);
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
    for (const Over& over : window.output_loops()) {
      if (over.dim != dim) loops.push_back(over);
    }
    const Operand at_border = layer.at(y, {{dim, place}});
    layer.sweep({front ? Kind::first : Kind::last, {dim}}, loops,
                {{SimdOpcode::mul, at_border, at_border, layer.immediate(static_cast<double>(full))},
                 {SimdOpcode::divide, at_border, at_border, layer.immediate(static_cast<double>(count))}});
  }
  layer.keep_edges(dim, std::max<std::int64_t>(before, 1), std::max<std::int64_t>(after, 1));
}

}  // namespace systole
