#include "kernels/lowering/simd_space.h"

#include <algorithm>

#include "base/errors.h"
#include "base/units.h"
#include "kernels/lowering/exact.h"

namespace systole {

namespace {

/// Places of an axis when every dimension has the size that `size` gives.
template <typename Size>
std::int64_t places(const Axis& axis, const Space& space, Size size) {
  std::int64_t last = 0;
  for (const Term& term : axis.terms) last += term.step * (size(space.at(static_cast<std::size_t>(term.dim))) - 1);
  return last + 1;
}

std::int64_t places(const Axis& axis, const Space& space) {
  return places(axis, space, [](const SpaceDim& dim) { return dim.tile; });
}

isa::Trip places_trip(const Axis& axis, const Space& space) {
  isa::Trip trip;
  trip.count = narrow(places(axis, space));
  trip.tail = narrow(places(axis, space, [](const SpaceDim& dim) { return dim.rest(); }));
  for (const Term& term : axis.terms) {
    const std::int8_t loop = space.at(static_cast<std::size_t>(term.dim)).loop;
    if (loop == isa::kNoLoop) continue;
    check(trip.tail_loop == isa::kNoLoop, "lowering", "two cut dimensions share an axis");
    trip.tail_loop = loop;
  }
  if (trip.tail == trip.count) trip.tail_loop = isa::kNoLoop;
  if (trip.tail_loop == isa::kNoLoop) trip.tail = trip.count;
  return trip;
}

/// Divides by `divisor`: a run or dimension of broadcast elements.
isa::Trip divided(isa::Trip trip, std::int64_t divisor) {
  check(trip.count % divisor == 0 && trip.tail % divisor == 0, "lowering", "a tile cuts a repeated element");
  trip.count /= static_cast<std::int32_t>(divisor);
  trip.tail /= static_cast<std::int32_t>(divisor);
  return trip;
}

/// Turns one access into a stream: the walker's dimensions are appended in the order of the calls.
class StreamMaker {
 public:
  StreamMaker(const Access& access, const Space& space, std::int64_t lanes)
      : access_(access), space_(space), lanes_(lanes), strides_(axis_words()) {
    stream_.used = true;
    stream_.element_bits = static_cast<std::uint8_t>(access.bits);
    stream_.fill = access.fill;
    stream_.fill_bits = access.fill_bits;
    stream_.base = access.offset;
    stream_.loop = scope_of(access, space);
  }

  isa::Stream make() {
    const std::size_t axes = access_.axes.size() - (has_lanes(access_, space_) ? 1 : 0);
    const std::size_t along = run_axis(axes);
    for (std::size_t a = 0; a < axes; ++a) {
      off_chip(access_.axes[a]);
      if (a != along) dimension(access_.axes[a], strides_[a] * lanes_);
    }
    if (axes == access_.axes.size()) {
      broadcast_run();
    } else {
      lane_axis(along);
    }
    if (along < axes) transposed_run(along);
    return std::move(stream_);
  }

 private:
  /// Words between neighbours of each axis before the lane axis.
  [[nodiscard]] std::vector<std::int64_t> axis_words() const {
    std::vector<std::int64_t> words(access_.axes.size(), 1);
    std::int64_t stride = has_lanes(access_, space_) ? ceil_div(space_.back().tile, lanes_) : 1;
    for (std::size_t a = access_.axes.size() - (has_lanes(access_, space_) ? 1 : 0); a-- > 0;) {
      words[a] = stride;
      stride *= places(access_.axes[a], space_);
    }
    return words;
  }

  /// The axis that the run follows: none of the first `axes` when neighbours off chip are neighbouring lanes, otherwise
  /// the one whose neighbours are next to each other in memory, if there is one.
  [[nodiscard]] std::size_t run_axis(std::size_t axes) const {
    if (axes == access_.axes.size() || access_.lane_window || access_.lane_repeat > 1) return axes;
    const bool lanes_touch = access_.axes.back().bit_stride == access_.bits;
    if (lanes_touch && space_.back().tile > 1) return axes;
    for (std::size_t a = 0; a < axes; ++a) {
      const Axis& axis = access_.axes[a];
      if (axis.bit_stride == access_.bits && !axis.padded && places(axis, space_) > 1) return a;
    }
    return axes;
  }

  void off_chip(const Axis& axis) {
    stream_.base += axis.padded ? whole_bytes(axis.origin * axis.bit_stride) : 0;
    for (const Term& term : axis.terms) {
      const SpaceDim& dim = space_.at(static_cast<std::size_t>(term.dim));
      if (dim.loop == isa::kNoLoop) continue;
      const auto loop = static_cast<std::size_t>(dim.loop);
      stream_.tile_stride[loop] += whole_bytes(term.step * dim.tile / access_lane_repeat(term) * axis.bit_stride);
    }
  }

  [[nodiscard]] std::int64_t access_lane_repeat(const Term& term) const {
    return term.dim + 1 == static_cast<int>(space_.size()) ? access_.lane_repeat : 1;
  }

  void dimension(const Axis& axis, std::int64_t on_chip_stride) {
    isa::WalkDim dim;
    dim.trip = places_trip(axis, space_);
    if (dim.trip.count == 1 && dim.trip.tail == 1 && !axis.padded) return;
    dim.off_chip_stride = whole_bytes(axis.bit_stride);
    dim.on_chip_stride = narrow(on_chip_stride);
    dim.padded = axis.padded;
    dim.origin = narrow(axis.origin);
    dim.extent = narrow(axis.extent);
    if (axis.padded) {
      for (const Term& term : axis.terms) tile_step(dim, term);
    }
    stream_.dims.push_back(dim);
  }

  void tile_step(isa::WalkDim& padded, const Term& term) const {
    const SpaceDim& dim = space_.at(static_cast<std::size_t>(term.dim));
    if (dim.loop != isa::kNoLoop) padded.tile_step[static_cast<std::size_t>(dim.loop)] += narrow(term.step * dim.tile);
  }

  void broadcast_run() {
    stream_.run.elements.count = stream_.run.elements.tail = narrow(lanes_);
    stream_.run.broadcast = true;
  }

  void lane_axis(std::size_t along) {
    const Axis& axis = access_.axes.back();
    off_chip(axis);
    if (access_.lane_window) {
      check(!stream_.dims.empty() && stream_.dims.back().padded, "lowering", "a lane window needs a padded axis");
      tile_step(stream_.dims.back(), axis.terms.front());
      stream_.run.pixel_elements = 1;
    }
    if (access_.lane_repeat > 1) {
      const auto repeat = narrow(access_.lane_repeat);
      isa::WalkDim dim;
      dim.trip = divided(places_trip(axis, space_), repeat);
      dim.off_chip_stride = whole_bytes(axis.bit_stride);
      dim.on_chip_stride = repeat;
      stream_.dims.push_back(dim);
      stream_.run.elements.count = stream_.run.elements.tail = repeat;
      stream_.run.broadcast = true;
    } else if (along + 1 == access_.axes.size() && axis.bit_stride == access_.bits) {
      if (axis.padded) padded_run(axis);
      stream_.run.elements = places_trip(axis, space_);
    } else {
      dimension(axis, 1);
    }
  }

  /// Only dimensions have coordinates: one of a single position lends its own to the elements of the run.
  void padded_run(const Axis& axis) {
    isa::WalkDim dim;
    dim.padded = true;
    dim.origin = narrow(axis.origin);
    dim.extent = narrow(axis.extent);
    for (const Term& term : axis.terms) tile_step(dim, term);
    stream_.dims.push_back(dim);
    stream_.run.pixel_elements = 1;
  }

  void transposed_run(std::size_t along) {
    stream_.run.elements = places_trip(access_.axes[along], space_);
    stream_.run.block = 1;
    stream_.run.block_stride = narrow(strides_[along] * lanes_);
  }

  const Access& access_;
  const Space& space_;
  std::int64_t lanes_;
  std::vector<std::int64_t> strides_;
  isa::Stream stream_;
};

}  // namespace

Axis plain_axis(int dim, std::int64_t bit_stride) {
  Axis axis;
  axis.bit_stride = bit_stride;
  axis.terms = {{dim, 1}};
  return axis;
}

Access strided_access(const Layout& layout, const std::vector<std::int64_t>& bit_strides) {
  Access access;
  access.region = layout.region;
  access.offset = layout.offset;
  access.bits = layout.element_bits;
  for (std::size_t d = 0; d < bit_strides.size(); ++d) {
    if (bit_strides[d] != 0) access.axes.push_back(plain_axis(static_cast<int>(d), bit_strides[d]));
  }
  return access;
}

bool depends_on(const Access& access, int dim) {
  for (const Axis& axis : access.axes) {
    for (const Term& term : axis.terms) {
      if (term.dim == dim) return true;
    }
  }
  return false;
}

bool has_lanes(const Access& access, const Space& space) {
  return depends_on(access, static_cast<int>(space.size()) - 1);
}

std::int64_t words_of(const Access& access, const Space& space, std::int64_t lanes) {
  const bool along_lanes = has_lanes(access, space);
  std::int64_t words = along_lanes ? ceil_div(space.back().tile, lanes) : 1;
  for (std::size_t a = 0; a + (along_lanes ? 1 : 0) < access.axes.size(); ++a) words *= places(access.axes[a], space);
  return words;
}

std::vector<std::int64_t> word_strides(const Access& access, const Space& space, std::int64_t lanes) {
  std::vector<std::int64_t> strides(space.size(), 0);
  std::int64_t words = 1;
  std::size_t axes = access.axes.size();
  if (has_lanes(access, space)) {
    strides.back() = 1;
    words = ceil_div(space.back().tile, lanes);
    --axes;
  }
  for (std::size_t a = axes; a-- > 0;) {
    for (const Term& term : access.axes[a].terms) strides[static_cast<std::size_t>(term.dim)] += term.step * words;
    words *= places(access.axes[a], space);
  }
  return strides;
}

std::int8_t scope_of(const Access& access, const Space& space) {
  std::int8_t scope = isa::kNoLoop;
  for (std::size_t d = 0; d < space.size(); ++d) {
    if (depends_on(access, static_cast<int>(d))) scope = std::max(scope, space[d].loop);
  }
  return scope;
}

isa::Trip lane_words(const SpaceDim& dim, std::int64_t lanes) {
  isa::Trip trip;
  trip.count = trip.tail = narrow(ceil_div(dim.tile, lanes));
  const std::int32_t rest = narrow(ceil_div(dim.rest(), lanes));
  if (dim.loop == isa::kNoLoop || rest == trip.count) return trip;
  trip.tail = rest;
  trip.tail_loop = dim.loop;
  return trip;
}

isa::Trip lane_tail(const SpaceDim& dim, std::int64_t lanes) {
  const auto last = [&](std::int64_t size) { return narrow(size - (ceil_div(size, lanes) - 1) * lanes); };
  isa::Trip trip;
  trip.count = trip.tail = last(dim.tile);
  if (dim.loop == isa::kNoLoop || last(dim.rest()) == trip.count) return trip;
  trip.tail = last(dim.rest());
  trip.tail_loop = dim.loop;
  return trip;
}

isa::Stream stream_of(const Access& access, const Space& space, std::int64_t lanes) {
  return StreamMaker(access, space, lanes).make();
}

TransferCost transfer_cost(const isa::Stream& stream, const Machine& machine) {
  const isa::Run& run = stream.run;
  const std::int64_t elements = run.elements.count;
  std::int64_t segment = ceil_div((run.broadcast ? 1 : elements) * stream.element_bits, 8);
  std::int64_t segments = 1;
  std::int64_t runs = 1;
  for (auto dim = stream.dims.rbegin(); dim != stream.dims.rend(); ++dim) {
    const bool overlaps = dim == stream.dims.rbegin() && dim->off_chip_stride >= 0 && dim->off_chip_stride < segment;
    if (segments == 1 && (overlaps || dim->off_chip_stride == segment)) {
      segment += (dim->trip.count - 1) * dim->off_chip_stride;
    } else {
      segments *= dim->trip.count;
    }
    runs *= dim->trip.count;
  }
  const std::int64_t chip_bits = elements * machine.accumulator_bits;
  const double on_chip = run.block == 1 ? static_cast<double>(runs * elements)
                                        : static_cast<double>(runs * ceil_div(chip_bits, machine.simd_port_bits));
  const double bus = static_cast<double>(segments * ceil_div(segment * 8, machine.simd_port_bits));
  TransferCost cost;
  cost.cycles = std::max(on_chip, bus);
  if (machine.memory_bytes_per_cycle > 0) {
    const auto bytes = static_cast<double>(segments * round_up(segment, machine.burst_bytes));
    cost.cycles = std::max(cost.cycles, bytes / machine.memory_bytes_per_cycle);
  }
  cost.latency = static_cast<double>(machine.walker_setup + machine.memory_latency);
  return cost;
}

double issue_cycles(const SimdBody& body, const Machine& machine) {
  std::int64_t cycles = 0;
  for (const isa::SimdInstruction& instruction : body) {
    switch (instruction.opcode) {
      case isa::SimdOpcode::divide:
      case isa::SimdOpcode::reciprocal:
        cycles += machine.divide_latency;
        break;
      case isa::SimdOpcode::exp:
        cycles += machine.exponential_latency;
        break;
      case isa::SimdOpcode::sqrt:
      case isa::SimdOpcode::inverse_sqrt:
        cycles += machine.inverse_sqrt_latency;
        break;
      default:
        ++cycles;
    }
  }
  return static_cast<double>(cycles);
}

}  // namespace systole
