#pragma once

#include <vector>

#include "models/analytical/simdit/array_layers.h"
#include "models/analytical/simdit/layer.h"
#include "models/analytical/simdit/machine.h"

namespace systole::simdit {

/// Costs of a program, one a layer. Layers do not overlap in this model: the network's cost is the sum.
///
/// Output width: activation_bits when the next operator in program order is on the array, else accumulator_bits.
/// Fusion (`fused`): an array layer and the SIMD layer right behind it (ignored operators skipped) are joined for
/// convolution -> relu, elem_add, mean_var, sgd and GEMM -> sgd; other neighbours are UserErrors, as the model refuses
/// them.
std::vector<Cost> network_cost(const std::vector<Layer>& program, const Machine& machine, bool fused,
                               const Corrections& corrections = {});

/// A layer with what its neighbours decide: all that its cost depends on besides the machine.
struct PlacedLayer {
  Layer layer;
  Fusion fusion;
  bool feeds_array = false;  ///< the next operator in program order is on the array
};

/// Every layer of the program but the ignored ones. Throws UserError as network_cost does.
std::vector<PlacedLayer> placed_layers(const std::vector<Layer>& program, bool fused);

/// The width of its result in memory, in bits.
std::int64_t output_bits(const PlacedLayer& layer, const Machine& machine);

}  // namespace systole::simdit
