#include "explore/exploration.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "configs/override.h"
#include "explore/turns.h"

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
  Baseline baseline{"equal split", machine_values(space), {}, "", {}};
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
  Baseline baseline{"proportions of " + space.machine.name(), machine_values(space), {}, "", {}};
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

/// At most about kSteps values along an axis, its ends and `own` among them.
std::vector<std::int64_t> some_of(const std::vector<std::int64_t>& values, std::int64_t own) {
  constexpr std::size_t kSteps = 15;
  std::vector<std::int64_t> some{own, values.front(), values.back()};
  const std::size_t every = (values.size() + kSteps - 1) / kSteps;
  for (std::size_t i = 0; i < values.size(); i += every) some.push_back(values[i]);
  std::sort(some.begin(), some.end());
  some.erase(std::unique(some.begin(), some.end()), some.end());
  return some;
}

/// The values with one axis changed; the other axes of its budgets shrink or grow together so that the sums stay.
/// Empty when nothing would be left for them.
std::vector<std::int64_t> sharing(const LoadedSpace& space, const std::vector<std::int64_t>& values, std::size_t axis,
                                  std::int64_t value) {
  std::vector<std::int64_t> changed = values;
  changed[axis] = value;
  if (value == values[axis]) return changed;
  for (const SpaceBudget& budget : space.design.budgets()) {
    double before = 0;
    double after = 0;
    for (const SpaceBudget::Term& term : budget.terms) {
      const auto weight = static_cast<double>(term.weight);
      if (term.axis != axis) before += weight * static_cast<double>(values[term.axis]);
      if (term.axis == axis) after += weight * static_cast<double>(values[axis] - value);
    }
    if (before == 0 || after == 0) continue;
    for (const SpaceBudget::Term& term : budget.terms) {
      if (term.axis == axis) continue;
      const double share = static_cast<double>(values[term.axis]) * (before + after) / before;
      changed[term.axis] = rounded_down(static_cast<std::int64_t>(share));
      if (changed[term.axis] <= 0) return {};
    }
  }
  return space.space.model() == config::systole ? in_whole_banks(space, changed) : changed;
}

Json optional_json(const std::optional<double>& number) {
  return number ? Json(*number) : Json(nullptr);
}

Json budget_json(const DesignSpace& space, const SpaceBudget& budget) {
  Json terms = Json::array();
  for (const SpaceBudget::Term& term : budget.terms) {
    terms.push_back({{"field", space.axes()[term.axis].field}, {"weight", term.weight}});
  }
  return {{"name", budget.name},
          {"at_least", budget.at_least},
          {"at_most", is_bounded(budget) ? Json(budget.at_most) : Json(nullptr)},
          {"fixed", budget.fixed},
          {"terms", std::move(terms)}};
}

Json distribution_json(const std::optional<Distribution>& distribution) {
  if (!distribution) return nullptr;
  return {{"points", distribution->points}, {"sampled", distribution->sampled}, {"median", distribution->median},
          {"low", distribution->low},       {"high", distribution->high},       {"bars", distribution->bars}};
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
    if (const auto found = cost(baseline.values, baseline.reason)) {
      baseline.cost = found->cost;
      baseline.measures = found->measures;
    }
  }
  if (search.distribution) {
    const std::string name = search.distribution->sampled
                                 ? fmt::format("median of {:.0f} random points", search.distribution->points)
                                 : std::string("median");
    baselines.push_back({name, {}, search.distribution->median, "", {}});
  }
  for (const Candidate& worst : search.tally.worst) {
    baselines.push_back({search.proven ? "worst" : "worst seen", worst.values, worst.cost, "", worst.measures});
  }
  return baselines;
}

void measure(const PointCost& cost, std::vector<Candidate>& candidates) {
  std::string reason;
  for (Candidate& candidate : candidates) {
    if (candidate.measures.energy_pj > 0) continue;
    if (const auto found = cost(candidate.values, reason)) candidate.measures = found->measures;
  }
}

std::vector<Sensitivity> sensitivity_of(const LoadedSpace& space, const PointCost& cost, const Candidate& best,
                                        int threads) {
  std::vector<Sensitivity> all(space.design.axes().size());
  take_turns_in_order(threads, all.size(), [&](std::size_t axis, int) {
    std::string reason;
    const std::vector<std::int64_t>& values = space.design.axes()[axis].values;
    const auto at = std::find(values.begin(), values.end(), best.values[axis]);
    const auto costed = [&](const std::vector<std::int64_t>& machine) -> std::optional<double> {
      const auto found = cost(machine, reason);
      return found ? std::optional<double>(found->cost) : std::nullopt;
    };
    const auto with = [&](std::int64_t value) {
      std::vector<std::int64_t> changed = best.values;
      changed[axis] = value;
      return costed(changed);
    };
    Sensitivity& one = all[axis];
    one.axis = axis;
    if (at != values.begin()) one.below = with(*std::prev(at));
    if (std::next(at) != values.end()) one.above = with(*std::next(at));
    for (const std::int64_t value : some_of(values, *at)) {
      const std::vector<std::int64_t> shared = sharing(space, best.values, axis, value);
      one.steps.push_back({value, with(value), shared.empty() ? std::nullopt : costed(shared)});
    }
  });
  return all;
}

Json exploration_json(const LoadedSpace& space, const Exploration& exploration, std::size_t shown) {
  const Tally& tally = exploration.search.tally;
  const Objectives objectives = objectives_of(space);
  const auto machine_json = [&](const Candidate& machine) {
    Json row = {{"cost", machine.cost}, {"cycles", machine.measures.cycles}, {"energy_pj", machine.measures.energy_pj}};
    if (machine.measures.area_mm2 > 0) row["area_mm2"] = machine.measures.area_mm2;
    row["values"] = values_json(space.design, machine.values);
    return row;
  };
  Json best = Json::array();
  for (std::size_t i = 0; i < std::min(shown, tally.best.size()); ++i) best.push_back(machine_json(tally.best[i]));
  Json front = Json::array();
  for (const Candidate& machine : tally.front) front.push_back(machine_json(machine));
  Json machines = Json::array();
  for (const Candidate& machine : exploration.machines) machines.push_back(machine_json(machine));
  Json baselines = Json::array();
  for (const Baseline& baseline : exploration.baselines) {
    Json row = {{"name", baseline.name}, {"cost", optional_json(baseline.cost)}};
    if (baseline.measures.cycles > 0) row["cycles"] = baseline.measures.cycles;
    if (baseline.measures.energy_pj > 0) row["energy_pj"] = baseline.measures.energy_pj;
    if (baseline.measures.area_mm2 > 0) row["area_mm2"] = baseline.measures.area_mm2;
    if (baseline.cost) row["times_best"] = *baseline.cost / tally.best.front().cost;
    if (!baseline.values.empty()) row["values"] = values_json(space.design, baseline.values);
    if (!baseline.cost) row["reason"] = baseline.reason;
    baselines.push_back(row);
  }
  Json sensitivity = Json::object();
  for (const Sensitivity& one : exploration.sensitivity) {
    Json steps = Json::array();
    for (const Sensitivity::Step& step : one.steps) {
      steps.push_back({{"value", step.value},
                       {"others_stay", optional_json(step.alone)},
                       {"within_budgets", optional_json(step.shared)}});
    }
    sensitivity[space.design.axes()[one.axis].field] = {{"one_value_less", optional_json(one.below)},
                                                        {"one_value_more", optional_json(one.above)},
                                                        {"steps", std::move(steps)}};
  }
  Json budgets = Json::array();
  for (const SpaceBudget& budget : space.design.budgets()) budgets.push_back(budget_json(space.design, budget));
  Json workloads = Json::array();
  for (const config::Workload& workload : space.space.workload()) {
    workloads.push_back(fmt::format("{} {}batch {}{}", workload.network(),
                                    workload.mode() == config::training ? "training " : "", workload.batch(),
                                    workload.weight() == 1 ? "" : fmt::format(" weight {}", workload.weight())));
  }
  return {{"schema", 1},
          {"engine", "explore"},
          {"space", space.space.name()},
          {"hardware", space.machine.name()},
          {"memory", space.machine.memory_description().name()},
          {"workloads", workloads},
          {"budgets", budgets},
          {"model", config::SearchModel_Name(space.space.model())},
          {"objective",
           {{"name", objectives.name()},
            {"unit", objectives.unit()},
            {"several", objectives.several()},
            {"wants_area", objectives.wants(config::area)}}},
          {"method", exploration.method},
          {"proven", exploration.search.proven},
          {"points", tally.points},
          {"unevaluable", tally.unevaluable},
          {"distribution", distribution_json(exploration.search.distribution)},
          {"best", best},
          {"front", front},
          {"machines", machines},
          {"baselines", baselines},
          {"sensitivity", sensitivity}};
}

std::string exploration_table(const LoadedSpace& space, const Exploration& exploration, std::size_t shown) {
  const Tally& tally = exploration.search.tally;
  const std::string memory = space.space.model() == config::systole  // the published model knows of none
                                 ? " and memory " + space.machine.memory_description().name()
                                 : "";
  std::string text = fmt::format("{} with the {} model{}, {} search: {:.0f} points{}\n\n", space.space.name(),
                                 config::SearchModel_Name(space.space.model()), memory, exploration.method,
                                 tally.points, exploration.search.proven ? ", all of the space" : "");
  for (const SpaceAxis& axis : space.design.axes())
    text += fmt::format("{:>12}", axis.field.substr(axis.field.find('.') + 1));
  const Objectives objectives = objectives_of(space);
  const bool priced = objectives.needs_prices();
  text += fmt::format("{:>18}{:>10}", priced ? objectives.unit() : objectives.name(), "x best");
  if (priced) text += fmt::format("{:>16}{:>14}{:>12}", "cycles", "energy, mJ", "area, mm2");
  text += "\n";
  const auto row = [&](const std::vector<std::int64_t>& values, const std::optional<double>& cost,
                       const std::string& name, const Measures& measures) {
    for (std::size_t axis = 0; axis < space.design.axes().size(); ++axis) {
      text += values.empty() ? fmt::format("{:>12}", "") : fmt::format("{:>12}", values[axis]);
    }
    text +=
        cost ? fmt::format(priced ? "{:>18.6g}{:>10.3f}" : "{:>18.2f}{:>10.3f}", *cost, *cost / tally.best.front().cost)
             : fmt::format("{:>28}", "none");
    if (priced)
      text += measures.cycles > 0
                  ? fmt::format("{:>16.0f}{:>14.3f}{:>12}", measures.cycles, measures.energy_pj * 1e-9,
                                measures.area_mm2 > 0 ? fmt::format("{:.3f}", measures.area_mm2) : "none")
                  : fmt::format("{:>42}", "");
    text += "  " + name + "\n";
  };
  for (std::size_t i = 0; i < std::min(shown, tally.best.size()); ++i)
    row(tally.best[i].values, tally.best[i].cost, i == 0 ? "best" : "", tally.best[i].measures);
  text += "\n";
  for (const Baseline& baseline : exploration.baselines) {
    row(baseline.values, baseline.cost, baseline.cost ? baseline.name : baseline.name + ": " + baseline.reason,
        baseline.measures);
  }
  if (!tally.front.empty()) {
    text += fmt::format("\nPareto front{}: {} machines; the first is the best in {}\n",
                        exploration.search.proven ? "" : " of what was costed, not proven", tally.front.size(),
                        config::Objective_Name(space.space.objective(0)));
  }
  for (std::size_t i = 0; i < tally.front.size(); i += (tally.front.size() + shown - 1) / shown) {
    row(tally.front[i].values, tally.front[i].cost, fmt::format("front {} of {}", i + 1, tally.front.size()),
        tally.front[i].measures);
  }
  if (!tally.unevaluable.empty()) text += "\npoints that the model cannot cost:\n";
  for (const auto& [reason, count] : tally.unevaluable) text += fmt::format("{:>14.0f}  {}\n", count, reason);
  return text;
}

}  // namespace systole
