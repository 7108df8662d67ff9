#pragma once

#include <optional>
#include <vector>

#include "kernels/tiling/estimate.h"

namespace systole {

/// A tiling and the problem it is for: packing kernel columns onto rows changes the problem.
struct Choice {
  ArrayProblem problem;
  Tiling tiling;
  Geometry geometry;
  Estimate estimate;
};

/// The quickest tiling by estimate among those that fit, or nullopt when none fits. Deterministic: of equally quick
/// ones the first in the order of the search, which goes from few large tiles to many small ones. `may_pack` says that
/// neighbouring kernel columns are next to each other in memory.
std::optional<Choice> choose_tiling(const ArrayProblem& problem, bool may_pack, const FusedWork& fused,
                                    const Machine& machine);

/// Remembers what choose_tiling found, for one machine.
class TilingCache {
 public:
  std::optional<Choice> find(const ArrayProblem& problem, bool may_pack, const FusedWork& fused,
                             const Machine& machine);

 private:
  struct Entry {
    ArrayProblem problem;
    bool may_pack;
    FusedWork fused;
    std::optional<Choice> choice;
  };
  std::vector<Entry> entries_;
};

/// What the smallest tile of the problem overfills; for the error when choose_tiling found nothing.
Overflow smallest_overflow(const ArrayProblem& problem, const FusedWork& fused, const Machine& machine);

}  // namespace systole
