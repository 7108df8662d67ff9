#include "models/analytical/simdit/array_layers.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/errors.h"
#include "base/units.h"
#include "models/analytical/simdit/rounding.h"

namespace systole::simdit {
namespace {

[[noreturn]] void does_not_fit(const Layer& layer) {
  throw UserError(
      Diagnostic{"", 0, 0,
                 fmt::format("layer '{}' has no tile in SimDIT's scheme: not even one output pixel fits IBUF and OBUF",
                             layer.name),
                 "enlarge ibuf_bits or obuf_bits"});
}

void tile_kernel(const Layer& layer, const Machine& m, ArrayTile& t) {
  t.kernel_width = layer.kernel_width;
  t.kernel_height = layer.kernel_height;
  const auto too_large = [&] {
    const std::int64_t kernel = t.kernel_width * t.kernel_height;
    return kernel * m.rows * m.columns * m.weight_bits > m.wbuf / 2 || kernel * m.rows * m.activation_bits > m.ibuf / 2;
  };
  for (std::int64_t i = 2; too_large() && t.kernel_width * t.kernel_height > 1; ++i) {
    t.kernel_width = ceil_div(layer.kernel_width, i);
    t.kernel_height = ceil_div(layer.kernel_height, i);
  }
}

bool fits(const ArrayTile& t, const Machine& m) {
  return t.out_width * t.out_height * t.batch * m.columns * m.accumulator_bits <= m.obuf_half &&
         t.in_width * t.in_height * t.batch * t.in_channels * m.activation_bits <= m.ibuf / 2;
}

bool tile_space(const Layer& layer, const Machine& m, ArrayTile& t) {
  const bool may_round = layer.kernel_width > 3 || layer.kernel_height > 3;
  for (std::int64_t i = 1;; ++i) {
    const bool divides = layer.out_width % i == 0 && layer.out_height % i == 0;
    if (divides || may_round) {
      t.out_width = ceil_div(layer.out_width, i);
      t.out_height = ceil_div(layer.out_height, i);
      t.in_width = (t.out_width - 1) * layer.stride + t.kernel_width;
      t.in_height = (t.out_height - 1) * layer.stride + t.kernel_height;
      if (fits(t, m)) return true;
    }
    if (i > layer.out_width && i > layer.out_height) return false;
  }
}

void tile_batch(const Layer& layer, const Machine& m, ArrayTile& t) {
  for (std::int64_t k = 1; k <= layer.batch; ++k) {
    if (layer.batch % k != 0) continue;
    t.batch = layer.batch / k;
    if (fits(t, m)) return;
  }
}

}  // namespace

std::optional<ArrayTile> find_array_tile(const Layer& layer, const Machine& m) {
  ArrayTile t;
  t.in_channels_padded = round_up(layer.in_channels, m.rows);
  t.out_channels_padded = round_up(layer.out_channels, m.columns);
  tile_kernel(layer, m, t);
  const std::int64_t kernel = t.kernel_width * t.kernel_height;
  const std::int64_t row_blocks =
      std::min({m.wbuf / 2 / (kernel * m.columns * m.weight_bits) / m.rows,
                m.ibuf / 2 / (kernel * m.activation_bits) / m.rows, t.in_channels_padded / m.rows});
  t.in_channels = std::max<std::int64_t>(row_blocks, 1) * m.rows;
  t.batch = 1;
  if (!tile_space(layer, m, t)) return std::nullopt;
  tile_batch(layer, m, t);
  const std::int64_t column_blocks =
      std::min({m.wbuf / 2 / (kernel * t.in_channels * m.weight_bits) / m.columns,
                m.obuf_half / (t.out_width * t.out_height * t.batch * m.accumulator_bits) / m.columns,
                m.bbuf / 2 / m.bias_bits / m.columns, t.out_channels_padded / m.columns});
  t.out_channels = std::max<std::int64_t>(column_blocks, 1) * m.columns;
  return t;
}

ArrayTile tile_array_layer(const Layer& layer, const Machine& m) {
  const std::optional<ArrayTile> tile = find_array_tile(layer, m);
  if (!tile) does_not_fit(layer);
  return *tile;
}

namespace {

/// Tile counts as the model takes them: real numbers. n_p weight-stationary tiles (space and batch), n_r reduction
/// tiles.
struct TileCounts {
  double space, reduction, out_channels, in_channels;
  double reduction_ceiled, out_channels_ceiled;
};

double ratio(std::int64_t whole, std::int64_t part) {
  return static_cast<double>(whole) / static_cast<double>(part);
}

TileCounts count_tiles(const Layer& l, const ArrayTile& t) {
  TileCounts n{};
  n.in_channels = ratio(t.in_channels_padded, t.in_channels);
  n.out_channels = ratio(t.out_channels_padded, t.out_channels);
  n.space = ratio(l.out_width, t.out_width) * ratio(l.out_height, t.out_height) * ratio(l.batch, t.batch);
  n.reduction = n.in_channels * ratio(l.kernel_width, t.kernel_width) * ratio(l.kernel_height, t.kernel_height);
  n.reduction_ceiled =
      static_cast<double>(ceil_div(t.in_channels_padded, t.in_channels) * ceil_div(l.kernel_width, t.kernel_width) *
                          ceil_div(l.kernel_height, t.kernel_height));
  n.out_channels_ceiled = static_cast<double>(ceil_div(t.out_channels_padded, t.out_channels));
  return n;
}

/// Cycles of one tile and of the transfers around it.
struct TileTimes {
  double compute, weights, bias, ifmap, output;
};

TileTimes tile_times(const ArrayTile& t, const Machine& m, bool output_stationary) {
  const std::int64_t parameters_width = std::min(m.rows * m.weight_bits, m.parambuf_width);
  const std::int64_t vectors = t.out_width * t.out_height * t.batch * t.kernel_width * t.kernel_height *
                               ceil_div(t.in_channels, m.rows) * ceil_div(t.out_channels, m.columns);
  const std::int64_t pixels_in = output_stationary ? 1 : t.in_width * t.in_height * t.batch;
  const std::int64_t pixels_out = output_stationary ? 1 : t.out_width * t.out_height * t.batch;
  TileTimes times{};
  times.compute = static_cast<double>(vectors + m.rows - 1 + m.columns - 1);
  times.weights = static_cast<double>(
      ceil_div(t.kernel_width * t.kernel_height * t.in_channels * t.out_channels * m.weight_bits, parameters_width));
  times.bias = static_cast<double>(ceil_div(t.out_channels * m.bias_bits, parameters_width));
  times.ifmap = static_cast<double>(ceil_div(pixels_in * t.in_channels * m.activation_bits, m.ibuf_width));
  times.output = static_cast<double>(ceil_div(pixels_out * t.out_channels * m.accumulator_bits, m.obuf_width));
  return times;
}

/// Tiles are whole: their numbers go up, and each does less on average.
void round_up_tiles(const Machine& m, TileCounts& n, TileTimes& x) {
  const auto round = [](double& count) {
    const double share = count / ceil_of(count);
    count = ceil_of(count);
    return share;
  };
  const auto fill = static_cast<double>(m.rows - 1 + m.columns - 1);
  const double in_channels = round(n.in_channels);
  const double space = round(n.space);
  const double reduction = round(n.reduction);
  const double out_channels = round(n.out_channels);
  x.compute = (x.compute - fill) * space * reduction * out_channels + fill;
  x.weights *= reduction * out_channels;
  x.bias *= out_channels;
  x.ifmap *= space * in_channels;
  x.output *= space * out_channels;
}

/// Only channels that the layer has are moved.
void drop_padding(const Layer& l, const ArrayTile& t, TileTimes& x) {
  const double in_channels = ratio(l.in_channels, t.in_channels_padded);
  const double out_channels = ratio(l.out_channels, t.out_channels_padded);
  x.weights *= in_channels * out_channels;
  x.bias *= out_channels;
  x.ifmap *= in_channels;
  x.output *= out_channels;
}

double excess(double slowest_transfer, double compute) {
  return std::max(0.0, slowest_transfer - compute);
}

/// Stalls of the three-stage pipeline (load next, compute this, store previous), by the published slot cases.
double weight_stationary_stall(const TileCounts& n, const TileTimes& x, bool fused_output, bool exact_slots) {
  double n1 = (n.space - 1) * n.out_channels - 1;
  double n2 = (n.reduction - 1) * (n.space - 1) * n.out_channels;
  double n4 = (n.reduction - 1) * n.out_channels;
  double n5 = n.out_channels - 1;
  if (n2 + n4 == 0) n2 = n4 = 0;
  const bool one_tile = n.space * n.reduction * n.out_channels <= 1;
  if (exact_slots && n1 < 0) {  // no such slot: one of another kind is the first tile's
    n1 = 0;
    double& other = n5 > 0 ? n5 : n4;
    other = std::max(0.0, other - 1);
  }
  const double steady = n1 * excess(std::max(x.ifmap, x.output), x.compute) +
                        n2 * excess(std::max(x.ifmap, 2 * x.output), x.compute) +
                        n4 * excess(std::max({x.ifmap, x.weights, 2 * x.output}), x.compute) +
                        n5 * excess(std::max({x.ifmap, x.output, x.weights + x.bias}), x.compute);
  const double first = std::max(x.ifmap, x.weights + x.bias);
  const bool ends = !(exact_slots && one_tile);
  const double second = ends ? excess(x.ifmap, x.compute) : 0;
  const double second_last = ends ? excess(x.output, x.compute) : 0;
  const double total = steady + first + second + second_last + x.output;
  if (!fused_output) return total;
  const double slots = n1 + n2 + n4 + n5;
  const double average = slots <= 0 ? 0.0 : ceil_of(steady / slots);
  return total - second_last - x.output - std::min(steady, ceil_of(average * (n.space * n.out_channels - 2)));
}

double output_stationary_stall(const TileCounts& n, TileTimes x, bool fused_output) {
  if (fused_output) x.output = 0;
  const double first = std::max(x.ifmap, x.weights + x.bias);
  if (n.reduction_ceiled == 1) {
    double stall = first + x.output;
    if (n.out_channels >= 2) {
      stall += (n.out_channels - 2) * excess(std::max(x.weights + x.bias, x.output), x.compute) +
               excess(x.weights + x.bias, x.compute) + excess(x.output, x.compute);
    }
    return stall;
  }
  const double n1 = n.out_channels - 1;
  const double n4 = n.out_channels - 1;
  const double n3 = n.in_channels * n.out_channels - n.out_channels - 1 - n4;
  return n1 * excess(std::max(x.weights + x.bias, x.ifmap), x.compute) +
         n4 * excess(std::max({x.weights, x.ifmap, x.output}), x.compute) +
         n3 * excess(std::max(x.weights, x.ifmap), x.compute) + first +
         excess(std::max(x.weights, x.ifmap), x.compute) + x.output;
}

bool is_output_stationary(const Layer& l) {
  return l.operation == Operation::gemm && l.batch == 1;
}

struct ArrayCycles {
  double compute, stall;
};

ArrayCycles array_cycles(const Layer& l, const ArrayTile& t, const Machine& m, Fusion fusion,
                         const Corrections& corrections) {
  const bool output_stationary = is_output_stationary(l);
  TileCounts n = count_tiles(l, t);
  TileTimes x = tile_times(t, m, output_stationary);
  if (corrections.whole_tiles) round_up_tiles(m, n, x);
  if (corrections.true_channels) drop_padding(l, t, x);
  return {ceil_of(x.compute * n.space * n.reduction * n.out_channels),
          output_stationary ? output_stationary_stall(n, x, fusion.output)
                            : weight_stationary_stall(n, x, fusion.output, corrections.slot_counts)};
}

}  // namespace

double array_layer_cycles(const Layer& l, const ArrayTile& t, const Machine& m, Fusion fusion) {
  const ArrayCycles cycles = array_cycles(l, t, m, fusion, {});
  return cycles.compute + cycles.stall;
}

Cost array_layer_cost(const Layer& l, const ArrayTile& t, const Machine& m, Fusion fusion,
                      const Corrections& corrections) {
  const bool output_stationary = is_output_stationary(l);
  const TileCounts n = count_tiles(l, t);
  const auto outputs = static_cast<double>(l.out_width * l.out_height * l.batch * t.out_channels_padded);
  const auto reductions = static_cast<double>(t.in_channels_padded * l.kernel_width * l.kernel_height);
  const auto bits = [](std::int64_t b) { return static_cast<double>(b); };

  Cost c;
  c.dram_filter = reductions * bits(t.out_channels_padded) * bits(m.weight_bits);
  c.dram_bias = bits(t.out_channels_padded) * bits(m.bias_bits);
  c.dram_ofmap = fusion.output ? 0 : outputs * bits(m.accumulator_bits);
  if (output_stationary) {
    c.dram_ifmap = bits(t.in_channels_padded) * n.out_channels * bits(m.activation_bits);
  } else {
    c.dram_ifmap = bits(t.in_width * t.in_height * t.in_channels_padded * l.batch) * ratio(l.out_width, t.out_width) *
                   ratio(l.out_height, t.out_height) * ratio(l.kernel_width, t.kernel_width) *
                   ratio(l.kernel_height, t.kernel_height) * n.out_channels_ceiled * bits(m.activation_bits);
    c.dram_psum = outputs * (2 * n.reduction_ceiled - 2) * bits(m.accumulator_bits);
  }

  const std::int64_t positions = t.out_width * t.out_height * t.batch * ceil_div(l.out_width, t.out_width) *
                                 ceil_div(l.out_height, t.out_height) * ceil_div(l.batch, t.batch);
  c.wbuf = reductions * bits(t.out_channels_padded) * bits(positions) * bits(m.weight_bits);
  c.ibuf = bits(l.out_width * l.out_height * l.batch) * reductions * bits(ceil_div(t.out_channels, m.columns)) *
           n.out_channels_ceiled * bits(m.activation_bits);
  c.obuf = outputs *
           (2 * bits(ceil_div(t.in_channels, m.rows) * t.kernel_width * t.kernel_height) * n.reduction_ceiled - 1) *
           bits(m.accumulator_bits);
  c.bbuf = outputs * bits(m.bias_bits);

  const ArrayCycles cycles = array_cycles(l, t, m, fusion, corrections);
  c.array_compute = cycles.compute;
  c.array_stall = cycles.stall;
  c.operations = 2 * outputs * reductions;
  return c;
}

}  // namespace systole::simdit
