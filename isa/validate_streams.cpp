#include <cstdlib>

#include "isa/validate_parts.h"

namespace systole::isa {

namespace {

/// The rules of one stream.
class StreamRules {
 public:
  StreamRules(const Context& context, int number)
      : context_(context),
        block_(context.block),
        number_(number),
        stream_(block_.streams[static_cast<std::size_t>(number)]),
        where_(name_of_stream(block_, number)),
        faults_(context.faults) {}

  void check() {
    if (!context_.loop(stream_.loop, context_.last_loop(), where_, "the scope")) return;
    if (stream_.from < kNoStream || stream_.from >= kMaxStreams) {
      return faults_.add(where_, "copies from stream {}, there are {}", stream_.from, kMaxStreams);
    }
    const bool sound = shape() & tile_strides() & context_.condition(stream_.when, stream_.loop, where_);
    partners();
    if (!sound) return;  // extents count on it
    on_chip();
    off_chip();
  }

 private:
  bool shape() {
    const Run& run = stream_.run;
    bool right = context_.trip(run.elements, stream_.loop, where_, "the run");
    const auto need = [&](bool holds, auto&&... text) {
      if (!holds) faults_.add(where_, std::forward<decltype(text)>(text)...);
      right = right && holds;
    };
    const int bits = stream_.element_bits;
    need(bits == 4 || bits == 8 || bits == 16 || bits == 32, "elements of {} bits, not 4, 8, 16 or 32", bits);
    need(stream_.depth >= 1, "no slot");
    need(run.block >= 0, "a run in blocks of {}", run.block);
    need(run.pixel_elements >= 0, "pixels of {} elements", run.pixel_elements);
    need(!run.broadcast || stream_.direction == Direction::load, "a store cannot broadcast");
    need(run.pixel_elements == 0 || (!stream_.dims.empty() && stream_.dims.back().padded),
         "pixel_elements needs a padded innermost dimension");
    need(stream_.dims.size() <= kMaxWalkDims, "{} dimensions, at most {}", stream_.dims.size(), kMaxWalkDims);
    for (std::size_t d = 0; d < stream_.dims.size(); ++d) {
      right = context_.trip(stream_.dims[d].trip, stream_.loop, where_, fmt::format("dimension {}", d)) && right;
    }
    return right;
  }

  /// A generation has one place off chip: loops inside the scope cannot move it.
  bool tile_strides() {
    bool right = true;
    for (int l = stream_.loop + 1; l < kMaxTileLoops; ++l) {
      const auto loop = static_cast<std::size_t>(l);
      bool moved = stream_.tile_stride[loop] != 0;
      for (const WalkDim& dim : stream_.dims) moved = moved || (dim.padded && dim.tile_step[loop] != 0);
      if (!moved) continue;
      faults_.add(where_, "moves with tile loop {}, which lies inside its scope {}", l, stream_.loop);
      right = false;
    }
    return right;
  }

  /// Who fills or reads the slots at the other side.
  void partners() {
    if (stream_.from != kNoStream) return copy();
    const bool load = stream_.direction == Direction::load;
    switch (stream_.buffer) {
      case Buffer::wbuf:
      case Buffer::bbuf:
      case Buffer::ibuf:
        if (!load) faults_.add(where_, "only a copy (from) can store from this buffer");
        if (load && !block_.array.used && !is_copied()) faults_.add(where_, "nobody reads what it loads");
        return;
      case Buffer::obuf:
        if (!block_.array.used)
          return faults_.add(where_, "OBUF belongs to the array, which has no work in this block");
        if (stream_.loop != block_.array.output_loop) {
          faults_.add(where_, "has scope {}, but the array's output_loop is {}", stream_.loop,
                      block_.array.output_loop);
        }
        return;
      case Buffer::vmem1:
      case Buffer::vmem2:
        if (!block_.simd.used && !is_copied())
          faults_.add(where_, "the SIMD unit, its partner, has no work in this block");
    }
  }

  void copy() {
    if (stream_.direction == Direction::load) return faults_.add(where_, "only a store can copy from another stream");
    const Stream& source = block_.streams[static_cast<std::size_t>(stream_.from)];
    if (!source.used || source.direction != Direction::load || source.buffer != stream_.buffer ||
        source.loop != stream_.loop || !(source.when == stream_.when)) {
      faults_.add(where_, "copies from stream {}, which is no load of the same buffer, scope and condition",
                  stream_.from);
    }
  }

  [[nodiscard]] bool is_copied() const {
    for (const Stream& other : block_.streams) {
      if (other.used && other.from == number_) return true;
    }
    return false;
  }

  void on_chip() {
    // A copy drains its source's slots, OBUF's are the array's.
    int depth = stream_.depth;
    std::int64_t pitch = stream_.slot_pitch;
    if (stream_.from != kNoStream) {
      depth = block_.streams[static_cast<std::size_t>(stream_.from)].depth;
      pitch = block_.streams[static_cast<std::size_t>(stream_.from)].slot_pitch;
    } else if (stream_.buffer == Buffer::obuf) {
      depth = block_.array.output_depth;
      pitch = std::int64_t{block_.array.output_pitch} * context_.target.columns();
    }
    const Extent one = on_chip_extent(stream_);
    const std::string what = fmt::format("element of {}", name_of(stream_.buffer));
    if (context_.inside(all_slots(one, depth, pitch), capacity(stream_.buffer, context_.target), where_, what) &&
        depth > 1 && std::abs(pitch) < one.high - one.low) {
      faults_.add(where_, "slots of {} elements lie {} apart, so they overlap", one.high - one.low, pitch);
    }
  }

  void off_chip() {
    const std::optional<Extent> extent = off_chip_extent(stream_, block_.tile_loops);
    if (!extent) return;  // all of it is padding
    if (!context_.inside(*extent, context_.target.memory_bytes(), where_, "byte of memory") || context_.regions.empty())
      return;
    for (const Region& region : context_.regions) {
      const bool within = extent->low >= region.address() && extent->high <= region.address() + region.bytes();
      if (within && region.kind() != Region::instruction) return;
    }
    faults_.add(where_, "moves bytes {:#x}..{:#x} of memory, which lie in no region of the memory plan", extent->low,
                extent->high - 1);
  }

  const Context& context_;
  const Block& block_;
  int number_;
  const Stream& stream_;
  std::string where_;
  Faults& faults_;
};

}  // namespace

void validate_streams(const Context& context) {
  for (int s = 0; s < kMaxStreams; ++s) {
    if (context.block.streams[static_cast<std::size_t>(s)].used) StreamRules(context, s).check();
  }
}

}  // namespace systole::isa
