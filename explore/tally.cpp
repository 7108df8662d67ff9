#include "explore/tally.h"

#include <algorithm>
#include <limits>

namespace systole {

void Tally::offer(const Candidate& candidate) {
  const auto place = std::lower_bound(best.begin(), best.end(), candidate);
  const bool known = place != best.end() && *place == candidate;
  if (!known && (best.size() < kKept || place != best.end())) best.insert(place, candidate);
  if (best.size() > kKept) best.pop_back();
  if (worst.empty()) worst.push_back(candidate);
  if (worst.front().cost < candidate.cost || (worst.front().cost == candidate.cost && candidate < worst.front())) {
    worst.front() = candidate;
  }
}

void Tally::merge(const Tally& other) {
  points += other.points;
  for (const auto& [reason, count] : other.unevaluable) unevaluable[reason] += count;
  for (const Candidate& candidate : other.best) offer(candidate);
  for (const Candidate& candidate : other.worst) offer(candidate);
  costs.insert(costs.end(), other.costs.begin(), other.costs.end());
}

double Tally::bound() const {
  return best.size() < kKept ? std::numeric_limits<double>::infinity() : best.back().cost;
}

}  // namespace systole
