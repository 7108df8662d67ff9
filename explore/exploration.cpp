#include "explore/exploration.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "configs/override.h"

namespace systole {

namespace {

using Json = nlohmann::ordered_json;

/// What a budget leaves to its axes, in its own unit.
std::int64_t room_of(const SpaceBudget& budget) {
  return budget.at_most - budget.fixed;
}

bool is_bounded(const SpaceBudget& budget) {
  return budget.at_most < std::numeric_limits<std::int64_t>::max() && !budget.terms.empty();
}

/// Shares lie between the axes' values; sizes and widths of a machine are whole bytes.
std::int64_t rounded_down(std::int64_t value) {
  return value / 8 * 8;
}

std::vector<std::int64_t> machine_values(const LoadedSpace& space) {
  std::vector<std::int64_t> values;
  for (const SpaceAxis& axis : space.design.axes()) values.push_back(number_at(axis.field, space.machine));
  return values;
}

Baseline equal_split(const LoadedSpace& space) {
  Baseline baseline{"equal split", machine_values(space), {}, ""};
  for (const SpaceBudget& budget : space.design.budgets()) {
    if (!is_bounded(budget)) continue;
    for (const SpaceBudget::Term& term : budget.terms) {
      const auto shares = static_cast<std::int64_t>(budget.terms.size()) * term.weight;
      baseline.values[term.axis] = rounded_down(room_of(budget) / shares);
    }
  }
  return baseline;
}

Baseline proportions(const LoadedSpace& space) {
  Baseline baseline{"proportions of " + space.machine.name(), machine_values(space), {}, ""};
  const std::vector<std::int64_t> own = baseline.values;
  for (const SpaceBudget& budget : space.design.budgets()) {
    if (!is_bounded(budget)) continue;
    double spent = 0;
    for (const SpaceBudget::Term& term : budget.terms) spent += static_cast<double>(term.weight * own[term.axis]);
    for (const SpaceBudget::Term& term : budget.terms) {
      const double share = static_cast<double>(own[term.axis]) / spent;
      baseline.values[term.axis] =
          rounded_down(static_cast<std::int64_t>(share * static_cast<double>(room_of(budget))));
    }
  }
  return baseline;
}

Json optional_json(const std::optional<double>& number) {
  return number ? Json(*number) : Json(nullptr);
}

}  // namespace

Json values_json(const DesignSpace& space, const std::vector<std::int64_t>& values) {
  Json json = Json::object();
  for (std::size_t axis = 0; axis < values.size(); ++axis) json[space.axes()[axis].field] = values[axis];
  return json;
}

std::vector<Baseline> baselines_of(const LoadedSpace& space, const PointCost& cost, const SearchResult& search) {
  std::vector<Baseline> baselines{equal_split(space), proportions(space)};
  for (Baseline& baseline : baselines) {
    if (space.space.model() == config::systole) baseline.values = in_whole_banks(space, baseline.values);
    baseline.cost = cost(baseline.values, baseline.reason);
  }
  if (search.median) baselines.push_back({"median", {}, search.median, ""});
  for (const Candidate& worst : search.tally.worst) {
    baselines.push_back({search.proven ? "worst" : "worst seen", worst.values, worst.cost, ""});
  }
  return baselines;
}

std::vector<Sensitivity> sensitivity_of(const DesignSpace& space, const PointCost& cost, const Candidate& best) {
  std::vector<Sensitivity> all;
  for (std::size_t axis = 0; axis < space.axes().size(); ++axis) {
    const std::vector<std::int64_t>& values = space.axes()[axis].values;
    const auto at = std::find(values.begin(), values.end(), best.values[axis]);
    const auto with = [&](std::int64_t value) {
      std::vector<std::int64_t> changed = best.values;
      changed[axis] = value;
      std::string reason;
      return cost(changed, reason);
    };
    Sensitivity one{axis, {}, {}};
    if (at != values.begin()) one.below = with(*std::prev(at));
    if (std::next(at) != values.end()) one.above = with(*std::next(at));
    all.push_back(one);
  }
  return all;
}

Json exploration_json(const LoadedSpace& space, const Exploration& exploration, std::size_t shown) {
  const Tally& tally = exploration.search.tally;
  Json best = Json::array();
  for (std::size_t i = 0; i < std::min(shown, tally.best.size()); ++i) {
    best.push_back({{"cycles", tally.best[i].cost}, {"values", values_json(space.design, tally.best[i].values)}});
  }
  Json baselines = Json::array();
  for (const Baseline& baseline : exploration.baselines) {
    Json row = {{"name", baseline.name}, {"cycles", optional_json(baseline.cost)}};
    if (baseline.cost) row["times_best"] = *baseline.cost / tally.best.front().cost;
    if (!baseline.values.empty()) row["values"] = values_json(space.design, baseline.values);
    if (!baseline.cost) row["reason"] = baseline.reason;
    baselines.push_back(row);
  }
  Json sensitivity = Json::object();
  for (const Sensitivity& one : exploration.sensitivity) {
    sensitivity[space.design.axes()[one.axis].field] = {{"one_value_less", optional_json(one.below)},
                                                        {"one_value_more", optional_json(one.above)}};
  }
  return {{"schema", 1},
          {"engine", "explore"},
          {"space", space.space.name()},
          {"hardware", space.machine.name()},
          {"model", config::SearchModel_Name(space.space.model())},
          {"method", exploration.method},
          {"proven", exploration.search.proven},
          {"points", tally.points},
          {"unevaluable", tally.unevaluable},
          {"best", best},
          {"baselines", baselines},
          {"sensitivity", sensitivity}};
}

std::string exploration_table(const LoadedSpace& space, const Exploration& exploration, std::size_t shown) {
  const Tally& tally = exploration.search.tally;
  std::string text = fmt::format("{} with the {} model, {} search: {:.0f} points{}\n\n", space.space.name(),
                                 config::SearchModel_Name(space.space.model()), exploration.method, tally.points,
                                 exploration.search.proven ? ", all of the space" : "");
  for (const SpaceAxis& axis : space.design.axes())
    text += fmt::format("{:>12}", axis.field.substr(axis.field.find('.') + 1));
  text += fmt::format("{:>18}{:>10}\n", "cycles", "x best");
  const auto row = [&](const std::vector<std::int64_t>& values, const std::optional<double>& cost,
                       const std::string& name) {
    for (std::size_t axis = 0; axis < space.design.axes().size(); ++axis) {
      text += values.empty() ? fmt::format("{:>12}", "") : fmt::format("{:>12}", values[axis]);
    }
    text += cost ? fmt::format("{:>18.2f}{:>10.3f}", *cost, *cost / tally.best.front().cost)
                 : fmt::format("{:>28}", "none");
    text += "  " + name + "\n";
  };
  for (std::size_t i = 0; i < std::min(shown, tally.best.size()); ++i)
    row(tally.best[i].values, tally.best[i].cost, i == 0 ? "best" : "");
  text += "\n";
  for (const Baseline& baseline : exploration.baselines) {
    row(baseline.values, baseline.cost, baseline.cost ? baseline.name : baseline.name + ": " + baseline.reason);
  }
  if (!tally.unevaluable.empty()) text += "\npoints that the model cannot cost:\n";
  for (const auto& [reason, count] : tally.unevaluable) text += fmt::format("{:>14.0f}  {}\n", count, reason);
  return text;
}

}  // namespace systole
