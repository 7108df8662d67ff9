#pragma once

#include <map>
#include <optional>
#include <vector>

#include "kernels/tiling/estimate.h"

namespace systole {

/// How a tiling is chosen.
enum class TilingRule {
  search,  ///< the quickest of all that fit
  simdit   ///< the published greedy rule (greedy.h)
};

/// A tiling and the problem it is for: packing kernel columns onto rows changes the problem.
struct Choice {
  ArrayProblem problem;
  Tiling tiling;
  Geometry geometry;
  Estimate estimate;
};

/// What a search found for one problem.
struct Found {
  std::vector<Choice> choices;   ///< the quickest first; empty when nothing fits
  std::int64_t candidates = 0;   ///< tilings that fit and were estimated
  std::optional<Choice> greedy;  ///< the greedy rule's, to compare with
  bool judged = false;           ///< the order of `choices` is not the estimate's any more
};

/// The `count` quickest tilings by estimate among those that fit, the quickest first; nothing when none fits.
/// Deterministic: of equally quick ones the first in the order of the search, which goes from few large tiles to many
/// small ones. `may_pack` says that neighbouring kernel columns are next to each other in memory.
Found search_tilings(const ArrayProblem& problem, bool may_pack, const FusedWork& fused, const Machine& machine,
                     std::size_t count);

/// The first of them.
std::optional<Choice> choose_tiling(const ArrayProblem& problem, bool may_pack, const FusedWork& fused,
                                    const Machine& machine);

/// What a search depends on, for one machine.
struct TilingKey {
  ArrayProblem problem;
  bool may_pack = false;  ///< as of search_tilings
  FusedWork fused;
};

bool operator==(const TilingKey& a, const TilingKey& b);

/// Finds tilings by a rule and remembers them, for one machine.
class TilingCache {
 public:
  explicit TilingCache(TilingRule rule = TilingRule::search) : rule_(rule) {}

  [[nodiscard]] TilingRule rule() const { return rule_; }

  /// With the rule `simdit` there is one choice at most. All layers share what is found for a problem, but those that
  /// have been given something of their own. The reference is good until the next call.
  Found& find(std::size_t layer, const TilingKey& key, const Machine& machine);
  /// From now on what `find` gives to this layer, for a problem that it has been asked for.
  void give(std::size_t layer, const TilingKey& key, Found found);

 private:
  struct Entry {
    TilingKey key;
    Found found;
    std::map<std::size_t, Found> own;  ///< by layer
  };
  Entry* entry(const TilingKey& key);

  TilingRule rule_;
  std::vector<Entry> entries_;
};

/// What the smallest tile of the problem overfills; for the error when choose_tiling found nothing.
Overflow smallest_overflow(const ArrayProblem& problem, const FusedWork& fused, const Machine& machine);

}  // namespace systole
