#include "models/analytical/systole/transfer.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>

#include "base/units.h"

namespace systole::analytical {

namespace {

constexpr std::int64_t kBitsPerByte = 8;
constexpr std::int64_t kResidues = 16;  ///< positions of a segment within a burst that are averaged over

}  // namespace

std::int64_t span_of(const isa::Stream& stream) {
  std::int64_t span = stream.run.elements.count * stream.element_bits / kBitsPerByte;
  for (const isa::WalkDim& dim : stream.dims) span += (dim.trip.count - 1) * std::abs(dim.off_chip_stride);
  return span;
}

TransferModel::TransferModel(TransferClasses& classes, std::int64_t base, std::int64_t port_bits,
                             const MachineModel& machine, const MemoryModel& memory, int other_streams)
    : classes_(classes),
      stream_(classes.stream()),
      loops_(classes.tile_loops()),
      memory_(memory),
      base_(base),
      port_bits_(port_bits),
      burst_bytes_(machine.burst_bytes),
      outstanding_(machine.outstanding_bursts),
      transposes_(machine.transposes),
      row_change_(memory.row_change(movement(), other_streams)) {
  known_.reserve(classes.known().size());
}

/// How far a generation's address is from the one before, mostly. The only one follows, mostly, what the block before
/// had of the kind.
std::int64_t TransferModel::movement() const {
  for (std::size_t loop = loops_.size(); loop-- > 0;) {
    if (static_cast<int>(loop) <= stream_.loop && loops_[loop] > 1) return std::abs(stream_.tile_stride[loop]);
  }
  return span_of(stream_);
}

const std::vector<Transfer>& TransferModel::all() {
  complete();
  return known_;
}

void TransferModel::complete() {
  while (known_.size() < classes_.known().size()) {
    const TransferClasses::Class& next = classes_.known()[known_.size()];
    known_.push_back(compute(next.elements, next.extents));
  }
}

/// What of the run at `position` of the innermost dimension lies in the image.
TransferModel::Piece TransferModel::piece(std::int64_t position, std::int64_t elements,
                                          const TransferExtents& extents) const {
  std::int64_t begin = 0;
  std::int64_t end = stream_.run.broadcast ? 1 : elements;
  if (classes_.packs_pixels()) {
    const isa::WalkDim& dim = stream_.dims.back();
    const std::int64_t pixel = extents[stream_.dims.size() - 1].coordinate + position * dim.step;
    begin = std::clamp<std::int64_t>(-pixel * stream_.run.pixel_elements, 0, end);
    end = std::clamp<std::int64_t>((dim.extent - pixel) * stream_.run.pixel_elements, begin, end);
  }
  if (begin == end) return {};
  return {begin * stream_.element_bits / kBitsPerByte, ceil_div(end * stream_.element_bits, kBitsPerByte)};
}

/// Merges runs to segments; `bytes` is all that is moved.
AccessPattern TransferModel::pattern(std::int64_t elements, const TransferExtents& extents, double& bytes) const {
  AccessPattern result;
  result.base = base_;
  bytes = 0;
  std::int64_t step = 0;  // greatest common divisor of all distances between segments
  for (std::size_t loop = 0; loop < loops_.size(); ++loop) {
    if (loops_[loop] > 1) step = std::gcd(step, stream_.tile_stride[loop]);
  }
  std::int64_t outer = 1;
  for (const TransferExtent& extent : extents) {
    if (extent.valid() == 0) return result;
  }
  // The innermost dimension: one segment when its runs touch, else one a run.
  std::int64_t first = 0;
  std::int64_t length = 0;
  std::int64_t segments = 1;
  std::size_t dim = stream_.dims.size();
  if (dim == 0) {
    length = piece(0, elements, extents).end;
    bytes = static_cast<double>(length);
  } else {
    --dim;
    const TransferExtent& inner = extents[dim];
    const std::int64_t stride = stream_.dims[dim].off_chip_stride;
    const std::int64_t run = ceil_div((stream_.run.broadcast ? 1 : elements) * stream_.element_bits, kBitsPerByte);
    std::int64_t low = 0;
    std::int64_t high = 0;
    std::int64_t runs = 0;
    std::int64_t sum = 0;
    if (classes_.packs_pixels()) {
      for (std::int64_t i = inner.begin; i < inner.end; ++i) {
        const Piece moved = piece(i, elements, extents);
        if (moved.begin == moved.end) continue;
        low = runs == 0 ? i * stride + moved.begin : std::min(low, i * stride + moved.begin);
        high = std::max(high, i * stride + moved.end);
        sum += moved.end - moved.begin;
        ++runs;
      }
    } else {
      runs = inner.valid();
      low = inner.begin * stride;
      high = (inner.end - 1) * stride + run;
      sum = runs * run;
    }
    if (runs == 0) return result;
    first = low;
    if (runs == 1 || (stride >= 0 && stride <= run)) {
      length = high - low;
      bytes = static_cast<double>(length);
    } else {
      length = sum / runs;
      bytes = static_cast<double>(sum);
      segments = runs;
      step = std::gcd(step, stride);
      result.dimensions.push_back({runs, stride});
    }
  }
  // Dimensions outside go on in the same segment as long as they continue where it ended.
  while (dim-- > 0) {
    const std::int64_t count = extents[dim].valid();
    const std::int64_t stride = stream_.dims[dim].off_chip_stride;
    first += extents[dim].begin * stride;
    bytes *= static_cast<double>(count);
    if (count == 1) continue;
    if (segments == 1 && outer == 1 && stride == length) {
      length *= count;
      continue;
    }
    outer *= count;
    step = std::gcd(step, stride);
    result.dimensions.insert(result.dimensions.begin(), {count, stride});
  }
  result.base += first;
  result.bytes = length;
  result.segments = static_cast<double>(segments * outer);
  result.step = step;
  return result;
}

/// Cuts segments into bursts, averaged over where a segment begins within a burst.
void TransferModel::cut(const AccessPattern& pattern, Transfer& transfer) const {
  const std::int64_t beat = port_bits_ / kBitsPerByte;
  const std::int64_t base = (pattern.base % burst_bytes_ + burst_bytes_) % burst_bytes_;
  const std::int64_t step = std::gcd(pattern.step, burst_bytes_);
  const std::int64_t places = burst_bytes_ / step;
  const std::int64_t residues = std::min(kResidues, places);
  double bursts = 0;
  double beats = 0;
  for (std::int64_t i = 0; i < residues; ++i) {
    const std::int64_t begin = (base + i * (places / residues) * step) % burst_bytes_;
    const std::int64_t end = begin + pattern.bytes;
    const std::int64_t last = (end - 1) / burst_bytes_;
    bursts += static_cast<double>(last + 1);
    if (last == 0) {
      beats += static_cast<double>(ceil_div(pattern.bytes, beat));
    } else {
      beats += static_cast<double>(ceil_div(burst_bytes_ - begin, beat) + (last - 1) * ceil_div(burst_bytes_, beat) +
                                   ceil_div(end - last * burst_bytes_, beat));
    }
  }
  transfer.bursts = pattern.segments * bursts / static_cast<double>(residues);
  transfer.bus = std::round(pattern.segments * beats / static_cast<double>(residues));
}

/// Of so many runs, each in beats of its own.
double TransferModel::chip_beats(double positions, std::int64_t elements) const {
  const std::int64_t bits = stream_.element_bits;
  const bool singly = elements == 1 || stream_.run.block == 1;
  if (singly && !transposes_) {
    return std::ceil(positions * static_cast<double>(elements * bits) / static_cast<double>(port_bits_));
  }
  const std::int64_t block = stream_.run.block > 0 ? stream_.run.block : elements;
  const std::int64_t whole = elements / block;
  const std::int64_t beats = whole * ceil_div(block * bits, port_bits_) + ceil_div(elements % block * bits, port_bits_);
  return positions * static_cast<double>(beats);
}

Transfer TransferModel::compute(std::int64_t elements, const TransferExtents& extents) const {
  Transfer result;
  AccessPattern where = pattern(elements, extents, result.bytes);
  const bool load = stream_.direction == isa::Direction::load;
  double positions = 1;  // runs on chip: a load fills those in the padding, a store leaves them out
  for (const TransferExtent& extent : extents)
    positions *= static_cast<double>(load ? extent.positions : extent.valid());
  result.elements = positions * static_cast<double>(elements);
  result.chip = chip_beats(positions, elements);
  if (where.segments == 0) return result;
  cut(where, result);
  result.memory = memory_.work(where, result.bursts);
  result.last_bus = result.bus / result.bursts;
  if (memory_.ideal()) return result;
  result.request = memory_.read_request(row_change_);
  result.device_bursts = memory_.device_bursts(where);
  result.channels = memory_.channels_of(std::min(where.bytes, burst_bytes_));
  result.spread = memory_.spread(where);
  result.first = memory_.burst_time(where.base, std::min(where.bytes, burst_bytes_));
  if (!load) {
    result.in_flight = result.bursts * (memory_.write_round() + result.last_bus) / static_cast<double>(outstanding_);
    return result;
  }
  const double refresh = memory_.refresh_wait(std::min(where.bytes, burst_bytes_));
  const auto in_flight = [&](double rows) {
    const double round = memory_.read_request(rows) + refresh + result.first + memory_.response();
    return result.bursts * (round + result.last_bus) / static_cast<double>(outstanding_);
  };
  // Rows are looked at only where they can matter.
  const bool rows_matter = in_flight(1) > std::max({result.bus, result.chip, result.memory});
  const double closed = rows_matter ? memory_.rows_a_burst(where, burst_bytes_, row_change_) : 0;
  result.in_flight = in_flight(closed);
  if (rows_matter) result.exposed = in_flight(1) - result.in_flight;
  result.last_wait =
      memory_.refresh_wait(std::min(static_cast<std::int64_t>(result.bytes), outstanding_ * burst_bytes_));
  return result;
}

}  // namespace systole::analytical
