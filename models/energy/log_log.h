#pragma once

#include <cmath>

namespace systole {

/// A figure of a bank from its capacity: straight lines between the points in log-log scale, continued with their slope
/// beyond the ends. Points have capacity_bytes, rising; there are two at least (check_energy_table). Where `value`
/// never falls from point to point, neither does this.
template <typename Points, typename Value>
double log_log(const Points& points, double bank_bytes, Value value) {
  // The segment that holds the capacity; the first or the last one when it is outside.
  int right = 1;
  while (right + 1 < points.size() && static_cast<double>(points[right].capacity_bytes()) < bank_bytes) ++right;
  const auto& a = points[right - 1];
  const auto& b = points[right];
  const auto log_capacity = [](const auto& p) { return std::log(static_cast<double>(p.capacity_bytes())); };
  const double share = (std::log(bank_bytes) - log_capacity(a)) / (log_capacity(b) - log_capacity(a));
  return (a.*value)() * std::pow((b.*value)() / (a.*value)(), share);
}

}  // namespace systole
