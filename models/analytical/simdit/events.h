#pragma once

#include "models/analytical/simdit/layer.h"
#include "models/analytical/simdit/machine.h"
#include "traces/work.h"

namespace systole::simdit {

/// What the published model counts of `count` equal layers, in the words of the simulation; it does not depend on the
/// ports' widths. The model's volumes are taken as they are: padded channels are work and traffic. Where it says less
/// than a price needs: what goes out of a buffer to memory is read from it, and what comes in is written; of three
/// accesses of a SIMD operation one is a write; a SIMD operator's instructions are of one class each. Left out, since
/// the model has no count of them: instructions but the SIMD unit's, address additions. `cycles` is not set.
Work work_of(const Layer& layer, const Cost& cost, const Machine& machine, double count);

}  // namespace systole::simdit
