#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "explore/objective.h"

namespace systole {

/// A machine of a space by the values of its axes, and what it costs.
struct Candidate {
  std::vector<std::int64_t> values;
  double cost = 0;
  Measures measures{};
  std::vector<double> goals{};  ///< one an objective, when there are several

  Candidate() = default;
  Candidate(std::vector<std::int64_t> machine, const Evaluated& evaluated)
      : values(std::move(machine)), cost(evaluated.cost), measures(evaluated.measures), goals(evaluated.goals) {}

  /// Cheaper first; equal ones in the order of their values, so that no result depends on who found it first.
  [[nodiscard]] bool operator<(const Candidate& other) const {
    return cost != other.cost ? cost < other.cost : values < other.values;
  }
  [[nodiscard]] bool operator==(const Candidate& other) const { return cost == other.cost && values == other.values; }
};

/// Machines of one kind have each value between the same two powers of two.
bool same_kind(const std::vector<std::int64_t>& a, const std::vector<std::int64_t>& b);

/// The cheapest machines of different kinds at each level of cost, each level 1 % above the one before: what finalists
/// are chosen from, since the very best of a large space hardly differ.
class Levels {
 public:
  void offer(const Candidate& candidate);
  void merge(const Levels& other);
  /// Whether a machine of this cost can enter.
  [[nodiscard]] bool wants(double cost) const;
  /// All of them, the cheapest first.
  [[nodiscard]] std::vector<Candidate> all() const;

 private:
  static constexpr std::size_t kLevels = 40;
  static constexpr std::size_t kOfALevel = 4;
  std::map<int, std::vector<Candidate>> levels_;  ///< the cheapest levels, each with its cheapest first
};

/// What some points of a space came to. Tallies of disjoint sets of points merge in any order to the same result.
struct Tally {
  static constexpr std::size_t kKept = 32;

  double points = 0;                          ///< that have a cost
  std::map<std::string, double> unevaluable;  ///< points that have none, by reason
  std::vector<Candidate> best;                ///< at most kKept, the cheapest first, each once
  std::vector<Candidate> worst;               ///< one, when there is a point
  std::vector<Candidate> front;               ///< of several objectives: what nothing beats in all, by the first goal
  Levels levels;
  std::vector<double> costs;  ///< of every point, where few are counted; in no order

  /// Takes a candidate; `points` is the caller's to count.
  void offer(const Candidate& candidate);
  /// Takes a candidate as one of the front alone, when it has several goals.
  void offer_front(const Candidate& candidate);
  void merge(const Tally& other);
  /// No candidate dearer than this can enter `best`.
  [[nodiscard]] double bound() const;
};

}  // namespace systole
