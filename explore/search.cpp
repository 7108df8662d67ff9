#include "explore/search.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <mutex>
#include <random>

#include "explore/turns.h"

namespace systole {

namespace {

constexpr std::size_t kRowsOfAPiece = 512;
constexpr std::size_t kPointsOfAPiece = 256;
constexpr std::size_t kBins = 1 << 16;
constexpr std::size_t kBars = 64;
constexpr std::size_t kSamples = 512;
constexpr std::size_t kSamplesOfAPiece = 64;

/// The work that a search is made of. Names are what the store knows pieces by.
struct Pieces {
  std::size_t count = 0;
  std::function<std::string(std::size_t piece)> name;
  std::function<Tally(std::size_t piece, int worker)> work;
};

/// Does every piece that the store does not have, on threads that `take` shares them out to. Tallies in order.
template <typename Take>
std::vector<Tally> do_pieces(const Pieces& pieces, const SearchOptions& options, const Take& take) {
  std::vector<Tally> tallies(pieces.count);
  const std::size_t all = options.share < pieces.count ? (pieces.count - options.share - 1) / options.shares + 1 : 0;
  std::mutex mutex;
  std::size_t done = 0;
  double points = 0;
  take(options.threads, all, [&](std::size_t turn, int worker) {
    const std::size_t piece = options.share + turn * options.shares;
    const std::string name = pieces.name(piece);
    std::optional<Tally> known = options.store == nullptr ? std::nullopt : options.store->find(name);
    const bool fresh = !known;
    if (fresh) known = pieces.work(piece, worker);
    if (fresh && options.store != nullptr) options.store->put(name, *known);
    const std::lock_guard lock(mutex);
    tallies[piece] = std::move(*known);
    ++done;
    if (fresh) points += tallies[piece].points;
    if (options.progress) options.progress(done, all, points);
  });
  return tallies;
}

/// Of the pieces [begin, end).
Tally sum_of(const std::vector<Tally>& tallies, std::size_t begin, std::size_t end) {
  Tally sum;
  for (std::size_t piece = begin; piece < end; ++piece) sum.merge(tallies[piece]);
  return sum;
}

std::vector<std::int64_t> values_of(const DesignSpace& space, const Point& point) {
  std::vector<std::int64_t> values;
  for (std::size_t axis = 0; axis < point.size(); ++axis) values.push_back(space.value(point, axis));
  return values;
}

Tally tally_rows(SimditTable& table, const DesignSpace& space, std::size_t begin, std::size_t end) {
  Tally tally;
  std::string reason;
  std::vector<std::size_t> cheapest;  // column of a row, by kind of its ports
  for (std::size_t row = begin; row < end; ++row) {
    const std::vector<double>& costs = table.costs(row, reason);
    if (costs.empty()) {
      tally.unevaluable[reason] += static_cast<double>(table.columns());
      continue;
    }
    tally.points += static_cast<double>(costs.size());
    const auto candidate = [&](std::size_t column) {
      return Candidate{values_of(space, table.point(row, column)), table.evaluated(column)};
    };
    const auto offer = [&](std::size_t column) { tally.offer(candidate(column)); };
    offer(static_cast<std::size_t>(std::max_element(costs.begin(), costs.end()) - costs.begin()));
    cheapest.assign(table.kinds_of_columns(), costs.size());
    double bound = tally.bound();
    for (std::size_t column = 0; column < costs.size(); ++column) {
      std::size_t& known = cheapest[table.kind_of_column(column)];
      if (known == costs.size() || costs[column] < costs[known]) known = column;
      if (costs[column] > bound) continue;
      offer(column);
      bound = tally.bound();
    }
    for (const std::size_t column : cheapest) {
      if (tally.levels.wants(costs[column])) tally.levels.offer(candidate(column));
    }
    // In a row fewer cycles are better in every objective: what happens is the same, and what passes time is less.
    tally.offer_front(
        candidate(static_cast<std::size_t>(std::min_element(costs.begin(), costs.end()) - costs.begin())));
  }
  return tally;
}

/// Counted into bins between the extremes; the median then exactly in the bin where it lies. A table for each thread.
Distribution distribution_of(std::vector<SimditTable>& tables, const Tally& tally) {
  const double low = tally.best.front().cost;
  const double width = (tally.worst.front().cost - low) / static_cast<double>(kBins);
  const auto bin_of = [&](double cost) {
    return width > 0 ? std::min(kBins - 1, static_cast<std::size_t>((cost - low) / width)) : std::size_t{0};
  };
  const auto for_each_cost = [&](const std::function<void(const std::vector<double>& costs, std::size_t worker)>& use) {
    take_turns(static_cast<int>(tables.size()), tables.front().rows(), [&](std::size_t row, int worker) {
      std::string reason;
      const auto number = static_cast<std::size_t>(worker);
      use(tables[number].costs(row, reason), number);
    });
  };
  std::vector<std::vector<std::uint64_t>> bins(tables.size(), std::vector<std::uint64_t>(kBins));
  for_each_cost([&](const std::vector<double>& costs, std::size_t worker) {
    for (const double cost : costs) ++bins[worker][bin_of(cost)];
  });
  for (std::size_t other = 1; other < bins.size(); ++other) {
    std::transform(bins[0].begin(), bins[0].end(), bins[other].begin(), bins[0].begin(), std::plus<>());
  }
  Distribution distribution{0, tally.points, false, low, tally.worst.front().cost, std::vector<double>(kBars)};
  for (std::size_t b = 0; b < kBins; ++b) distribution.bars[b * kBars / kBins] += static_cast<double>(bins[0][b]);
  auto rank = static_cast<std::uint64_t>((tally.points - 1) / 2);
  std::size_t bin = 0;
  for (; rank >= bins[0][bin]; ++bin) rank -= bins[0][bin];
  std::vector<std::vector<double>> found(tables.size());
  for_each_cost([&](const std::vector<double>& costs, std::size_t worker) {
    for (const double cost : costs) {
      if (bin_of(cost) == bin) found[worker].push_back(cost);
    }
  });
  std::vector<double> inside;
  for (const std::vector<double>& some : found) inside.insert(inside.end(), some.begin(), some.end());
  std::nth_element(inside.begin(), inside.begin() + static_cast<std::ptrdiff_t>(rank), inside.end());
  distribution.median = inside[rank];
  return distribution;
}

/// Of a tally that has all its costs.
std::optional<Distribution> distribution_of(const Tally& tally, bool sampled) {
  if (tally.costs.empty()) return std::nullopt;
  std::vector<double> costs = tally.costs;
  std::sort(costs.begin(), costs.end());
  Distribution result{
      costs[(costs.size() - 1) / 2], static_cast<double>(costs.size()), sampled, costs.front(), costs.back(),
      std::vector<double>(kBars)};
  const double width = (result.high - result.low) / static_cast<double>(kBars);
  for (const double cost : costs) {
    const std::size_t bar = width > 0 ? static_cast<std::size_t>((cost - result.low) / width) : 0;
    ++result.bars[std::min(kBars - 1, bar)];
  }
  return result;
}

/// A random point that meets the budgets: axes in random order take random values among those that leave the others a
/// chance.
class Sampler {
 public:
  Sampler(const DesignSpace& space, std::uint64_t seed) : space_(space), random_(seed) {}

  Point draw() {
    for (;;) {
      Point point(space_.axes().size());
      for (std::size_t axis = 0; axis < point.size(); ++axis) {
        point[axis] = static_cast<std::uint32_t>(random_() % space_.axes()[axis].values.size());
      }
      if (repair(point)) return point;
    }
  }

 private:
  /// Moves random axes towards the bounds of budgets that are not met. When no axis of a budget can go on, all that
  /// further steps would do is to draw numbers: those are skipped.
  bool repair(Point& point) {
    for (unsigned step = 0; step < kMostSteps; ++step) {
      const auto broken = std::find_if(space_.budgets().begin(), space_.budgets().end(),
                                       [&](const SpaceBudget& budget) { return excess(budget, point) != 0; });
      if (broken == space_.budgets().end()) return true;
      if (broken->terms.empty()) return false;
      const std::int64_t over = excess(*broken, point);
      const auto stays = [&](const SpaceBudget::Term& term) { return nearest(term, point, over) == point[term.axis]; };
      if (std::all_of(broken->terms.begin(), broken->terms.end(), stays)) {
        random_.discard(kNumbersOfAStep * (kMostSteps - step));
        return false;
      }
      const SpaceBudget::Term& term = broken->terms[random_() % broken->terms.size()];
      const std::uint32_t top = nearest(term, point, over);
      const std::uint32_t now = point[term.axis];
      const std::uint32_t low = std::min(now, top);
      const std::uint32_t high = std::max(now, top);
      point[term.axis] = low + static_cast<std::uint32_t>(random_() % (high - low + 1));
    }
    return false;
  }

  /// The value of its axis that would make up for an excess.
  [[nodiscard]] std::uint32_t nearest(const SpaceBudget::Term& term, const Point& point, std::int64_t over) const {
    const std::vector<std::int64_t>& values = space_.axes()[term.axis].values;
    const std::int64_t wanted = values[point[term.axis]] - over / term.weight;
    const auto found = std::lower_bound(values.begin(), values.end(), wanted);
    return static_cast<std::uint32_t>(
        std::min<std::ptrdiff_t>(found - values.begin(), static_cast<std::ptrdiff_t>(values.size()) - 1));
  }

  /// How far the sum is above (below: negative) what is allowed.
  [[nodiscard]] std::int64_t excess(const SpaceBudget& budget, const Point& point) const {
    std::int64_t sum = budget.fixed;
    for (const SpaceBudget::Term& term : budget.terms) sum += term.weight * space_.value(point, term.axis);
    if (sum > budget.at_most) return sum - budget.at_most;
    return sum < budget.at_least ? sum - budget.at_least : 0;
  }

  static constexpr unsigned kMostSteps = 4096;
  static constexpr unsigned kNumbersOfAStep = 2;

  const DesignSpace& space_;
  std::mt19937_64 random_;
};

/// A move of one axis by `step` values; false when the axis ends before.
bool move(const DesignSpace& space, Point& point, std::size_t axis, std::int64_t step) {
  const std::int64_t to = static_cast<std::int64_t>(point[axis]) + step;
  if (to < 0 || to >= static_cast<std::int64_t>(space.axes()[axis].values.size())) return false;
  point[axis] = static_cast<std::uint32_t>(to);
  return true;
}

/// Calls `visit` with every neighbour that meets the budgets.
void for_each_neighbour(const DesignSpace& space, const Point& point, const std::function<void(const Point&)>& visit) {
  for (const std::vector<std::size_t>& group : space.groups()) {
    for (const std::size_t up : group) {
      for (std::int64_t step = 1; step < static_cast<std::int64_t>(space.axes()[up].values.size()); step *= 2) {
        for (const std::int64_t alone : {step, -step}) {
          Point one = point;
          if (move(space, one, up, alone) && space.meets(one)) visit(one);
        }
        for (const std::size_t down : group) {
          if (down == up) continue;
          Point two = point;
          if (!move(space, two, up, step)) continue;
          for (std::int64_t back = 1; move(space, two, down, -1); ++back) {
            if (!space.meets(two)) continue;
            visit(two);
            break;
          }
        }
      }
    }
  }
}

/// What a descent looks at: the cost; of several objectives a product in which the first one has the power `share` and
/// the others have equal parts of the rest.
double height_of(const Evaluated& point, double share) {
  if (point.goals.empty()) return point.cost;
  const double rest = (1 - share) / static_cast<double>(point.goals.size() - 1);
  double height = std::pow(point.goals.front(), share);
  for (std::size_t goal = 1; goal < point.goals.size(); ++goal) height *= std::pow(point.goals[goal], rest);
  return height;
}

Tally descend(const DesignSpace& space, const PointCost& cost, std::uint64_t seed, double share) {
  Sampler sampler(space, seed);
  Tally tally;
  std::string reason;
  const auto costed = [&](const Point& point) -> std::optional<Candidate> {
    const std::vector<std::int64_t> values = values_of(space, point);
    const std::optional<Evaluated> found = cost(values, reason);
    if (!found) {
      tally.unevaluable[reason] += 1;
      return std::nullopt;
    }
    tally.points += 1;
    tally.offer({values, *found});
    return Candidate{values, height_of(*found, share)};
  };
  std::optional<Candidate> here;
  Point point;
  for (int attempt = 0; attempt < 1000 && !here; ++attempt) {
    point = sampler.draw();
    here = costed(point);
  }
  for (bool better = here.has_value(); better;) {
    better = false;
    const Point from = point;
    for_each_neighbour(space, from, [&](const Point& neighbour) {
      const std::optional<Candidate> there = costed(neighbour);
      if (!there || !(*there < *here)) return;
      here = there;
      point = neighbour;
      better = true;
    });
  }
  return tally;
}

/// Costs of random points.
Tally sample(const DesignSpace& space, const PointCost& cost, std::uint64_t seed) {
  Sampler sampler(space, seed);
  Tally tally;
  std::string reason;
  for (std::size_t i = 0; i < kSamplesOfAPiece; ++i) {
    const std::vector<std::int64_t> values = values_of(space, sampler.draw());
    const std::optional<Evaluated> found = cost(values, reason);
    if (!found) {
      tally.unevaluable[reason] += 1;
      continue;
    }
    tally.points += 1;
    tally.offer({values, *found});
    tally.costs.push_back(found->cost);
  }
  return tally;
}

}  // namespace

SearchResult search_table(const SimditTable& table, const SearchOptions& options) {
  std::vector<SimditTable> tables(static_cast<std::size_t>(options.threads), table);
  const std::size_t pieces = (table.rows() + kRowsOfAPiece - 1) / kRowsOfAPiece;
  SearchResult result;
  const auto name = [](std::size_t piece) { return fmt::format("rows {}", piece); };
  const auto work = [&](std::size_t piece, int worker) {
    const std::size_t begin = piece * kRowsOfAPiece;
    return tally_rows(tables[static_cast<std::size_t>(worker)], table.space(), begin,
                      std::min(begin + kRowsOfAPiece, table.rows()));
  };
  result.tally = sum_of(do_pieces({pieces, name, work}, options, take_turns), 0, pieces);
  result.proven = options.shares == 1;
  if (result.proven && result.tally.points > 0) result.distribution = distribution_of(tables, result.tally);
  return result;
}

SearchResult search_locally(const DesignSpace& space, const PointCost& cost, int restarts, std::int64_t seed,
                            const SearchOptions& options) {
  // The short pieces come last, so that no thread waits long for another one in the end.
  const auto descents = static_cast<std::size_t>(restarts);
  const std::size_t pieces = descents + kSamples / kSamplesOfAPiece;
  const auto name = [&](std::size_t piece) {
    return piece < descents ? fmt::format("descent {}", piece) : fmt::format("sample {}", piece - descents);
  };
  const auto work = [&](std::size_t piece, int) {
    const std::uint64_t first = static_cast<std::uint64_t>(seed) * 1000003U;
    if (piece >= descents) return sample(space, cost, first + 1000000U + (piece - descents));
    const double share = restarts > 1 ? static_cast<double>(piece) / (restarts - 1) : 0.5;
    return descend(space, cost, first + piece, share);
  };
  const std::vector<Tally> tallies = do_pieces({pieces, name, work}, options, take_turns_in_order);
  SearchResult result;
  result.tally = sum_of(tallies, 0, pieces);
  const Tally samples = sum_of(tallies, descents, pieces);
  result.distribution = distribution_of(samples, true);
  return result;
}

SearchResult search_exhaustively(const DesignSpace& space, const PointCost& cost, std::size_t limit,
                                 const SearchOptions& options) {
  std::vector<std::vector<Point>> groups;
  std::size_t all = 1;
  for (std::size_t group = 0; group < space.groups().size(); ++group) {
    groups.push_back(space.points_of(group, limit).value_or(std::vector<Point>()));
    all *= groups.back().size();
  }
  SearchResult result;
  const std::size_t pieces = (all + kPointsOfAPiece - 1) / kPointsOfAPiece;
  const auto name = [](std::size_t piece) { return fmt::format("points {}", piece); };
  const auto work = [&](std::size_t piece, int) {
    Tally tally;
    std::string reason;
    const std::size_t end = std::min((piece + 1) * kPointsOfAPiece, all);
    for (std::size_t number = piece * kPointsOfAPiece; number < end; ++number) {
      Point point(space.axes().size());
      std::size_t rest = number;
      for (std::size_t group = 0; group < groups.size(); ++group) {
        const Point& part = groups[group][rest % groups[group].size()];
        rest /= groups[group].size();
        for (std::size_t place = 0; place < part.size(); ++place) point[space.groups()[group][place]] = part[place];
      }
      const std::vector<std::int64_t> values = values_of(space, point);
      const std::optional<Evaluated> found = cost(values, reason);
      if (found) {
        tally.points += 1;
        tally.offer({values, *found});
        tally.costs.push_back(found->cost);
      } else {
        tally.unevaluable[reason] += 1;
      }
    }
    return tally;
  };
  result.tally = sum_of(do_pieces({pieces, name, work}, options, take_turns_in_order), 0, pieces);
  result.proven = options.shares == 1;
  result.distribution = distribution_of(result.tally, false);
  return result;
}

}  // namespace systole
