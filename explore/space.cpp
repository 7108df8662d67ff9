#include "explore/space.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>

namespace systole {

namespace {

constexpr std::int64_t kUnbounded = std::numeric_limits<std::int64_t>::max();

/// Sets of axes that budgets tie together.
std::vector<std::vector<std::size_t>> connected(std::size_t axes, const std::vector<SpaceBudget>& budgets) {
  std::vector<std::size_t> leader(axes);
  std::iota(leader.begin(), leader.end(), 0);
  for (const SpaceBudget& budget : budgets) {
    for (const SpaceBudget::Term& term : budget.terms) {
      const std::size_t from = leader[budget.terms.front().axis];
      const std::size_t to = leader[term.axis];
      const auto [low, high] = std::minmax(from, to);
      std::replace(leader.begin(), leader.end(), std::size_t{high}, std::size_t{low});
    }
  }
  std::vector<std::vector<std::size_t>> groups;
  for (std::size_t first = 0; first < axes; ++first) {
    if (leader[first] != first) continue;
    groups.emplace_back();
    for (std::size_t axis = first; axis < axes; ++axis) {
      if (leader[axis] == first) groups.back().push_back(axis);
    }
  }
  return groups;
}

/// Enumerates a group's points axis by axis, and gives up a branch as soon as a budget cannot be met any more.
class Enumeration {
 public:
  Enumeration(const std::vector<SpaceAxis>& axes, const std::vector<SpaceBudget>& budgets,
              const std::vector<std::size_t>& group, std::size_t limit)
      : axes_(axes), group_(group), limit_(limit) {
    for (const SpaceBudget& budget : budgets) {
      const bool here =
          !budget.terms.empty() && std::find(group.begin(), group.end(), budget.terms.front().axis) != group.end();
      if (here) bounds_.push_back(bound_of(budget));
    }
  }

  std::optional<std::vector<Point>> run() {
    Point point(group_.size());
    if (!visit(0, point)) return std::nullopt;
    return std::move(points_);
  }

 private:
  /// A budget with weights by place in the group, and what the places from one on can add at least and at most.
  struct Bound {
    std::vector<std::int64_t> weights;
    std::vector<std::int64_t> least, most;
    std::int64_t at_least, at_most;
    std::int64_t sum;
  };

  Bound bound_of(const SpaceBudget& budget) {
    Bound bound{std::vector<std::int64_t>(group_.size()), {}, {}, budget.at_least, budget.at_most, budget.fixed};
    for (const SpaceBudget::Term& term : budget.terms) {
      bound.weights[static_cast<std::size_t>(std::find(group_.begin(), group_.end(), term.axis) - group_.begin())] +=
          term.weight;
    }
    bound.least.resize(group_.size() + 1);
    bound.most.resize(group_.size() + 1);
    for (std::size_t place = group_.size(); place-- > 0;) {
      const std::vector<std::int64_t>& values = axes_[group_[place]].values;
      bound.least[place] = bound.least[place + 1] + bound.weights[place] * values.front();
      bound.most[place] = bound.most[place + 1] + bound.weights[place] * values.back();
    }
    return bound;
  }

  bool visit(std::size_t place, Point& point) {
    if (place == group_.size()) {
      if (points_.size() >= limit_) return false;
      points_.push_back(point);
      return true;
    }
    const std::vector<std::int64_t>& values = axes_[group_[place]].values;
    for (std::size_t i = 0; i < values.size(); ++i) {
      bool possible = true;
      for (Bound& bound : bounds_) {
        bound.sum += bound.weights[place] * values[i];
        possible = possible && bound.sum + bound.least[place + 1] <= bound.at_most &&
                   bound.sum + bound.most[place + 1] >= bound.at_least;
      }
      point[place] = static_cast<std::uint32_t>(i);
      const bool go_on = !possible || visit(place + 1, point);
      for (Bound& bound : bounds_) bound.sum -= bound.weights[place] * values[i];
      if (!go_on) return false;
    }
    return true;
  }

  const std::vector<SpaceAxis>& axes_;
  const std::vector<std::size_t>& group_;
  std::size_t limit_;
  std::vector<Bound> bounds_;
  std::vector<Point> points_;
};

}  // namespace

DesignSpace::DesignSpace(std::vector<SpaceAxis> axes, std::vector<SpaceBudget> budgets)
    : axes_(std::move(axes)), budgets_(std::move(budgets)), groups_(connected(axes_.size(), budgets_)) {}

std::optional<std::size_t> DesignSpace::axis(const std::string& field) const {
  const auto found =
      std::find_if(axes_.begin(), axes_.end(), [&](const SpaceAxis& axis) { return axis.field == field; });
  if (found == axes_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - axes_.begin());
}

std::optional<std::vector<Point>> DesignSpace::points_of(std::size_t group, std::size_t limit) const {
  return Enumeration(axes_, budgets_, groups_[group], limit).run();
}

std::optional<double> DesignSpace::size(std::size_t limit) const {
  double product = 1;
  for (std::size_t group = 0; group < groups_.size(); ++group) {
    const auto points = points_of(group, limit);
    if (!points) return std::nullopt;
    product *= static_cast<double>(points->size());
  }
  return product;
}

std::int64_t DesignSpace::sum(const SpaceBudget& budget, const Point& point) const {
  std::int64_t total = budget.fixed;
  for (const SpaceBudget::Term& term : budget.terms) total += term.weight * value(point, term.axis);
  return total;
}

bool DesignSpace::meets(const Point& point) const {
  return std::all_of(budgets_.begin(), budgets_.end(), [&](const SpaceBudget& budget) {
    const std::int64_t total = sum(budget, point);
    return total >= budget.at_least && total <= budget.at_most;
  });
}

std::string DesignSpace::nearest_miss() const {
  for (const SpaceBudget& budget : budgets_) {
    const DesignSpace alone(axes_, {budget});
    bool met = true;
    for (std::size_t group = 0; met && group < alone.groups().size(); ++group) {
      met = alone.points_of(group, 1).value_or(std::vector<Point>(1)).size() > 0;
    }
    if (met) continue;
    std::int64_t least = budget.fixed;
    std::int64_t most = budget.fixed;
    for (const SpaceBudget::Term& term : budget.terms) {
      least += term.weight * axes_[term.axis].values.front();
      most += term.weight * axes_[term.axis].values.back();
    }
    const std::string bounds = budget.at_most == kUnbounded ? fmt::format("at least {}", budget.at_least)
                                                            : fmt::format("{} to {}", budget.at_least, budget.at_most);
    if (least > budget.at_most)
      return fmt::format("budget '{}' allows {}, and the smallest sum is {}", budget.name, bounds, least);
    if (most < budget.at_least)
      return fmt::format("budget '{}' wants {}, and the largest sum is {}", budget.name, bounds, most);
    return fmt::format("budget '{}' wants {}, and no sum of the axes' values lies there", budget.name, bounds);
  }
  return "each budget can be met, but not all of them at once";
}

}  // namespace systole
