#include "explore/objective.h"

#include <algorithm>

#include "base/errors.h"

namespace systole {

namespace {

constexpr double kHertzPerMegahertz = 1e6;

std::string joined(const std::vector<config::Objective>& objectives, const char* between,
                   std::string (*text)(config::Objective)) {
  std::string all;
  for (const config::Objective objective : objectives) all += (all.empty() ? "" : between) + text(objective);
  return all;
}

std::string unit_of(config::Objective objective) {
  switch (objective) {
    case config::cycles:
      return "cycles";
    case config::energy:
      return "pJ";
    case config::energy_delay:
      return "pJ s";
    case config::area:
      return "mm2";
  }
  fail_check("explore", "an objective without a unit");
}

std::string name_of(config::Objective objective) {
  return config::Objective_Name(objective);
}

}  // namespace

Objectives::Objectives(const config::Space& space, double clock_mhz) : hertz_(clock_mhz * kHertzPerMegahertz) {
  for (int o = 0; o < space.objective_size(); ++o) wanted_.push_back(space.objective(o));
  if (wanted_.empty()) wanted_.push_back(config::cycles);
}

bool Objectives::needs_prices() const {
  return std::any_of(wanted_.begin(), wanted_.end(), [](config::Objective o) { return o != config::cycles; });
}

bool Objectives::wants(config::Objective objective) const {
  return std::find(wanted_.begin(), wanted_.end(), objective) != wanted_.end();
}

double Objectives::value(config::Objective objective, const Measures& measures) const {
  switch (objective) {
    case config::cycles:
      return measures.cycles;
    case config::energy:
      return measures.energy_pj;
    case config::energy_delay:
      return measures.energy_pj * measures.cycles / hertz_;
    case config::area:
      return measures.area_mm2;
  }
  fail_check("explore", "an objective that no model has");
}

Evaluated Objectives::judge(const Measures& measures) const {
  Evaluated result(1);
  result.measures = measures;
  for (const config::Objective objective : wanted_) {
    const double one = value(objective, measures);
    result.cost *= one;
    if (several()) result.goals.push_back(one);
  }
  return result;
}

std::string Objectives::name() const {
  return joined(wanted_, " x ", name_of);
}

std::string Objectives::unit() const {
  return joined(wanted_, " ", unit_of);
}

}  // namespace systole
