#pragma once

#include <optional>

#include "models/analytical/simdit/layer.h"
#include "models/analytical/simdit/machine.h"

namespace systole::simdit {

/// Tile of a SIMD layer. Channels are padded to the number of lanes first.
struct SimdTile {
  std::int64_t channels_padded = 0;
  std::int64_t out_width = 0, out_height = 0;
  std::int64_t channels = 0, batch = 0;
};

/// Nothing when not even one position of one lane group fits VMEM.
std::optional<SimdTile> find_simd_tile(const Layer& layer, const Machine& machine);

/// The same; throws UserError when there is none.
SimdTile tile_simd_layer(const Layer& layer, const Machine& machine);

/// Every load and store is exposed (VMEM is single buffered); 6 stages and skewed lanes fill once a tile.
/// `output_bits`: width of the result in memory, activation_bits when the next operator of the program is on the array.
Cost simd_layer_cost(const Layer& layer, const SimdTile& tile, const Machine& machine, std::int64_t output_bits,
                     Fusion fusion);

}  // namespace systole::simdit
