#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace systole {

/// A machine of a space by the values of its axes, and what it costs.
struct Candidate {
  std::vector<std::int64_t> values;
  double cost = 0;

  /// Cheaper first; equal ones in the order of their values, so that no result depends on who found it first.
  [[nodiscard]] bool operator<(const Candidate& other) const {
    return cost != other.cost ? cost < other.cost : values < other.values;
  }
  [[nodiscard]] bool operator==(const Candidate& other) const { return cost == other.cost && values == other.values; }
};

/// Machines of one kind have each value between the same two powers of two.
bool same_kind(const std::vector<std::int64_t>& a, const std::vector<std::int64_t>& b);

/// What some points of a space came to. Tallies of disjoint sets of points merge in any order to the same result.
struct Tally {
  static constexpr std::size_t kKept = 32;
  static constexpr std::size_t kKinds = 256;

  double points = 0;                          ///< that have a cost
  std::map<std::string, double> unevaluable;  ///< points that have none, by reason
  std::vector<Candidate> best;                ///< at most kKept, the cheapest first, each once
  std::vector<Candidate> kinds;               ///< the cheapest of each kind, of at most kKinds, the cheapest first
  std::vector<Candidate> worst;               ///< one, when there is a point
  std::vector<double> costs;                  ///< of every point, where few are counted; in no order

  /// Takes a candidate; `points` is the caller's to count.
  void offer(const Candidate& candidate);
  void merge(const Tally& other);
  /// Takes a candidate as one of its kind alone: for those that cannot be among the best.
  void offer_kind(const Candidate& candidate);
  /// No candidate dearer than this can enter `best`.
  [[nodiscard]] double bound() const;
  /// .. and no dearer than this `kinds`.
  [[nodiscard]] double bound_of_kinds() const;
};

}  // namespace systole
