#pragma once

#include <optional>
#include <vector>

#include "models/analytical/simdit/array_layers.h"
#include "models/analytical/simdit/events.h"
#include "models/analytical/simdit/network.h"
#include "models/analytical/simdit/simd_layers.h"

namespace systole::simdit {

/// Cost of a layer with the tile that the machine gives it; nothing when it has none.
std::optional<Cost> item_cost(const PlacedLayer& placed, const Machine& machine);

/// A program prepared to be costed on many machines: equal layers are costed once, cycles only. The model's cost is a
/// sum over layers, and a layer's depends on one unit's buffers through its tile, and on that unit's ports.
class Sweep {
 public:
  struct Item {
    PlacedLayer layer;
    double count = 1;  ///< how often the program has it
  };

  /// Throws UserError for neighbours that the model's fusion refuses.
  Sweep(const std::vector<Layer>& program, bool fused);

  [[nodiscard]] const std::vector<Item>& array_items() const { return array_; }
  [[nodiscard]] const std::vector<Item>& simd_items() const { return simd_; }

  /// Cycles of the whole program; nothing when a layer has no tile on this machine. The same as the sum of
  /// network_cost, up to rounding.
  [[nodiscard]] std::optional<double> cycles(const Machine& machine) const;

  /// The same with what it does, each layer `weight` times.
  struct Counted {
    double cycles = 0;
    Work work;  ///< `events.cycles` is not set
  };
  [[nodiscard]] std::optional<Counted> count(const Machine& machine, double weight) const;

 private:
  std::vector<Item> array_;
  std::vector<Item> simd_;
};

}  // namespace systole::simdit
