#pragma once

#include "kernels/lowering/array_block.h"

/// The array's operands as streams. Each returned stream lacks nothing but its number.
namespace systole {

struct PlacedStream {
  isa::Stream stream;
  RegionId region{};
};

PlacedStream weight_stream(const ArrayJob& job, const Choice& choice, const ArrayLoops& loops,
                           LoweringContext& context);
PlacedStream ifmap_stream(const ArrayJob& job, const Choice& choice, const ArrayLoops& loops, const Machine& machine);
PlacedStream bias_stream(const ArrayJob& job, const Choice& choice, const ArrayLoops& loops);

/// Does the problem's kernel reach outside the image along an axis, in any tile?
bool reaches_padding(const WindowAxis& axis, std::int64_t last_pixel);

}  // namespace systole
