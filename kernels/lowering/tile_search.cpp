#include "kernels/lowering/tile_search.h"

#include <algorithm>
#include <cmath>

#include "base/units.h"

namespace systole {

namespace {

/// Combinations that a search may try: a layer is planned in a few milliseconds.
constexpr double kCombinations = 1000;

class Search {
 public:
  Search(Space space, const std::function<std::optional<double>(Space&)>& cost)
      : space_(std::move(space)), cost_(cost) {}

  void add(std::size_t dim, std::vector<std::int64_t> candidates) { choices_.push_back({dim, std::move(candidates)}); }

  void run(std::size_t level = 0) {
    if (level == choices_.size()) return consider();
    for (const std::int64_t tile : choices_[level].candidates) {
      space_[choices_[level].dim].tile = tile;
      run(level + 1);
    }
  }

  std::optional<Space> best() { return std::move(best_); }

 private:
  struct Choice {
    std::size_t dim;
    std::vector<std::int64_t> candidates;
  };

  void consider() {
    const std::optional<double> cost = cost_(space_);
    if (!cost || (best_ && *cost >= least_)) return;
    least_ = *cost;
    best_ = space_;
  }

  Space space_;
  const std::function<std::optional<double>(Space&)>& cost_;
  std::vector<Choice> choices_;
  double least_ = 0;
  std::optional<Space> best_;
};

}  // namespace

std::vector<std::int64_t> tile_candidates(std::int64_t extent, std::int64_t granule, double ratio) {
  std::vector<std::int64_t> result;
  for (std::int64_t tiles = 1; tiles <= extent;) {
    const std::int64_t tile = std::min(extent, round_up(ceil_div(extent, tiles), granule));
    if (result.empty() || tile < result.back()) result.push_back(tile);
    if (tile <= granule) break;
    tiles = std::max(tiles + 1, static_cast<std::int64_t>(std::floor(static_cast<double>(tiles) * ratio)));
  }
  const std::int64_t smallest = std::min(extent, granule);
  if (result.back() > smallest) result.push_back(smallest);
  return result;
}

std::optional<Space> search_tiles(const Space& space, std::int64_t lane_granule,
                                  const std::function<std::optional<double>(Space&)>& cost) {
  std::vector<std::vector<std::int64_t>> candidates(space.size());
  double ratio = 1.01;
  for (double combinations = 2 * kCombinations; combinations > kCombinations; ratio *= 1.2) {
    combinations = 1;
    for (std::size_t d = 0; d < space.size(); ++d) {
      if (!space[d].tiled) continue;
      candidates[d] = tile_candidates(space[d].extent, d + 1 == space.size() ? lane_granule : 1, ratio);
      combinations *= static_cast<double>(candidates[d].size());
    }
  }
  Search search(space, cost);
  for (std::size_t d = 0; d < space.size(); ++d) {
    if (space[d].tiled) search.add(d, candidates[d]);
  }
  search.run();
  return search.best();
}

}  // namespace systole
