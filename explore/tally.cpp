#include "explore/tally.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace systole {

namespace {

/// The highest bit that is set, from 1; 0 for 0.
int bits_of(std::int64_t value) {
  int bits = 0;
  for (; value > 0; value /= 2) ++bits;
  return bits;
}

int level_of(double cost) {
  constexpr double kStep = 1.01;
  return static_cast<int>(std::floor(std::log(cost) / std::log(kStep)));
}

/// Nowhere worse. Of two that are alike, the one whose values come first.
bool beats(const Candidate& a, const Candidate& b) {
  for (std::size_t goal = 0; goal < a.goals.size(); ++goal) {
    if (a.goals[goal] > b.goals[goal]) return false;
  }
  return a.goals != b.goals || a.values <= b.values;
}

}  // namespace

bool same_kind(const std::vector<std::int64_t>& a, const std::vector<std::int64_t>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](std::int64_t one, std::int64_t other) {
    return one == other || bits_of(one) == bits_of(other);
  });
}

void Levels::offer(const Candidate& candidate) {
  if (!wants(candidate.cost)) return;
  std::vector<Candidate>& level = levels_[level_of(candidate.cost)];
  const auto same = std::find_if(level.begin(), level.end(),
                                 [&](const Candidate& known) { return same_kind(known.values, candidate.values); });
  if (same != level.end()) {
    if (!(candidate < *same)) return;
    level.erase(same);
  }
  level.insert(std::lower_bound(level.begin(), level.end(), candidate), candidate);
  if (level.size() > kOfALevel) level.pop_back();
  if (levels_.size() > kLevels) levels_.erase(std::prev(levels_.end()));
}

void Levels::merge(const Levels& other) {
  for (const auto& [level, candidates] : other.levels_) {
    for (const Candidate& candidate : candidates) offer(candidate);
  }
}

bool Levels::wants(double cost) const {
  if (!(cost > 0)) return false;
  const int number = level_of(cost);
  const auto level = levels_.find(number);
  if (level == levels_.end()) return levels_.size() < kLevels || number < levels_.rbegin()->first;
  return level->second.size() < kOfALevel || cost <= level->second.back().cost;
}

std::vector<Candidate> Levels::all() const {
  std::vector<Candidate> all;
  for (const auto& [level, candidates] : levels_) all.insert(all.end(), candidates.begin(), candidates.end());
  return all;
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
  levels.offer(candidate);
  offer_front(candidate);
}

void Tally::offer_front(const Candidate& candidate) {
  if (candidate.goals.empty()) return;
  if (std::any_of(front.begin(), front.end(), [&](const Candidate& known) { return beats(known, candidate); })) return;
  front.erase(
      std::remove_if(front.begin(), front.end(), [&](const Candidate& known) { return beats(candidate, known); }),
      front.end());
  const auto before = [](const Candidate& a, const Candidate& b) { return a.goals < b.goals; };
  front.insert(std::lower_bound(front.begin(), front.end(), candidate, before), candidate);
}

void Tally::merge(const Tally& other) {
  points += other.points;
  for (const auto& [reason, count] : other.unevaluable) unevaluable[reason] += count;
  for (const Candidate& candidate : other.best) offer(candidate);
  for (const Candidate& candidate : other.worst) offer(candidate);
  for (const Candidate& candidate : other.front) offer_front(candidate);
  levels.merge(other.levels);
  costs.insert(costs.end(), other.costs.begin(), other.costs.end());
}

double Tally::bound() const {
  return best.size() < kKept ? std::numeric_limits<double>::infinity() : best.back().cost;
}

}  // namespace systole
