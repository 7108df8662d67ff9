#include "test/kernels/block_interpreter.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <string>

namespace systole::test {

namespace {

using isa::Buffer;
using isa::Direction;

void require(bool holds, const std::string& what) {
  if (!holds) throw std::logic_error(what);
}

}  // namespace

double ElementMemory::get(std::int64_t bit_address, int bits) const {
  const auto found = elements_.find(bit_address);
  require(found != elements_.end(), "nothing was ever written at byte " + std::to_string(bit_address / 8));
  require(found->second.first == bits, "element of another width at byte " + std::to_string(bit_address / 8));
  return found->second.second;
}

void BlockInterpreter::run(const isa::Block& block) {
  block_ = &block;
  stored_.clear();
  const std::array<std::int64_t, 6> words = {machine_.wbuf_words, machine_.bbuf_words, machine_.ibuf_words,
                                             machine_.obuf_words, machine_.vmem_words, machine_.vmem_words};
  for (std::size_t b = 0; b < buffers_.size(); ++b) {
    buffers_[b].assign(static_cast<std::size_t>(words[b] * lanes_of(static_cast<Buffer>(b))), std::nullopt);
  }
  enumerate_tiles();
  for (std::size_t s = 0; s < block.streams.size(); ++s) {
    states_[s] = {};
    const isa::Stream& stream = block.streams[s];
    if (stream.used) states_[s].generations = generations(stream.loop, stream.when);
  }
  outputs_ = generations(block.array.output_loop, {});
  for (int tile = 0; tile < static_cast<int>(tiles_.size()); ++tile) {
    select_generations(tile);
    load_streams(tile);
    run_array(tiles_[static_cast<std::size_t>(tile)]);
    run_simd(tiles_[static_cast<std::size_t>(tile)]);
    store_streams(tile, false);
  }
  store_streams(static_cast<int>(tiles_.size()), true);
  tiles += static_cast<std::int64_t>(tiles_.size());
}

void BlockInterpreter::enumerate_tiles() {
  tiles_.clear();
  isa::TileIndex index{};
  const std::vector<std::int32_t>& loops = block_->tile_loops;
  require(loops.size() <= isa::kMaxTileLoops, "too many tile loops");
  while (true) {
    tiles_.push_back(index);
    std::size_t l = loops.size();
    while (l > 0 && ++index[l - 1] == loops[l - 1]) index[--l] = 0;
    if (l == 0) return;
  }
}

bool BlockInterpreter::holds(const isa::Condition& when, const isa::TileIndex& index) const {
  using Kind = isa::Condition::Kind;
  if (when.kind == Kind::always) return true;
  const bool first = when.kind == Kind::first || when.kind == Kind::not_first;
  bool all = true;
  for (std::size_t l = 0; l < block_->tile_loops.size(); ++l) {
    if ((when.mask >> l & 1) != 0) all = all && index[l] == (first ? 0 : block_->tile_loops[l] - 1);
  }
  return all == (when.kind == Kind::first || when.kind == Kind::last);
}

int BlockInterpreter::count(const isa::Trip& trip, const isa::TileIndex& index) const {
  if (trip.tail_loop == isa::kNoLoop) return trip.count;
  const auto loop = static_cast<std::size_t>(trip.tail_loop);
  return index[loop] == block_->tile_loops.at(loop) - 1 ? trip.tail : trip.count;
}

std::vector<BlockInterpreter::Generation> BlockInterpreter::generations(int scope, const isa::Condition& when) const {
  int length = 1;  // tiles of a generation: the product of the loops inside the scope
  for (std::size_t l = static_cast<std::size_t>(scope + 1); l < block_->tile_loops.size(); ++l) {
    length *= block_->tile_loops[l];
  }
  if (when.kind != isa::Condition::Kind::always) {
    require(when.mask >> (scope + 1) == 0, "a condition names a loop inside its scope");
  }
  std::vector<Generation> result;
  for (int entry = 0; entry < static_cast<int>(tiles_.size()); entry += length) {
    const isa::TileIndex& index = tiles_[static_cast<std::size_t>(entry)];
    if (holds(when, index)) result.push_back({entry, entry + length - 1, index});
  }
  return result;
}

int BlockInterpreter::lanes_of(Buffer buffer) const {
  if (buffer == Buffer::ibuf) return machine_.rows;
  return buffer == Buffer::wbuf ? machine_.rows * machine_.columns : machine_.columns;
}

std::int64_t BlockInterpreter::slot_base(int number, int generation) const {
  const isa::Stream& stream = block_->streams.at(static_cast<std::size_t>(number));
  if (stream.buffer == Buffer::obuf && block_->array.used) {
    const int slot = output_ % block_->array.output_depth;
    return stream.on_chip_base + static_cast<std::int64_t>(slot) * block_->array.output_pitch * machine_.columns;
  }
  const int owner = stream.from == isa::kNoStream ? number : stream.from;  // a copy drains the slots of its load
  const isa::Stream& slots = block_->streams.at(static_cast<std::size_t>(owner));
  return stream.on_chip_base + static_cast<std::int64_t>(generation % slots.depth) * slots.slot_pitch;
}

BlockInterpreter::Cell& BlockInterpreter::cell(Buffer buffer, std::int64_t element) {
  std::vector<Cell>& cells = buffers_.at(static_cast<std::size_t>(buffer));
  require(element >= 0 && element < static_cast<std::int64_t>(cells.size()),
          "element " + std::to_string(element) + " lies outside buffer " + std::to_string(static_cast<int>(buffer)));
  return cells[static_cast<std::size_t>(element)];
}

double BlockInterpreter::read(Buffer buffer, std::int64_t element) {
  const Cell& value = cell(buffer, element);
  require(value.has_value(), "element " + std::to_string(element) + " of buffer " +
                                 std::to_string(static_cast<int>(buffer)) + " was never written");
  return *value;
}

void BlockInterpreter::select_generations(int tile) {
  const auto covering = [&](const std::vector<Generation>& all) {
    for (std::size_t g = 0; g < all.size(); ++g) {
      if (all[g].entry <= tile && tile <= all[g].exit) return static_cast<int>(g);
    }
    return -1;
  };
  for (StreamState& state : states_) state.current = covering(state.generations);
  output_ = covering(outputs_);
}

void BlockInterpreter::load_streams(int tile) {
  for (int s = 0; s < isa::kMaxStreams; ++s) {
    const isa::Stream& stream = block_->streams[static_cast<std::size_t>(s)];
    StreamState& state = states_[static_cast<std::size_t>(s)];
    if (!stream.used || stream.direction != Direction::load || state.current < 0) continue;
    if (state.generations[static_cast<std::size_t>(state.current)].entry != tile) continue;
    const bool ahead = stream.depth > 1 && stream.buffer != Buffer::obuf;
    const std::size_t until = static_cast<std::size_t>(state.current) + (ahead ? 2 : 1);
    while (state.moved < std::min(until, state.generations.size())) move(s, state.moved++);
  }
}

void BlockInterpreter::store_streams(int tile, bool end) {
  for (int s = 0; s < isa::kMaxStreams; ++s) {
    const isa::Stream& stream = block_->streams[static_cast<std::size_t>(s)];
    StreamState& state = states_[static_cast<std::size_t>(s)];
    if (!stream.used || stream.direction != Direction::store) continue;
    std::size_t until = state.generations.size();
    if (!end) {
      if (state.current < 0 || state.generations[static_cast<std::size_t>(state.current)].exit != tile) continue;
      const bool behind = stream.depth > 1 && stream.buffer != Buffer::obuf && stream.from == isa::kNoStream;
      until = static_cast<std::size_t>(state.current) + (behind ? 0 : 1);
    }
    while (state.moved < until) move(s, state.moved++);
  }
}

template <typename Visit>
void BlockInterpreter::walk(const isa::Stream& stream, const isa::TileIndex& index, Visit visit) const {
  std::array<int, isa::kMaxWalkDims> counts{};
  std::array<int, isa::kMaxWalkDims> at{};
  require(stream.dims.size() <= isa::kMaxWalkDims, "too many walker dimensions");
  std::int64_t start = stream.base;
  for (std::size_t l = 0; l < block_->tile_loops.size(); ++l) start += stream.tile_stride[l] * index[l];
  for (std::size_t d = 0; d < stream.dims.size(); ++d) counts[d] = count(stream.dims[d].trip, index);
  const int elements = count(stream.run.elements, index);
  while (true) {
    std::int64_t address = start;
    std::int64_t on_chip = 0;
    bool inside = true;
    std::int64_t innermost = 0;
    const isa::WalkDim* packed = nullptr;
    for (std::size_t d = 0; d < stream.dims.size(); ++d) {
      const isa::WalkDim& dim = stream.dims[d];
      address += dim.off_chip_stride * at[d];
      on_chip += static_cast<std::int64_t>(dim.on_chip_stride) * at[d];
      if (!dim.padded) continue;
      std::int64_t coordinate = dim.origin + static_cast<std::int64_t>(dim.step) * at[d];
      for (std::size_t l = 0; l < block_->tile_loops.size(); ++l) {
        coordinate += static_cast<std::int64_t>(dim.tile_step[l]) * index[l];
      }
      if (stream.run.pixel_elements > 0 && d + 1 == stream.dims.size()) {
        innermost = coordinate;
        packed = &dim;
      } else {
        inside = inside && coordinate >= 0 && coordinate < dim.extent;
      }
    }
    for (int e = 0; e < elements; ++e) {
      bool valid = inside;
      if (packed != nullptr) {
        const std::int64_t pixel = innermost + e / stream.run.pixel_elements;
        valid = valid && pixel >= 0 && pixel < packed->extent;
      }
      const int block = stream.run.block == 0 ? elements : stream.run.block;
      const std::int64_t place = on_chip + static_cast<std::int64_t>(e / block) * stream.run.block_stride + e % block;
      const std::int64_t bit = address * 8 + (stream.run.broadcast ? 0 : e) * stream.element_bits;
      visit(place, valid, bit);
    }
    std::size_t d = stream.dims.size();
    while (d > 0 && ++at[d - 1] == counts[d - 1]) at[--d] = 0;
    if (d == 0) return;
  }
}

std::int64_t BlockInterpreter::bytes(const isa::Stream& stream, const isa::TileIndex& index) const {
  // Segments of touching or overlapping runs count each byte once; a run that begins elsewhere begins a segment.
  const int inner = stream.dims.empty() ? 1 : count(stream.dims.back().trip, index);
  const int elements = count(stream.run.elements, index);
  std::int64_t total = 0;
  std::int64_t end = std::numeric_limits<std::int64_t>::min();
  std::int64_t begin = 0;
  std::int64_t visited = 0;
  walk(stream, index, [&](std::int64_t, bool valid, std::int64_t bit) {
    if (visited++ % (static_cast<std::int64_t>(inner) * elements) == 0) end = std::numeric_limits<std::int64_t>::min();
    if (!valid) return;
    const std::int64_t first = bit / 8;
    const std::int64_t after = (bit + stream.element_bits + 7) / 8;
    if (end == std::numeric_limits<std::int64_t>::min() || first < begin) {
      begin = first;
      end = first;
    }
    if (after > end) total += after - std::max(first, end);
    end = std::max(end, after);
  });
  return total;
}

void BlockInterpreter::move(int number, std::size_t generation) {
  const isa::Stream& stream = block_->streams[static_cast<std::size_t>(number)];
  const StreamState& state = states_[static_cast<std::size_t>(number)];
  const isa::TileIndex& index = state.generations[generation].index;
  const std::int64_t base = slot_base(number, static_cast<int>(generation));
  const std::int64_t moved = bytes(stream, index);
  stream_bytes[static_cast<std::size_t>(number)] += moved;
  if (stream.direction == Direction::load) {
    load_bytes += moved;
    float given = 0;
    std::memcpy(&given, &stream.fill_bits, sizeof given);
    const double fill = stream.fill == isa::Fill::zero     ? 0.0
                        : stream.fill == isa::Fill::lowest ? std::numeric_limits<float>::lowest()
                                                           : static_cast<double>(given);
    walk(stream, index, [&](std::int64_t place, bool valid, std::int64_t bit) {
      const bool conflict = valid && stream.buffer != Buffer::obuf && stored_.count(bit) > 0;
      require(!conflict, "a block loads what it stores itself");
      cell(stream.buffer, base + place) = valid ? memory_.get(bit, stream.element_bits) : fill;
    });
    return;
  }
  store_bytes += moved;
  walk(stream, index, [&](std::int64_t place, bool valid, std::int64_t bit) {
    if (!valid) return;
    memory_.put(bit, stream.element_bits, read(stream.buffer, base + place));
    stored_[bit] = true;
  });
}

}  // namespace systole::test
