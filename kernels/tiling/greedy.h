#pragma once

#include <optional>

#include "kernels/tiling/search.h"

namespace systole {

/// The greedy rule that SimDIT publishes (VeriGOOD-ML repository, revision 977a36e), in its order: kernel, reduction
/// channels, space, batch, output channels, each as large as the buffers allow. Where its dimensions are not ours:
///  - the buffers are the real ones, VMEM for what is fused included;
///  - a kernel tile is the whole kernel, a row of it or one position;
///  - channels are not padded, so a tile is never larger than the layer;
///  - space is cut by the smallest number that divides both output dimensions (for kernels above 3x3: by any number);
///    where no such tile fits, as with 7 x 5 outputs, by the smallest number that makes it fit;
///  - where one block of output channels of a pixel does not fit with all the reduction channels that WBUF takes, there
///    are fewer of these.
/// Kernel columns are never packed, and the weights stay while the pixels pass. nullopt when nothing fits. It depends
/// on the sizes of the buffers and of the array alone.
std::optional<Tiling> greedy_tiling(const ArrayProblem& problem, const FusedWork& fused, const Machine& machine);

/// The same with its estimate.
std::optional<Choice> greedy_choice(const ArrayProblem& problem, const FusedWork& fused, const Machine& machine);

}  // namespace systole
