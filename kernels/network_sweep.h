#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "isa/block.h"
#include "isa/stream_address.h"
#include "kernels/known_layers.h"
#include "kernels/plan/memory_plan.h"

namespace systole {

/// A network compiled for one machine after another, for machines and with rules as KnownLayers has them. The result is
/// that of compile_network.
///
/// One thread uses it at a time; those of several threads may share the layers.
class NetworkSweep {
 public:
  /// Differs from the present machine's block in the distance of slots within the buffers, but not in its words'
  /// number.
  struct Part {
    std::size_t form = 0;               ///< blocks of the same form differ in nothing but the addresses of streams
    const isa::Block* block = nullptr;  ///< with streams that begin at 0
    isa::StreamAddresses addresses;
  };

  /// `layers` must outlive the object.
  explicit NetworkSweep(KnownLayers& layers) : layers_(layers) {}

  /// The blocks in order, good until the next call. Throws UserError as compile_network does for what is too small.
  const std::vector<Part>& compile(const Machine& machine);

  /// Of the present machine: where the instructions lie. Throws UserError when so many words are too many for the
  /// memory.
  [[nodiscard]] std::int64_t instruction_address(std::int64_t words) const;

 private:
  void plan(const KnownLayers::NumberedRegion& region);
  void place();

  KnownLayers& layers_;
  Machine machine_;  ///< the present one
  std::vector<const KnownLayers::Variant*> present_;
  std::vector<Part> parts_;
  std::vector<PlannedRegion> planned_;
  std::vector<std::size_t> position_;  ///< by region: in `planned_`
  MemoryPlan plan_;
};

}  // namespace systole
