#include "explore/tally.h"

#include <algorithm>
#include <limits>

namespace systole {

namespace {

/// The highest bit that is set, from 1; 0 for 0.
int bits_of(std::int64_t value) {
  int bits = 0;
  for (; value > 0; value /= 2) ++bits;
  return bits;
}

}  // namespace

bool same_kind(const std::vector<std::int64_t>& a, const std::vector<std::int64_t>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](std::int64_t one, std::int64_t other) {
    return one == other || bits_of(one) == bits_of(other);
  });
}

void Tally::offer(const Candidate& candidate) {
  const auto place = std::lower_bound(best.begin(), best.end(), candidate);
  const bool known = place != best.end() && *place == candidate;
  if (!known && (best.size() < kKept || place != best.end())) best.insert(place, candidate);
  if (best.size() > kKept) best.pop_back();
  if (worst.empty()) worst.push_back(candidate);
  if (worst.front().cost < candidate.cost || (worst.front().cost == candidate.cost && candidate < worst.front())) {
    worst.front() = candidate;
  }
  offer_kind(candidate);
}

void Tally::offer_kind(const Candidate& candidate) {
  if (candidate.cost > bound_of_kinds()) return;
  const auto same = std::find_if(kinds.begin(), kinds.end(),
                                 [&](const Candidate& known) { return same_kind(known.values, candidate.values); });
  if (same != kinds.end() && !(candidate < *same)) return;
  if (same != kinds.end()) kinds.erase(same);
  kinds.insert(std::lower_bound(kinds.begin(), kinds.end(), candidate), candidate);
  if (kinds.size() > kKinds) kinds.pop_back();
}

void Tally::merge(const Tally& other) {
  points += other.points;
  for (const auto& [reason, count] : other.unevaluable) unevaluable[reason] += count;
  for (const Candidate& candidate : other.best) offer(candidate);
  for (const Candidate& candidate : other.worst) offer(candidate);
  for (const Candidate& candidate : other.kinds) offer_kind(candidate);
  costs.insert(costs.end(), other.costs.begin(), other.costs.end());
}

double Tally::bound() const {
  return best.size() < kKept ? std::numeric_limits<double>::infinity() : best.back().cost;
}

double Tally::bound_of_kinds() const {
  return kinds.size() < kKinds ? std::numeric_limits<double>::infinity() : kinds.back().cost;
}

}  // namespace systole
