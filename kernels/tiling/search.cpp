#include "kernels/tiling/search.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>
#include <vector>

#include "base/units.h"
#include "kernels/tiling/greedy.h"

namespace systole {

namespace {

/// Numbers of tiles that are tried along a dimension, next to the smallest tile.
constexpr std::array<std::int64_t, 17> kSplits{1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 64};

/// Tilings that a search hands on at most, for a closer look than the estimate.
constexpr std::size_t kShortList = 512;

/// Of so few units any number is tried, not only equal parts.
constexpr std::int64_t kFewUnits = 8;

/// Tile extents in whole units (the last is `unit` itself), from large to small, each once.
std::vector<std::int64_t> extents(std::int64_t total, std::int64_t unit) {
  const std::int64_t units = ceil_div(total, unit);
  std::vector<std::int64_t> result;
  const auto add = [&](std::int64_t count) {
    const std::int64_t extent = std::min(total, count * unit);
    if (result.empty() || extent < result.back()) result.push_back(extent);
  };
  if (unit > 1 && units <= kFewUnits) {
    for (std::int64_t count = units; count > 1; --count) add(count);
  } else {
    for (const std::int64_t split : kSplits) {
      if (split <= units) add(ceil_div(units, split));
    }
  }
  add(1);
  return result;
}

/// From large to small.
std::vector<std::int64_t> divisors(std::int64_t number) {
  std::vector<std::int64_t> result;
  for (std::int64_t divisor = number; divisor > 0; --divisor) {
    if (number % divisor == 0) result.push_back(divisor);
  }
  return result;
}

struct Spatial {
  std::int64_t batch, oh, ow;
};

/// Whole images first, then bands of rows, then rectangles: a band's rows are longer pieces of memory.
std::vector<Spatial> spatial_tiles(const ArrayProblem& problem) {
  std::vector<Spatial> result;
  for (const std::int64_t batch : extents(problem.batch, 1)) result.push_back({batch, problem.h.out, problem.w.out});
  for (const std::int64_t oh : extents(problem.h.out, 1)) {
    for (const std::int64_t ow : extents(problem.w.out, 1)) {
      if (oh < problem.h.out || ow < problem.w.out) result.push_back({1, oh, ow});
    }
  }
  return result;
}

/// Axis loads of the outputs' tilings, computed once for each extent.
class Loads {
 public:
  const AxisLoad& get(const WindowAxis& axis, const InputAxis& input, std::int64_t tile, std::int64_t kernel_tile) {
    for (const Known& known : known_) {
      if (known.tile == tile && known.kernel_tile == kernel_tile) return known.load;
    }
    known_.push_back({tile, kernel_tile, axis_load(axis, input, tile, kernel_tile)});
    return known_.back().load;
  }

 private:
  struct Known {
    std::int64_t tile;
    std::int64_t kernel_tile;
    AxisLoad load;
  };
  std::vector<Known> known_;
};

class Search {
 public:
  Search(const FusedWork& fused, const Machine& machine, std::size_t count)
      : fused_(fused), machine_(machine), count_(count) {}

  void run(const ArrayProblem& problem) {
    Loads rows;
    Loads columns;
    const std::vector<Spatial> spatials = spatial_tiles(problem);
    for (const auto& [kh, kw] : kernel_tiles(problem)) {
      for (const std::int64_t ic : extents(problem.ic, machine_.rows)) {
        for (const std::int64_t oc : extents(problem.oc, machine_.columns)) {
          if (oc > problem.most_oc || !weights_fit(kh * kw, ic, oc)) continue;
          for (const Spatial& s : spatials) {
            Tiling tiling{s.batch, s.oh, s.ow, kh, kw, ic, oc};
            Geometry geometry = geometry_of(problem, tiling, machine_);
            if (overflow_of(geometry, fused_, machine_).buffer != nullptr) continue;
            const AxisLoad& h = rows.get(problem.h, geometry.h, s.oh, kh);
            const AxisLoad& w = columns.get(problem.w, geometry.w, s.ow, kw);
            const auto consider_order = [&](LoopOrder order) {
              tiling.order = geometry.order = order;
              found_.choices.push_back(
                  {problem, tiling, geometry, estimate(problem, tiling, geometry, h, w, fused_, machine_)});
            };
            consider_order(LoopOrder::weights_stay);
            if (geometry.spills()) consider_order(LoopOrder::reduction_inside);
            if (geometry.spatial_tiles() > 1 && geometry.ocs > 1) consider_order(LoopOrder::pixels_outside);
          }
        }
      }
    }
  }

  Found take() {
    std::vector<Choice>& all = found_.choices;
    found_.candidates = static_cast<std::int64_t>(all.size());
    std::vector<std::size_t> order(all.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const std::size_t count = std::min(count_, all.size());
    std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), order.end(),
                      [&](std::size_t a, std::size_t b) {
                        return std::pair(all[a].estimate.cycles, a) < std::pair(all[b].estimate.cycles, b);
                      });
    std::vector<Choice> best;
    best.reserve(count);
    for (std::size_t i = 0; i < count; ++i) best.push_back(all[order[i]]);
    all = std::move(best);
    return std::move(found_);
  }

 private:
  /// The whole kernel, or parts of which none is smaller than the others: a tile's kernel never has a remainder.
  /// Columns are cut only when rows are.
  static std::vector<std::pair<std::int64_t, std::int64_t>> kernel_tiles(const ArrayProblem& problem) {
    std::vector<std::pair<std::int64_t, std::int64_t>> result;
    for (const std::int64_t kh : divisors(problem.h.kernel)) {
      for (const std::int64_t kw : divisors(problem.w.kernel)) {
        if (kw == problem.w.kernel || kw > 1 || kh == 1) result.emplace_back(kh, kw);
      }
    }
    return result;
  }

  [[nodiscard]] bool weights_fit(std::int64_t positions, std::int64_t ic, std::int64_t oc) const {
    return positions * round_up(ic, machine_.rows) * round_up(oc, machine_.columns) <= machine_.wbuf_half_elements;
  }

  const FusedWork& fused_;
  const Machine& machine_;
  std::size_t count_;
  Found found_;
};

}  // namespace

Found search_tilings(const ArrayProblem& problem, bool may_pack, const FusedWork& fused, const Machine& machine,
                     std::size_t count) {
  Search search(fused, machine, count);
  search.run(problem);
  const std::int64_t most = std::min(problem.w.kernel, machine.rows / problem.ic);
  std::int64_t blocks = problem.w.kernel;
  for (std::int64_t columns = 2; may_pack && columns <= most; ++columns) {
    if (ceil_div(problem.w.kernel, columns) == blocks) continue;  // no fewer blocks than with fewer columns
    if (problem.weights_strided && problem.w.kernel % columns != 0) continue;
    blocks = ceil_div(problem.w.kernel, columns);
    search.run(packed(problem, columns));
  }
  return search.take();
}

std::optional<Choice> choose_tiling(const ArrayProblem& problem, bool may_pack, const FusedWork& fused,
                                    const Machine& machine) {
  Found found = search_tilings(problem, may_pack, fused, machine, 1);
  return found.choices.empty() ? std::nullopt : std::optional<Choice>(std::move(found.choices.front()));
}

bool operator==(const TilingKey& a, const TilingKey& b) {
  return a.problem == b.problem && a.may_pack == b.may_pack && a.fused == b.fused;
}

TilingCache::Entry* TilingCache::entry(const TilingKey& key) {
  const auto known =
      std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.key == key; });
  return known == entries_.end() ? nullptr : &*known;
}

Found& TilingCache::find(std::size_t layer, const TilingKey& key, const Machine& machine) {
  if (Entry* const known = entry(key)) {
    const auto own = known->own.find(layer);
    return own == known->own.end() ? known->found : own->second;
  }
  Found found;
  const std::optional<Choice> greedy = greedy_choice(key.problem, key.fused, machine);
  if (rule_ == TilingRule::search) {
    found = search_tilings(key.problem, key.may_pack, key.fused, machine, kShortList);
    found.greedy = greedy;
  } else if (greedy) {
    found.choices.push_back(*greedy);
  } else {
    found = search_tilings(key.problem, key.may_pack, key.fused, machine, 1);
  }
  entries_.push_back({key, std::move(found), {}});
  return entries_.back().found;
}

void TilingCache::give(std::size_t layer, const TilingKey& key, Found found) {
  entry(key)->own.insert_or_assign(layer, std::move(found));
}

Overflow smallest_overflow(const ArrayProblem& problem, const FusedWork& fused, const Machine& machine) {
  const Tiling smallest{1, 1, 1, 1, 1, std::min(problem.ic, machine.rows), std::min(problem.oc, machine.columns)};
  return overflow_of(geometry_of(problem, smallest, machine), fused, machine);
}

}  // namespace systole
