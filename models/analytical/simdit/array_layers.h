#pragma once

#include <optional>

#include "models/analytical/simdit/layer.h"
#include "models/analytical/simdit/machine.h"

namespace systole::simdit {

/// Tile sizes of a convolution or GEMM in the model's greedy order: kernel, input channels, space, batch, output
/// channels. Channels are padded to the array first, and the padded values are what is tiled and counted.
struct ArrayTile {
  std::int64_t in_channels_padded = 0, out_channels_padded = 0;
  std::int64_t kernel_width = 0, kernel_height = 0;
  std::int64_t in_channels = 0, out_channels = 0;
  std::int64_t out_width = 0, out_height = 0;
  std::int64_t in_width = 0, in_height = 0;
  std::int64_t batch = 0;
};

/// Faults of the published model that can be taken away one by one, to measure what each is worth. As published: none.
struct Corrections {
  bool whole_tiles = false;    ///< tiles are counted whole, remainders with their own size on average
  bool slot_counts = false;    ///< right with one or two tiles, too
  bool true_channels = false;  ///< channels that only fill up the array are not moved
};

/// Nothing when not even one output pixel fits (the published program does not terminate there).
std::optional<ArrayTile> find_array_tile(const Layer& layer, const Machine& machine);

/// The same; throws UserError when there is none.
ArrayTile tile_array_layer(const Layer& layer, const Machine& machine);

/// Convolution, and GEMM with a batch above 1 (weight stationary); GEMM with batch 1 (output stationary).
/// The model's faults are part of it: fractional tile counts, slot counts that assume at least three tiles, padded
/// channels counted as work and traffic. `corrections` change its cycles alone.
Cost array_layer_cost(const Layer& layer, const ArrayTile& tile, const Machine& machine, Fusion fusion,
                      const Corrections& corrections = {});

/// Its cycles() alone, for searches.
double array_layer_cycles(const Layer& layer, const ArrayTile& tile, const Machine& machine, Fusion fusion);

}  // namespace systole::simdit
