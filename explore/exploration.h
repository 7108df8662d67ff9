#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "explore/search.h"

namespace systole {

/// An allocation that everybody would try without a search, off the axes' values where the budgets' shares are.
struct Baseline {
  std::string name;
  std::vector<std::int64_t> values;  ///< by axis; empty: of the whole space, such as the median
  std::optional<double> cost;
  std::string reason;  ///< why there is no cost
  Measures measures{};
};

/// What the best point costs when one axis takes other values: the neighbouring ones, and some along the whole axis.
struct Sensitivity {
  struct Step {
    std::int64_t value = 0;
    std::optional<double> alone;   ///< the other axes stay, whatever the budgets
    std::optional<double> shared;  ///< the other axes of its budgets share what is left, in their proportions
  };
  std::size_t axis = 0;
  std::optional<double> below;  ///< nothing when the axis ends or the model cannot say
  std::optional<double> above;
  std::vector<Step> steps;  ///< the best's own value among them
};

/// What a search came to.
struct Exploration {
  std::string method;  ///< exhaustive, local
  SearchResult search;
  std::vector<Baseline> baselines;
  std::vector<Sensitivity> sensitivity;
  std::vector<Candidate> machines;  ///< the cheapest of different kinds at each level of cost, with energy and area
};

/// Measures candidates whose energy and area the search had no need of.
void measure(const PointCost& cost, std::vector<Candidate>& candidates);

/// Equal split: every budget's room in equal shares of its axes. Proportions: the machine's own values of them, scaled
/// to the room. Then the median (when it is known) and the worst.
std::vector<Baseline> baselines_of(const LoadedSpace& space, const PointCost& cost, const SearchResult& search);

/// On so many threads.
std::vector<Sensitivity> sensitivity_of(const LoadedSpace& space, const PointCost& cost, const Candidate& best,
                                        int threads);

/// The axes' values by field.
nlohmann::ordered_json values_json(const DesignSpace& space, const std::vector<std::int64_t>& values);

/// summary.json of a search; the best `shown` points.
nlohmann::ordered_json exploration_json(const LoadedSpace& space, const Exploration& exploration, std::size_t shown);

/// The same for the terminal.
std::string exploration_table(const LoadedSpace& space, const Exploration& exploration, std::size_t shown);

}  // namespace systole
