#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "kernels/lowering/simd_space.h"

namespace systole {

/// The tile sizes worth trying for a dimension: `ratio` > 1 is about how far one number of tiles is from the next. All
/// tiles of a candidate but the last are equal and the last is not much smaller; tiles of the lane dimension are
/// multiples of `granule` unless they cover it. Descending.
std::vector<std::int64_t> tile_candidates(std::int64_t extent, std::int64_t granule, double ratio);

/// Tries combinations of tile sizes for all dimensions that may be cut, about a thousand, and returns the space with
/// the least cost; the first of equals, and larger tiles come first. `cost` returns nullopt for what does not fit.
/// Loops are not numbered yet when it is called.
std::optional<Space> search_tiles(const Space& space, std::int64_t lane_granule,
                                  const std::function<std::optional<double>(Space&)>& cost);

}  // namespace systole
