#include "kernels/lowering/block_builder.h"

#include <algorithm>
#include <utility>

#include "base/errors.h"
#include "base/units.h"

namespace systole {

isa::Trip tile_trip(std::int64_t total, std::int64_t tile, std::int8_t loop) {
  isa::Trip trip;
  trip.count = static_cast<std::int32_t>(std::min(total, tile));
  trip.tail = trip.count;
  const auto rest = static_cast<std::int32_t>(total - (ceil_div(total, tile) - 1) * tile);
  if (loop == isa::kNoLoop || rest == trip.count) return trip;
  trip.tail = rest;
  trip.tail_loop = loop;
  return trip;
}

std::int8_t BlockBuilder::tile_loop(std::int64_t iterations) {
  if (iterations == 1) return isa::kNoLoop;
  std::vector<std::int32_t>& loops = lowered_.block.tile_loops;
  check(loops.size() < isa::kMaxTileLoops, "lowering", "a block needs too many tile loops");
  loops.push_back(static_cast<std::int32_t>(iterations));
  return static_cast<std::int8_t>(loops.size() - 1);
}

std::int8_t BlockBuilder::stream(isa::Stream stream, RegionId region) {
  check(streams_ < isa::kMaxStreams, "lowering", "a block needs too many streams");
  check(stream.dims.size() <= isa::kMaxWalkDims, "lowering", "a stream's walker needs too many dimensions");
  stream.used = true;
  lowered_.block.streams[streams_] = std::move(stream);
  lowered_.stream_regions[streams_] = region;
  lowered_.stream_nodes[streams_] = node_;
  return static_cast<std::int8_t>(streams_++);
}

isa::ArrayProgram& BlockBuilder::array() {
  if (!lowered_.array_node) lowered_.array_node = node_;
  lowered_.block.array.used = true;
  return lowered_.block.array;
}

void BlockBuilder::belongs_to(NodeId node) {
  attribute_nests();
  node_ = node;
}

LoweredBlock BlockBuilder::take() {
  attribute_nests();
  streams_ = 0;
  return std::exchange(lowered_, LoweredBlock{});
}

void BlockBuilder::attribute_nests() {
  lowered_.nest_nodes.resize(lowered_.block.simd.nests.size(), node_);
}

}  // namespace systole
