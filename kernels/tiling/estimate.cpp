#include "kernels/tiling/estimate.h"

#include <algorithm>
#include <cmath>

#include "base/units.h"

namespace systole {

namespace {

constexpr std::int64_t kByte = 8;
constexpr double kBitsPerByte = kByte;
constexpr std::int64_t kSimdFill = 5;  ///< stages before the first write back
/// Share of its peak that a DRAM gives at best: refresh takes some 5 %, row changes and turnarounds the rest.
constexpr double kMemoryEfficiency = 0.9;

/// Work of one port or unit.
struct Traffic {
  double bytes = 0;        ///< as the memory moves them
  double beats = 0;        ///< cycles of the port's bus or of its on-chip side, whichever are more
  double generations = 0;  ///< transfers, each with a set-up and a way to memory that the next one waits for
};

class Estimator {
 public:
  Estimator(const ArrayProblem& p, const Tiling& t, const Geometry& g, const FusedWork& f, const Machine& m)
      : p_(p), t_(t), g_(g), fused_(f), m_(m) {}

  Estimate run(const AxisLoad& h, const AxisLoad& w) {
    const Traffic weights = weight_traffic();
    const Traffic ifmap = ifmap_traffic(h, w);
    const Traffic sums = obuf_traffic();
    const Traffic simd = simd_traffic();
    const double bytes = weights.bytes + ifmap.bytes + sums.bytes + simd.bytes;
    const double transfers = weights.generations + ifmap.generations + sums.generations + simd.generations;
    const double memory = memory_time(bytes) + transfers * static_cast<double>(m_.memory_latency);
    const double array = array_time();
    const double first_operands = first_load(weights, ifmap);
    const double first_result = first_operands + array * (g_.spills() ? 1 / tiles() : first_outputs());
    const double after_array = last_store(sums, simd);
    double cycles = std::max({memory, first_operands + array + after_array,
                              port_time(weights) + array / std::max(1.0, weights.generations) + after_array,
                              port_time(ifmap) + array / std::max(1.0, ifmap.generations) + after_array});
    if (sums.generations > 0) cycles = std::max(cycles, first_result + port_time(sums));
    if (fused_.any()) cycles = std::max(cycles, simd_end(simd, first_result));
    return {cycles, bytes, array};
  }

 private:
  [[nodiscard]] double tiles() const {
    return static_cast<double>(p_.outer * g_.ocs * g_.reduction_tiles() * g_.spatial_tiles());
  }
  [[nodiscard]] double pixels() const { return static_cast<double>(p_.outer * p_.batch * p_.h.out * p_.w.out); }
  /// Of all results: those of the first tile, which is a full one, and of the last.
  [[nodiscard]] double first_outputs() const {
    return static_cast<double>(std::min(t_.batch, p_.batch) * t_.oh * t_.ow * std::min(t_.oc, p_.oc)) /
           (pixels() * static_cast<double>(p_.oc));
  }
  [[nodiscard]] double last_outputs() const {
    const auto rest = [](std::int64_t all, std::int64_t tile, std::int64_t tiles) { return all - (tiles - 1) * tile; };
    return static_cast<double>(rest(p_.batch, t_.batch, g_.batches) * rest(p_.h.out, t_.oh, g_.rows) *
                               rest(p_.w.out, t_.ow, g_.columns) * rest(p_.oc, t_.oc, g_.ocs)) /
           (pixels() * static_cast<double>(p_.oc));
  }
  [[nodiscard]] double output_tiles() const { return static_cast<double>(p_.outer * g_.ocs * g_.spatial_tiles()); }

  [[nodiscard]] double array_time() const {
    const std::int64_t steps = p_.h.kernel * p_.w.kernel * ceil_div(p_.ic, m_.rows);
    const double vectors = pixels() * static_cast<double>(ceil_div(p_.oc, m_.columns) * steps);
    const std::int64_t tile_pixels = t_.batch * t_.oh * t_.ow;
    const std::int64_t distance = g_.oc_inside ? tile_pixels * g_.oc_blocks : tile_pixels;
    const std::int64_t sums = t_.kh * t_.kw * g_.ic_blocks * (g_.oc_inside ? 1 : g_.oc_blocks);
    const std::int64_t hazard = sums * std::max<std::int64_t>(0, m_.obuf_accumulate_latency - distance);
    return vectors + tiles() * static_cast<double>(m_.rows + m_.columns - 2 + hazard);
  }

  [[nodiscard]] Traffic weight_traffic() const {
    // Where pixels are outside, each of their tiles loads all weights again, unless one tile has all.
    const bool one_tile = g_.ocs * g_.reduction_tiles() == 1;
    const bool stay = g_.order == LoopOrder::weights_stay || one_tile ||
                      (g_.order == LoopOrder::reduction_inside && g_.reduction_tiles() == 1);
    const double passes = stay ? 1 : static_cast<double>(g_.spatial_tiles());
    const double outer = p_.weights_repeat && one_tile ? 1 : static_cast<double>(p_.outer) * passes;
    const double rows = outer * static_cast<double>(p_.h.kernel * p_.w.kernel * p_.ic);
    const double elements = rows * static_cast<double>(p_.oc);
    const std::int64_t block_beats = ceil_div(m_.columns * m_.weight_bits, m_.parambuf_port_bits);
    Traffic traffic;
    traffic.bytes = elements * p_.weight_bits / kBitsPerByte;
    traffic.beats =
        p_.weights_by_column ? elements : rows * static_cast<double>(ceil_div(p_.oc, m_.columns) * block_beats);
    traffic.beats = std::max(traffic.beats, traffic.bytes * kBitsPerByte / static_cast<double>(m_.parambuf_port_bits));
    traffic.generations = outer * static_cast<double>(g_.ocs * g_.reduction_tiles());
    if (p_.bias) {
      traffic.bytes += outer * static_cast<double>(p_.oc * m_.bias_bits) / kBitsPerByte;
      traffic.beats += outer * static_cast<double>(ceil_div(p_.oc * m_.bias_bits, m_.parambuf_port_bits));
      traffic.generations += outer * static_cast<double>(g_.ocs);
    }
    return traffic;
  }

  [[nodiscard]] Traffic ifmap_traffic(const AxisLoad& h, const AxisLoad& w) const {
    const bool reloaded = g_.reduction_tiles() > 1 || (g_.order != LoopOrder::pixels_outside && g_.spatial_tiles() > 1);
    const double passes = static_cast<double>(p_.outer * (reloaded ? g_.ocs : 1));
    const double images = passes * static_cast<double>(p_.batch);
    const double pixel_bytes = static_cast<double>(p_.ic / p_.pack * p_.ifmap_bits) / kBitsPerByte;
    const double tile_pixel_bytes = pixel_bytes / static_cast<double>(g_.ics);
    // Runs of a row follow each other when a tile has all channels of every column.
    const bool rows_whole = g_.ics == 1 && (g_.w.step == 1 || p_.pack > 1) && p_.outer == 1;
    const double row_tiles = static_cast<double>(g_.columns * (p_.pack > 1 ? 1 : g_.kernel_columns));
    const double valid = images * static_cast<double>(h.valid) * static_cast<double>(p_.pack > 1 ? p_.w.in : w.valid);
    Traffic traffic;
    if (p_.ifmap_by_pixel) {  // runs of images, or of columns of a transposed matrix
      const std::int64_t run = p_.batch > 1 ? std::min(t_.batch, p_.batch) : std::min(t_.ow, p_.w.out);
      const double bytes = static_cast<double>(run * p_.ifmap_bits) / kBitsPerByte;
      traffic.bytes = valid * pixel_bytes * whole_bursts(bytes) / bytes;
    } else if (rows_whole && g_.columns == 1 && g_.h.step == 1) {
      traffic.bytes = valid * pixel_bytes;
    } else if (rows_whole) {
      const double segments = images * static_cast<double>(h.valid) * row_tiles;
      traffic.bytes = segments * whole_bursts(valid * pixel_bytes / segments);
    } else {
      traffic.bytes = valid * static_cast<double>(g_.ics) * whole_bursts(tile_pixel_bytes);
    }
    const double positions = images * static_cast<double>(h.positions) * static_cast<double>(w.positions);
    const double run_bits = static_cast<double>(std::min(t_.ic, p_.ic) * p_.ifmap_bits);
    const double beats_each =
        p_.ifmap_by_pixel ? static_cast<double>(std::min(t_.ic, p_.ic))
                          : static_cast<double>(ceil_div(static_cast<std::int64_t>(run_bits), m_.ibuf_port_bits));
    traffic.beats = std::max(positions * beats_each * static_cast<double>(g_.ics),
                             valid * pixel_bytes * kBitsPerByte / static_cast<double>(m_.ibuf_port_bits));
    traffic.generations = passes * static_cast<double>(g_.reduction_tiles() * g_.spatial_tiles());
    if (g_.ics > 1 && !p_.ifmap_by_pixel) scatter(traffic, t_.ic, p_.ic, p_.ifmap_bits);
    return traffic;
  }

  /// Output tiles between OBUF and memory.
  [[nodiscard]] Traffic obuf_moves(double times, std::int64_t bits, bool by_pixel) const {
    const std::int64_t tile_oc = std::min(t_.oc, p_.oc);
    const std::int64_t beats_each = by_pixel ? tile_oc : ceil_div(tile_oc * bits, m_.obuf_port_bits);
    const double tile_bytes =
        static_cast<double>(p_.oc) / static_cast<double>(g_.ocs) * static_cast<double>(bits) / kBitsPerByte;
    Traffic traffic;
    traffic.bytes = times * pixels() * static_cast<double>(g_.ocs) * whole_bursts(tile_bytes);
    traffic.beats = times * pixels() * static_cast<double>(g_.ocs * beats_each);
    traffic.generations = times * output_tiles();
    return traffic;
  }

  /// Partial sums out and in again, and the result when no SIMD work takes it.
  [[nodiscard]] Traffic obuf_traffic() const {
    Traffic sums;
    if (g_.spills()) sums = obuf_moves(2.0 * static_cast<double>(g_.reduction_tiles() - 1), m_.accumulator_bits, false);
    if (fused_.any()) return sums;
    Traffic result = obuf_moves(1, p_.output_bits, p_.output_by_pixel);
    if (g_.ocs > 1) scatter(result, t_.oc, p_.oc, p_.output_bits);
    return {sums.bytes + result.bytes, sums.beats + result.beats, sums.generations + result.generations};
  }

  [[nodiscard]] Traffic simd_traffic() const {
    Traffic traffic;
    if (!fused_.any()) return traffic;
    const double bits = pixels() * static_cast<double>(p_.oc * (fused_.load_bits + fused_.store_bits));
    traffic.bytes = bits / kBitsPerByte;
    traffic.beats = bits / static_cast<double>(m_.simd_port_bits);
    traffic.generations = output_tiles();
    if (g_.ocs > 1) scatter(traffic, t_.oc, p_.oc, fused_.store_bits);
    return traffic;
  }

  /// Pieces of `tile` of a pixel's `all` channels: they may fall into a few of the memory's channels and be so much
  /// slower.
  void scatter(Traffic& traffic, std::int64_t tile, std::int64_t all, std::int64_t bits) const {
    const double share = m_.channel_share(ceil_div(tile * bits, kByte), ceil_div(p_.outer * all * bits, kByte));
    traffic.beats = std::max(traffic.beats, memory_time(traffic.bytes) / share);
  }

  /// When the SIMD unit and its port are done: operands for as many tiles as there are slots come before the first
  /// result.
  [[nodiscard]] double simd_end(const Traffic& traffic, double first_result) const {
    const double compute = pixels() * static_cast<double>(ceil_div(p_.oc, m_.columns) * fused_.issue_cycles) +
                           output_tiles() * static_cast<double>(kSimdFill + m_.columns - 1);
    const double port = port_time(traffic);
    const double slots = std::min(1.0, first_outputs() * static_cast<double>(m_.vmem_depth()));
    const double waiting = port * (1 - (1 - stored()) * slots);  // of its work, what comes behind the first result
    if (m_.vmem_depth() == 1) return first_result + compute + waiting;  // transfers and instructions take turns
    return first_result + std::max(compute + port * stored() * last_outputs(), waiting);
  }

  [[nodiscard]] double port_time(const Traffic& traffic) const {
    return traffic.beats + traffic.generations * static_cast<double>(m_.walker_setup + m_.memory_latency);
  }
  /// Each transfer also costs the memory about its idle latency: another row, a turn from reading to writing.
  [[nodiscard]] double memory_time(double bytes) const {
    return m_.memory_bytes_per_cycle > 0 ? bytes / (m_.memory_bytes_per_cycle * kMemoryEfficiency) : 0;
  }
  [[nodiscard]] double whole_bursts(double bytes) const {
    return static_cast<double>(round_up(static_cast<std::int64_t>(std::ceil(bytes)), m_.burst_bytes));
  }

  /// Before the first vector: the first weights and the first pixels.
  [[nodiscard]] double first_load(const Traffic& weights, const Traffic& ifmap) const {
    const double weight_share = 1 / std::max(1.0, weights.generations);
    const double ifmap_share = 1 / std::max(1.0, ifmap.generations);
    return std::max({weights.beats * weight_share, ifmap.beats * ifmap_share,
                     memory_time(weights.bytes * weight_share + ifmap.bytes * ifmap_share)}) +
           static_cast<double>(m_.memory_latency);
  }

  /// After the last vector: the last result's way through the SIMD unit and out.
  [[nodiscard]] double last_store(const Traffic& sums, const Traffic& simd) const {
    const Traffic& out = fused_.any() ? simd : sums;
    const double share = last_outputs() * (fused_.any() ? stored() : 1);
    double cycles =
        std::max(out.beats * share, memory_time(out.bytes * share)) + static_cast<double>(m_.memory_latency);
    if (fused_.any()) {
      const double words = last_outputs() * pixels() * static_cast<double>(ceil_div(p_.oc, m_.columns));
      cycles += words * static_cast<double>(fused_.issue_cycles) + static_cast<double>(kSimdFill + m_.columns - 1);
    }
    return cycles;
  }

  /// Share of the SIMD port's traffic that leaves.
  [[nodiscard]] double stored() const {
    return static_cast<double>(fused_.store_bits) / static_cast<double>(fused_.load_bits + fused_.store_bits);
  }

  const ArrayProblem& p_;
  const Tiling& t_;
  const Geometry& g_;
  const FusedWork& fused_;
  const Machine& m_;
};

}  // namespace

AxisLoad axis_load(const WindowAxis& axis, const InputAxis& input, std::int64_t tile, std::int64_t kernel_tile) {
  AxisLoad load;
  for (std::int64_t k = 0; k < axis.kernel; k += kernel_tile) {
    for (std::int64_t out = 0; out < axis.out; out += tile) {
      const std::int64_t positions =
          input_positions(axis, input.step, std::min(tile, axis.out - out), std::min(kernel_tile, axis.kernel - k));
      const std::int64_t first = out * axis.stride + k * axis.dilation - axis.pad;
      // Positions first, first+step, .. of which [0, in) are read.
      const std::int64_t below = first < 0 ? std::min(positions, ceil_div(-first, input.step)) : 0;
      const std::int64_t end = first >= axis.in ? 0 : std::min(positions, ceil_div(axis.in - first, input.step));
      load.positions += positions;
      load.valid += std::max<std::int64_t>(0, end - below);
    }
  }
  return load;
}

Estimate estimate(const ArrayProblem& problem, const Tiling& tiling, const Geometry& geometry, const AxisLoad& h,
                  const AxisLoad& w, const FusedWork& fused, const Machine& machine) {
  return Estimator(problem, tiling, geometry, fused, machine).run(h, w);
}

double simd_cycles(double words, double issue_cycles, double bits, const Machine& machine) {
  const double compute = words * issue_cycles;
  const double port = bits / static_cast<double>(machine.simd_port_bits);
  const double memory = machine.memory_bytes_per_cycle > 0
                            ? bits / kBitsPerByte / (machine.memory_bytes_per_cycle * kMemoryEfficiency)
                            : 0;
  const double transfer = std::max(port, memory);
  return machine.vmem_depth() > 1 ? std::max(compute, transfer) : compute + transfer;
}

}  // namespace systole
