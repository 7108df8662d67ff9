#pragma once

#include <functional>
#include <optional>
#include <string>

#include "explore/simdit_table.h"
#include "explore/space.h"
#include "explore/store.h"
#include "explore/tally.h"

namespace systole {

/// What a machine costs, by the values of its axes; empty with a reason when the model cannot say. Several threads call
/// it at once.
using PointCost = std::function<std::optional<Evaluated>(const std::vector<std::int64_t>& values, std::string& reason)>;

/// How far a search is: pieces of work done, of all, and points that were costed in this process.
using SearchProgress = std::function<void(std::size_t done, std::size_t all, double points)>;

struct SearchOptions {
  int threads = 1;
  ExploreStore* store = nullptr;  ///< nullptr: nothing is kept
  std::size_t share = 0;          ///< the first piece of work to do, and then every `shares`-th
  std::size_t shares = 1;         ///< above 1, the result is that of some pieces alone
  SearchProgress progress;        ///< one thread at a time calls it; may be empty
};

/// How costs spread over the space.
struct Distribution {
  double median = 0;  ///< the lower of two
  double points = 0;
  bool sampled = false;  ///< of random points, not of all
  double low = 0;        ///< the cheapest of them
  double high = 0;
  std::vector<double> bars;  ///< points in equal steps from `low` to `high`
};

struct SearchResult {
  Tally tally;
  bool proven = false;  ///< every point was costed
  std::optional<Distribution> distribution;
};

/// Costs every point of a table, in pieces of rows.
SearchResult search_table(const SimditTable& table, const SearchOptions& options);

/// Descents from random points: each step goes to the cheapest neighbour, which moves an axis by 1, 2, 4, .. values,
/// alone or against another axis of its group, until none is cheaper. With several objectives each descent weighs them
/// differently: cheap is a small product of powers of them. Random points of their own show the distribution.
/// The result depends on `seed` and `restarts` only.
SearchResult search_locally(const DesignSpace& space, const PointCost& cost, int restarts, std::int64_t seed,
                            const SearchOptions& options);

/// Costs every point of a small space, one by one. `limit` as for DesignSpace::points_of.
SearchResult search_exhaustively(const DesignSpace& space, const PointCost& cost, std::size_t limit,
                                 const SearchOptions& options);

}  // namespace systole
