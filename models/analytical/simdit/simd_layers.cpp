#include "models/analytical/simdit/simd_layers.h"

#include <fmt/format.h>

#include <cmath>

#include "base/errors.h"
#include "base/units.h"
#include "models/analytical/simdit/rounding.h"

namespace systole::simdit {
namespace {

bool is_pool(Operation op) {
  return op == Operation::max_pool || op == Operation::avg_pool || op == Operation::max_pool_grad ||
         op == Operation::avg_pool_grad;
}

/// Words of the tile's results (pool gradients: of the incoming gradient) and of a pool's window side.
std::int64_t tile_words(const SimdTile& t) {
  return t.out_width * t.out_height * t.channels * t.batch;
}
std::int64_t window_words(const Layer& l, const SimdTile& t) {
  return ((t.out_width - 1) * l.stride + l.kernel_width) * ((t.out_height - 1) * l.stride + l.kernel_height) *
         t.channels * t.batch;
}

bool fits(const Layer& l, const SimdTile& t, const Machine& m) {
  const std::int64_t words = m.vmem / m.accumulator_bits;
  const std::int64_t parameter_bits = t.channels * m.accumulator_bits;
  switch (l.operation) {
    case Operation::max_pool:
    case Operation::avg_pool:
    case Operation::avg_pool_grad:
      return window_words(l, t) <= words;
    case Operation::max_pool_grad:
      return window_words(l, t) + tile_words(t) <= words;
    case Operation::mean_var:
      return tile_words(t) <= words - m.columns && parameter_bits <= m.vmem / 2;
    case Operation::batch_norm:
      return tile_words(t) <= words && parameter_bits <= m.vmem / 4;
    case Operation::batch_norm_grad:
      return tile_words(t) + 3 * t.channels <= words;
    default:
      return tile_words(t) <= words;
  }
}

bool batch_before_channels(Operation op) {
  return op == Operation::mean_var || op == Operation::batch_norm || op == Operation::batch_norm_grad;
}

void grow_channels(const Layer& l, const Machine& m, SimdTile& t) {
  while (t.channels + m.columns <= t.channels_padded) {
    SimdTile larger = t;
    larger.channels += m.columns;
    if (!fits(l, larger, m)) return;
    t = larger;
  }
}

void grow_batch(const Layer& l, const Machine& m, SimdTile& t) {
  for (std::int64_t k = 1; k <= l.batch; ++k) {
    if (l.batch % k != 0) continue;
    SimdTile larger = t;
    larger.batch = l.batch / k;
    if (!fits(l, larger, m)) continue;
    t = larger;
    return;
  }
}

}  // namespace

std::optional<SimdTile> find_simd_tile(const Layer& l, const Machine& m) {
  SimdTile t;
  t.channels_padded = round_up(l.out_channels, m.columns);
  t.channels = m.columns;
  t.batch = 1;
  for (std::int64_t i = 1;; ++i) {
    if (i > l.out_width || i > l.out_height) return std::nullopt;
    if (l.out_width % i != 0 || l.out_height % i != 0) continue;
    t.out_width = l.out_width / i;
    t.out_height = l.out_height / i;
    if (fits(l, t, m)) break;
  }
  if (batch_before_channels(l.operation)) {
    grow_batch(l, m, t);
    grow_channels(l, m, t);
  } else {
    grow_channels(l, m, t);
    grow_batch(l, m, t);
  }
  return t;
}

SimdTile tile_simd_layer(const Layer& l, const Machine& m) {
  const std::optional<SimdTile> tile = find_simd_tile(l, m);
  if (tile) return *tile;
  throw UserError(
      Diagnostic{"", 0, 0,
                 fmt::format("layer '{}' has no tile in SimDIT's scheme: one position does not fit VMEM of {} bits",
                             l.name, m.vmem),
                 "enlarge vmem_bits"});
}

namespace {

/// The quantities that the formulas of the sheet are written in, as real numbers.
struct Quantities {
  double lanes, fill;              // M, pipeline fill of a tile
  double words, window, channels;  // of a tile: results, a pool's window side, channels
  double elements, all_channels;   // of the layer
  double inner, outer, tiles;      // tiles of space and batch; of channels; both
  double kernel;
  double p, o;  // bits of a word inside and of the result
  double divide, inverse_sqrt;
  double width;

  /// Cycles of a transfer of x words of b bits.
  [[nodiscard]] double load(double x, double b) const { return std::ceil(x * b / width); }
};

Quantities quantities(const Layer& l, const SimdTile& t, const Machine& m, std::int64_t output_bits) {
  const auto real = [](std::int64_t x) { return static_cast<double>(x); };
  Quantities q{};
  q.lanes = real(m.columns);
  q.fill = real(5 + m.columns - 1);
  q.words = real(tile_words(t));
  q.window = is_pool(l.operation) ? real(window_words(l, t)) : q.words;
  q.channels = real(t.channels);
  q.elements = real(l.out_width * l.out_height * l.batch * t.channels_padded);
  q.all_channels = real(t.channels_padded);
  q.inner = real(l.out_height) / real(t.out_height) * (real(l.out_width) / real(t.out_width)) *
            (real(l.batch) / real(t.batch));
  q.outer = real(t.channels_padded) / real(t.channels);
  q.tiles = q.inner * q.outer;
  q.kernel = real(l.kernel_height * l.kernel_width);
  q.p = real(m.accumulator_bits);
  q.o = real(output_bits);
  q.divide = real(m.divide_latency);
  q.inverse_sqrt = real(m.inverse_sqrt_latency);
  q.width = real(m.simd_width);
  return q;
}

constexpr double kInstructionBits = 32;

/// relu, elem_add, relu_grad, sgd, reduce_sum: `operations` instructions an element, two operands or one.
Cost elementwise(const Layer& l, const Quantities& q, Fusion fusion) {
  const bool binary = l.operation != Operation::relu;
  const double k = l.operation == Operation::sgd ? 2 : 1;
  const double loads = (binary ? 2.0 : 1.0) - (fusion.input ? 1.0 : 0.0);
  Cost c;
  c.simd_compute = ceil_of((k * std::ceil(q.words / q.lanes) + q.fill) * q.tiles);
  c.simd_stall = (loads * q.load(q.words, q.p) + q.load(q.words, q.o)) * q.tiles;
  c.dram_ifmap = loads * q.elements * q.p;
  c.dram_ofmap = q.elements * q.o;
  c.vmem = q.elements * (binary ? 2 * k * q.p + (k - 1) * q.p + q.o : q.p + q.o);
  c.operations = k * q.elements;
  c.instruction_memory = kInstructionBits * ceil_of(k * std::ceil(q.words / q.lanes) * q.tiles);
  if (l.operation == Operation::relu) c.imm = q.elements / q.channels * std::ceil(q.channels / q.lanes) * q.p;
  return c;
}

Cost reduce_sum(const Layer& l, const Quantities& q) {
  const auto k = static_cast<double>(l.batch);
  const double groups = std::ceil(q.channels / q.lanes);
  Cost c;
  c.simd_compute = ceil_of((k * groups + q.fill) * q.outer);
  c.simd_stall = (q.load(q.words, q.p) + q.load(q.channels, q.o)) * q.outer;
  c.dram_ifmap = q.elements * q.p;
  c.dram_ofmap = q.all_channels * q.o;
  c.vmem = q.all_channels * (2 * k * q.p + (k - 1) * q.p + q.o);
  c.operations = k * q.all_channels;
  c.instruction_memory = kInstructionBits * ceil_of(k * groups * q.outer);
  return c;
}

Cost pool(const Layer& l, const Quantities& q) {
  const bool average = l.operation == Operation::avg_pool;
  Cost c;
  c.simd_compute = ceil_of(((q.kernel + (average ? q.divide : 0)) * q.words / q.lanes + q.fill) * q.tiles);
  c.simd_stall = (q.load(q.window, q.p) + q.load(q.words, q.o)) * q.tiles;
  c.dram_ifmap = q.window * q.tiles * q.p;
  c.dram_ofmap = q.elements * q.o;
  c.vmem = (2 * q.kernel + (q.kernel - 1) + (average ? 3 : 0)) * q.elements * q.p + q.elements * q.o;
  c.operations = q.kernel * q.elements + (average ? q.divide * q.elements : 0);
  c.instruction_memory = kInstructionBits * ceil_of((q.kernel + (average ? 1 : 0)) * q.words / q.lanes * q.tiles);
  return c;
}

Cost max_pool_grad(const Quantities& q) {
  Cost c;
  c.simd_compute = ceil_of((4 * q.kernel * q.words / q.lanes + q.fill) * q.tiles);
  c.simd_stall = (2 * q.load(q.words, q.p) + q.load(q.window, q.o)) * q.tiles;
  c.dram_ifmap = 2 * q.elements * q.p;
  c.dram_ofmap = q.window * q.tiles * q.o;
  c.vmem = 6 * q.kernel * q.elements * q.p;
  c.operations = 2 * q.kernel * q.elements;
  c.instruction_memory = kInstructionBits * 2 * q.kernel * q.elements / q.lanes;
  return c;
}

Cost avg_pool_grad(const Quantities& q) {
  Cost c;
  c.simd_compute = ceil_of(((q.divide + q.kernel - 1 + 3) * q.words / q.lanes + q.fill) * q.tiles);
  c.simd_stall = (q.load(q.words, q.p) + q.load(q.window, q.o)) * q.tiles;
  c.dram_ifmap = q.elements * q.p;
  c.dram_ofmap = q.window * q.tiles * q.o;
  c.vmem = 3 * (q.kernel + 1) * q.elements * q.p;
  c.operations = q.kernel * q.elements + q.divide * q.elements;
  c.instruction_memory = kInstructionBits * (q.kernel + 1) * q.elements / q.lanes;
  return c;
}

Cost mean_var(const Quantities& q, Fusion fusion) {
  const double per_channel = 2 * q.divide + q.inverse_sqrt + 11;
  const double loads = fusion.input ? 0.0 : 1.0;
  Cost c;
  c.simd_compute = ceil_of(((5 * q.words / q.lanes + q.fill) * q.inner + per_channel * q.channels / q.lanes) * q.outer);
  c.simd_stall = loads * q.load(q.words, q.p) * q.tiles + 2 * q.load(q.channels, q.o) * q.outer;
  c.dram_ifmap = loads * q.elements * q.p;
  c.dram_ofmap = 2 * q.all_channels * q.o;
  c.vmem = (9 * q.elements + 16 * q.all_channels) * q.p;
  c.imm = 2 * q.all_channels * q.p;
  c.operations = 3 * q.elements + (3 + 2 * q.divide + q.inverse_sqrt) * q.all_channels;
  c.instruction_memory = kInstructionBits * (3 * q.elements + 6 * q.all_channels) / q.lanes;
  return c;
}

Cost batch_norm(const Quantities& q) {
  Cost c;
  c.simd_compute = ceil_of((10 * q.words / q.lanes + q.fill) * q.tiles);
  c.simd_stall = (q.load(q.words, q.p) + q.load(q.words, q.o)) * q.tiles + 4 * q.load(q.channels, q.p) * q.outer;
  c.dram_ifmap = (q.elements + 4 * q.all_channels) * q.p;
  c.dram_ofmap = q.elements * q.o;
  c.vmem = 11 * q.elements * q.p + q.elements * q.o;
  c.operations = 4 * q.elements;
  c.instruction_memory = kInstructionBits * 4 * q.elements / q.lanes;
  return c;
}

Cost batch_norm_grad(const Quantities& q) {
  Cost c;
  const double part = (11 * q.words / q.lanes + q.fill) * q.inner;
  c.simd_compute = ceil_of((2 * part + (q.divide + 3) * q.channels / q.lanes) * q.outer);
  c.simd_stall = (5 * q.load(q.words, q.p) + q.load(q.words, q.o)) * q.tiles +
                 (3 * q.load(q.channels, q.p) + 2 * q.load(q.channels, q.o)) * q.outer;
  c.dram_ifmap = (5 * q.elements + 3 * q.all_channels) * q.p;
  c.dram_ofmap = (q.elements + 2 * q.all_channels) * q.o;
  c.vmem = (29 * q.elements + 6 * q.all_channels) * q.p + q.elements * q.o;
  c.operations = 10 * q.elements + q.all_channels + q.all_channels * q.divide;
  c.instruction_memory = kInstructionBits * (10 * q.elements + 2 * q.all_channels) / q.lanes;
  return c;
}

}  // namespace

Cost simd_layer_cost(const Layer& l, const SimdTile& t, const Machine& m, std::int64_t output_bits, Fusion fusion) {
  const Quantities q = quantities(l, t, m, output_bits);
  switch (l.operation) {
    case Operation::relu:
    case Operation::elem_add:
    case Operation::relu_grad:
    case Operation::sgd:
      return elementwise(l, q, fusion);
    case Operation::reduce_sum:
      return reduce_sum(l, q);
    case Operation::max_pool:
    case Operation::avg_pool:
      return pool(l, q);
    case Operation::max_pool_grad:
      return max_pool_grad(q);
    case Operation::avg_pool_grad:
      return avg_pool_grad(q);
    case Operation::mean_var:
      return mean_var(q, fusion);
    case Operation::batch_norm:
      return batch_norm(q);
    case Operation::batch_norm_grad:
      return batch_norm_grad(q);
    case Operation::convolution:
    case Operation::gemm:
    case Operation::ignored:
      break;
  }
  fail_check("simdit", "layer '" + l.name + "' is not a SIMD layer");
}

}  // namespace systole::simdit
