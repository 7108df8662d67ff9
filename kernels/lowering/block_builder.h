#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "isa/block.h"
#include "kernels/graph/graph.h"
#include "kernels/lowering/simd_builder.h"
#include "kernels/plan/region.h"

namespace systole {

/// A block whose addresses are still relative to regions, and whose parts still name nodes.
struct LoweredBlock {
  isa::Block block;
  std::array<RegionId, isa::kMaxStreams> stream_regions{};  ///< Stream::base counts from the region's start
  std::array<NodeId, isa::kMaxStreams> stream_nodes{};      ///< who pays for a stream
  std::optional<NodeId> array_node;                         ///< whom the array works for
  std::vector<NodeId> nest_nodes;                           ///< one for each nest
};

/// A count of `tile` in every iteration of `loop` but the last, which takes what is left of `total`. With kNoLoop, all.
isa::Trip tile_trip(std::int64_t total, std::int64_t tile, std::int8_t loop);

/// Builds one block for one node (and the nodes fused behind it).
class BlockBuilder {
 public:
  BlockBuilder(NodeId node, SimdFormat format) : node_(node), format_(format) {}

  /// Appends a tile loop, inside those there are. One of a single iteration is left out: kNoLoop. More than the
  /// hardware has are our bug (InternalError), here and below.
  std::int8_t tile_loop(std::int64_t iterations);
  /// Claims the next stream; `stream.base` counts from the start of `region`. Returns its number.
  std::int8_t stream(isa::Stream stream, RegionId region);
  /// The stream of that number, to finish it later.
  [[nodiscard]] isa::Stream& stream_at(std::int8_t number) {
    return lowered_.block.streams.at(static_cast<std::size_t>(number));
  }
  /// The array's half; marks it used.
  isa::ArrayProgram& array();
  /// Appends to the SIMD half; marks it used.
  SimdBuilder simd() { return {lowered_.block.simd, format_}; }
  [[nodiscard]] isa::Block& block() { return lowered_.block; }

  /// What is appended from now on (streams, nests) belongs to `node` in reports. The array belongs to the first one.
  void belongs_to(NodeId node);

  /// The finished block; the builder is empty afterwards.
  LoweredBlock take();

 private:
  void attribute_nests();

  NodeId node_;
  SimdFormat format_;
  LoweredBlock lowered_;
  std::size_t streams_ = 0;
};

}  // namespace systole
