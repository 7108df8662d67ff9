#pragma once

#include "isa/block.h"
#include "traces/event_counts.h"

namespace systole {

/// Latency class of the execute stage (isa/manual.md, section 4).
enum class SimdLatency { one, divide, exponential, inverse_sqrt };

/// What the pipeline needs to know of an opcode; what it computes is another matter.
struct SimdOpcodeTraits {
  SimdLatency latency;
  bool reads_source2;
  bool reads_destination;
  SimdOperation operation;
};

SimdOpcodeTraits traits_of(isa::SimdOpcode opcode);

}  // namespace systole
