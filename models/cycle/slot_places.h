#pragma once

#include <cstdint>

#include "models/cycle/running_block.h"
#include "models/cycle/tile_walker.h"

/// Where the slots lie in which units and engines stand at present: elements from the beginning of the buffer
/// (isa/manual.md, section 2). `lanes` is the number of columns of the array.
namespace systole {

/// Of a generation that its DMA engine moves.
std::int64_t transfer_place(RunningBlock& block, int stream, std::int64_t lanes);

/// Of the array's tile: where its vectors lie when all array loops are at 0.
struct ArrayPlaces {
  std::int64_t ibuf = 0;
  std::int64_t wbuf = 0;
  std::int64_t bbuf = 0;
  std::int64_t obuf = 0;
};
ArrayPlaces array_places(RunningBlock& block, const TileWalker& tile, std::int64_t lanes);

/// Of the SIMD unit's tile: where an iterator stands when all loops of the nest are at 0, or its slot of IMM times
/// `lanes`. An iterator whose stream, or OBUF, has no generation at this tile has no meaning there.
std::int64_t iterator_place(RunningBlock& block, const isa::Iterator& iterator, std::int64_t lanes);

}  // namespace systole
