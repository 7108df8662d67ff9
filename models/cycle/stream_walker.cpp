#include "models/cycle/stream_walker.h"

#include <algorithm>

#include "base/units.h"

namespace systole {

namespace {

std::int64_t tile_offset(const isa::TileIndex& index, const std::array<std::int64_t, isa::kMaxTileLoops>& stride) {
  std::int64_t offset = 0;
  for (std::size_t loop = 0; loop < stride.size(); ++loop) offset += stride[loop] * index[loop];
  return offset;
}

/// Beats that elements [begin, end) of a run take: full ones within each block.
std::int64_t beats_of(const isa::Stream& stream, std::int64_t begin, std::int64_t end, std::int64_t width_bits) {
  if (end <= begin) return 0;
  const std::int64_t bits = stream.element_bits;
  const std::int64_t block = stream.run.block;
  if (block == 0 || begin / block == (end - 1) / block) return ceil_div((end - begin) * bits, width_bits);
  const std::int64_t head = round_up(begin, block) - begin;
  const std::int64_t tail = end % block;
  const std::int64_t blocks = (end - tail - begin - head) / block;
  return ceil_div(head * bits, width_bits) + blocks * ceil_div(block * bits, width_bits) +
         ceil_div(tail * bits, width_bits);
}

}  // namespace

void StreamWalker::start(const isa::Stream& stream, const TileWalker& tile, std::int64_t burst_bytes) {
  stream_ = &stream;
  burst_bytes_ = burst_bytes;
  base_ = stream.base + tile_offset(tile.index(), stream.tile_stride);
  elements_ = tile.trip(stream.run.elements);
  run_bytes_ = ceil_div((stream.run.broadcast ? 1 : elements_) * stream.element_bits, 8);
  depth_ = std::max(1, static_cast<int>(stream.dims.size()));
  innermost() = {};
  for (std::size_t d = 0; d < stream.dims.size(); ++d) resolve(dimensions_[d], stream.dims[d], tile);
  exhausted_ = false;
  outer_address_ = base_;
  for (int d = 0; d < depth_; ++d) {
    Dimension& dimension = dimensions_[static_cast<std::size_t>(d)];
    find_valid(dimension);
    exhausted_ = exhausted_ || dimension.valid.size() == 0;
    position_[static_cast<std::size_t>(d)] = dimension.valid.begin;
    if (d + 1 < depth_) outer_address_ += dimension.valid.begin * dimension.stride;
  }
  rest_ = {};
  bytes_ = 0;
  if (!next_run_segment(ahead_)) ahead_ = {};
}

void StreamWalker::resolve(Dimension& dimension, const isa::WalkDim& walk, const TileWalker& tile) const {
  dimension = {};
  dimension.positions = tile.trip(walk.trip);
  dimension.stride = walk.off_chip_stride;
  dimension.padded = walk.padded;
  if (!walk.padded) return;
  dimension.origin = walk.origin;
  for (std::size_t loop = 0; loop < walk.tile_step.size(); ++loop) {
    dimension.origin += std::int64_t{walk.tile_step[loop]} * tile.index()[loop];
  }
  dimension.step = walk.step;
  dimension.extent = walk.extent;
}

/// Coordinates are monotone in the position, so the valid positions are neighbours.
void StreamWalker::find_valid(Dimension& dimension) const {
  dimension.valid = {0, dimension.positions};
  if (!dimension.padded) return;
  const bool packed = packs_pixels() && &dimension == &innermost();
  const auto holds = [&](std::int64_t position) {
    if (packed) return valid_elements(position).size() > 0;
    const std::int64_t coordinate = dimension.origin + position * dimension.step;
    return coordinate >= 0 && coordinate < dimension.extent;
  };
  Range& valid = dimension.valid;
  while (valid.begin < valid.end && !holds(valid.begin)) ++valid.begin;
  while (valid.end > valid.begin && !holds(valid.end - 1)) --valid.end;
}

bool StreamWalker::packs_pixels() const {
  return stream_->run.pixel_elements > 0 && innermost().padded;
}

/// Elements of the run at this position of the innermost dimension that are moved off chip.
StreamWalker::Range StreamWalker::valid_elements(std::int64_t position) const {
  if (!packs_pixels()) return {0, elements_};
  const Dimension& dimension = innermost();
  const std::int64_t pixel = stream_->run.pixel_elements;
  const std::int64_t coordinate = dimension.origin + position * dimension.step;
  return {std::max<std::int64_t>(0, -coordinate * pixel), std::min(elements_, (dimension.extent - coordinate) * pixel)};
}

StreamWalker::Run StreamWalker::run_at(const std::array<std::int64_t, isa::kMaxWalkDims>& position) const {
  Run run{base_, 0, 0, elements_};
  bool inside = true;
  for (std::size_t d = 0; d < stream_->dims.size(); ++d) {
    const Range& valid = dimensions_[d].valid;
    run.address += position[d] * dimensions_[d].stride;
    run.on_chip += position[d] * stream_->dims[d].on_chip_stride;
    inside = inside && position[d] >= valid.begin && position[d] < valid.end;
  }
  const Range elements = valid_elements(position[static_cast<std::size_t>(depth_ - 1)]);
  run.begin = std::min(elements.begin, elements_);
  run.end = inside ? std::max(run.begin, elements.end) : run.begin;
  return run;
}

bool StreamWalker::runs_touch() const {
  const std::int64_t stride = innermost().stride;
  return stride >= 0 && stride <= run_bytes_;
}

bool StreamWalker::next(Segment& burst) {
  if (rest_.bytes == 0 && !next_segment(rest_)) return false;
  const std::int64_t boundary = (rest_.address / burst_bytes_ + 1) * burst_bytes_;
  burst = {rest_.address, std::min(rest_.bytes, boundary - rest_.address)};
  rest_.address += burst.bytes;
  rest_.bytes -= burst.bytes;
  bytes_ += burst.bytes;
  return true;
}

/// A segment as memory sees it: runs of the innermost dimension and whatever continues them without a gap.
bool StreamWalker::next_segment(Segment& segment) {
  if (ahead_.bytes == 0) return false;
  segment = ahead_;
  ahead_ = {};
  while (next_run_segment(ahead_) && ahead_.address == segment.address + segment.bytes) {
    segment.bytes += ahead_.bytes;
    ahead_ = {};
  }
  return true;
}

/// All runs of the innermost dimension when they touch, else one run.
bool StreamWalker::next_run_segment(Segment& segment) {
  if (exhausted_) return false;
  const Dimension& inner = innermost();
  std::int64_t& position = position_[static_cast<std::size_t>(depth_ - 1)];
  const std::int64_t first = position;
  const std::int64_t last = runs_touch() ? inner.valid.end - 1 : position;
  const std::int64_t bits = stream_->element_bits;
  std::int64_t begin = outer_address_ + first * inner.stride;
  std::int64_t end = outer_address_ + last * inner.stride + run_bytes_;
  if (packs_pixels()) {
    begin += valid_elements(first).begin * bits / 8;
    end += ceil_div(valid_elements(last).end * bits, 8) - run_bytes_;
  }
  segment = {begin, end - begin};
  position = last + 1;
  if (position == inner.valid.end) {
    position = inner.valid.begin;
    step_outer();
  }
  return true;
}

void StreamWalker::step_outer() {
  for (int d = depth_ - 2; d >= 0; --d) {
    const Dimension& dimension = dimensions_[static_cast<std::size_t>(d)];
    std::int64_t& position = position_[static_cast<std::size_t>(d)];
    outer_address_ += dimension.stride;
    if (++position < dimension.valid.end) return;
    outer_address_ -= dimension.valid.size() * dimension.stride;
    position = dimension.valid.begin;
  }
  exhausted_ = true;
}

std::int64_t StreamWalker::positions(bool only_valid) const {
  std::int64_t product = 1;
  for (int d = 0; d < depth_; ++d) {
    const Dimension& dimension = dimensions_[static_cast<std::size_t>(d)];
    product *= only_valid ? dimension.valid.size() : dimension.positions;
  }
  return product;
}

std::int64_t StreamWalker::elements() const {
  const bool store = stream_->direction == isa::Direction::store;
  if (!store || !packs_pixels()) return positions(store) * elements_;
  std::int64_t inner = 0;
  for (std::int64_t i = innermost().valid.begin; i < innermost().valid.end; ++i) inner += valid_elements(i).size();
  return inner == 0 ? 0 : positions(true) / innermost().valid.size() * inner;
}

std::int64_t StreamWalker::on_chip_beats(std::int64_t width_bits, bool transposes) const {
  const bool singly = elements_ == 1 || stream_->run.block == 1;
  if (singly && !transposes) return ceil_div(elements() * stream_->element_bits, width_bits);
  const bool store = stream_->direction == isa::Direction::store;
  if (!store || !packs_pixels()) return positions(store) * beats_of(*stream_, 0, elements_, width_bits);
  std::int64_t inner = 0;
  for (std::int64_t i = innermost().valid.begin; i < innermost().valid.end; ++i) {
    inner += beats_of(*stream_, valid_elements(i).begin, valid_elements(i).end, width_bits);
  }
  return inner == 0 ? 0 : positions(true) / innermost().valid.size() * inner;
}

}  // namespace systole
