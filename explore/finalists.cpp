#include "explore/finalists.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace systole {

namespace {

using Json = nlohmann::ordered_json;

/// No field of one is twice that of the other.
bool are_alike(const std::vector<std::int64_t>& a, const std::vector<std::int64_t>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), [](std::int64_t one, std::int64_t other) {
    return one == other || (one < 2 * other && other < 2 * one);
  });
}

Json optional_json(const std::optional<double>& number) {
  return number ? Json(*number) : Json(nullptr);
}

Json cycles_json(const std::optional<Evaluated>& result) {
  return result ? Json(result->measures.cycles) : Json(nullptr);
}

Json cost_json(const std::optional<Evaluated>& result) {
  return result ? Json(result->cost) : Json(nullptr);
}

/// How the order of finalists by a model compares with the order by simulation.
std::optional<double> tau_of(const MemoryFinals& finals, bool corrected) {
  std::vector<double> model;
  std::vector<double> simulated;
  for (std::size_t i = 0; i < finals.contenders.size(); ++i) {
    const CycleLevel& result = finals.results[i];
    if (!finals.contenders[i].finalist || !result.simulated) continue;
    model.push_back(corrected ? result.corrected->cost : finals.contenders[i].analytical.cost);
    simulated.push_back(result.simulated->cost);
  }
  return kendall_tau(model, simulated);
}

std::string times(const std::optional<double>& factor) {
  return factor ? fmt::format("{:.3f} x", *factor) : "none";
}

std::string tau_text(const std::optional<double>& tau) {
  return tau ? fmt::format("{:.2f}", *tau) : "none (all alike)";
}

}  // namespace

std::string finalist_name(std::size_t number) {
  return number == 0 ? "best" : fmt::format("finalist {}", number + 1);
}

std::vector<Contender> pool_of(const Exploration& exploration) {
  std::vector<Contender> pool;
  const auto add = [&](const Candidate& machine) {
    Evaluated evaluated(machine.cost);
    evaluated.measures = machine.measures;
    pool.push_back({"", machine.values, evaluated, true});
  };
  const Candidate& best = exploration.search.tally.best.front();
  add(best);
  for (const Candidate& machine : exploration.machines) {
    if (machine.values != best.values) add(machine);
  }
  return pool;
}

std::vector<std::size_t> choose_finalists(const std::vector<Contender>& pool,
                                          const std::vector<std::optional<double>>& costs, std::size_t count) {
  std::vector<std::size_t> order;
  for (std::size_t place = 1; place < pool.size(); ++place) {
    if (costs[place]) order.push_back(place);
  }
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return *costs[a] < *costs[b]; });
  constexpr int kResolution = 20;  // thousandths: what the corrected model's totals on a DRAM are accurate to
  std::vector<std::size_t> chosen;
  for (int thousandths = kResolution; thousandths > 0 && chosen.size() < count; --thousandths) {
    const double step = 1 + thousandths / 1000.0;
    const auto is_apart = [&](std::size_t place, std::size_t known) {
      const bool same_cost =
          costs[known] && std::max(*costs[place], *costs[known]) < step * std::min(*costs[place], *costs[known]);
      return !same_cost && !are_alike(pool[place].values, pool[known].values);
    };
    std::vector<std::size_t> apart{0};
    for (const std::size_t place : order) {
      if (apart.size() == count) break;
      if (std::all_of(apart.begin(), apart.end(), [&](std::size_t known) { return is_apart(place, known); })) {
        apart.push_back(place);
      }
    }
    if (apart.size() > chosen.size()) chosen = apart;
  }
  return chosen;
}

std::vector<Contender> spread_over_front(const std::vector<Candidate>& front, std::size_t count) {
  std::vector<Contender> spread;
  const std::size_t taken = std::min(count, front.size());
  for (std::size_t i = 0; i < taken; ++i) {
    const std::size_t place = taken > 1 ? i * (front.size() - 1) / (taken - 1) : 0;
    Evaluated evaluated(front[place].cost);
    evaluated.measures = front[place].measures;
    spread.push_back({fmt::format("front {} of {}", place + 1, front.size()), front[place].values, evaluated, true});
  }
  return spread;
}

std::vector<Contender> plain_contenders(const LoadedSpace& space, const Exploration& exploration) {
  std::vector<Contender> contenders;
  for (const Baseline& baseline : exploration.baselines) {
    if (!baseline.cost || baseline.values.empty()) continue;
    Evaluated evaluated(*baseline.cost);
    evaluated.measures = baseline.measures;
    contenders.push_back({baseline.name, in_whole_banks(space, baseline.values), evaluated, false});
  }
  return contenders;
}

std::optional<double> kendall_tau(const std::vector<double>& a, const std::vector<double>& b) {
  double agreement = 0;
  double different_a = 0;
  double different_b = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (std::size_t j = i + 1; j < a.size(); ++j) {
      const int order_a = (a[i] > a[j]) - (a[i] < a[j]);
      const int order_b = (b[i] > b[j]) - (b[i] < b[j]);
      agreement += order_a * order_b;
      different_a += order_a * order_a;
      different_b += order_b * order_b;
    }
  }
  if (different_a == 0 || different_b == 0) return std::nullopt;
  return agreement / std::sqrt(different_a * different_b);
}

std::optional<double> Gain::remains() const {
  if (!simulated || analytical == 1) return std::nullopt;
  return (*simulated - 1) / (analytical - 1);
}

std::vector<Gain> gains_of(const MemoryFinals& finals) {
  const std::vector<Contender>& contenders = finals.contenders;
  std::optional<double> quickest;
  for (std::size_t i = 0; i < contenders.size(); ++i) {
    const std::optional<Evaluated>& simulated = finals.results[i].simulated;
    if (contenders[i].finalist && simulated) quickest = std::min(simulated->cost, quickest.value_or(simulated->cost));
  }
  std::vector<Gain> gains;
  for (std::size_t i = 0; i < contenders.size(); ++i) {
    if (contenders[i].finalist) continue;
    Gain gain{contenders[i].name, contenders[i].analytical.cost / contenders.front().analytical.cost, {}, {}};
    const std::optional<Evaluated>& plain = finals.results[i].simulated;
    const std::optional<Evaluated>& best = finals.results.front().simulated;
    if (plain && best) gain.simulated = plain->cost / best->cost;
    if (plain && quickest) gain.quickest = plain->cost / *quickest;
    gains.push_back(gain);
  }
  return gains;
}

Json finals_json(const DesignSpace& space, const std::vector<MemoryFinals>& finals) {
  Json json = Json::array();
  for (const MemoryFinals& memory : finals) {
    Json machines = Json::array();
    for (std::size_t i = 0; i < memory.contenders.size(); ++i) {
      const Contender& contender = memory.contenders[i];
      const CycleLevel& result = memory.results[i];
      Json row = {{"name", contender.name},
                  {"finalist", contender.finalist},
                  {"values", values_json(space, contender.values)},
                  {"analytical_cycles", contender.analytical.measures.cycles},
                  {"corrected_cycles", cycles_json(result.corrected)},
                  {"simulated_cycles", cycles_json(result.simulated)},
                  {"analytical_cost", contender.analytical.cost},
                  {"corrected_cost", cost_json(result.corrected)},
                  {"simulated_cost", cost_json(result.simulated)}};
      if (result.corrected) row["corrected_energy_pj"] = result.corrected->measures.energy_pj;
      if (result.simulated) row["energy_pj"] = result.simulated->measures.energy_pj;
      if (result.simulated && result.simulated->measures.area_mm2 > 0)
        row["area_mm2"] = result.simulated->measures.area_mm2;
      if (!result.simulated) row["reason"] = result.reason;
      machines.push_back(std::move(row));
    }
    Json gains = Json::array();
    for (const Gain& gain : gains_of(memory)) {
      gains.push_back({{"over", gain.over},
                       {"analytical", gain.analytical},
                       {"simulated", optional_json(gain.simulated)},
                       {"remains", optional_json(gain.remains())},
                       {"simulated_of_quickest", optional_json(gain.quickest)}});
    }
    json.push_back(
        {{"memory", memory.memory},
         {"kendall_tau",
          {{"corrected", optional_json(tau_of(memory, true))}, {"analytical", optional_json(tau_of(memory, false))}}},
         {"machines", std::move(machines)},
         {"gains", std::move(gains)}});
  }
  return json;
}

std::string finals_table(const std::vector<MemoryFinals>& finals, const Objectives& objectives) {
  std::string text;
  const char* format = objectives.needs_prices() ? "{:>16.6g}" : "{:>16.0f}";
  for (const MemoryFinals& memory : finals) {
    text += fmt::format("\nat cycle level, memory {}, {} in {}\n  {:<34}{:>16}{:>16}{:>16}{:>16}{:>14}\n",
                        memory.memory, objectives.name(), objectives.unit(), "", "search's model", "corrected",
                        "simulated", "cycles", "energy, mJ");
    for (std::size_t i = 0; i < memory.contenders.size(); ++i) {
      const Contender& contender = memory.contenders[i];
      const CycleLevel& result = memory.results[i];
      text += fmt::format("  {:<34}", contender.name) + fmt::format(format, contender.analytical.cost);
      if (!result.simulated) {
        text += "  none: " + result.reason + "\n";
        continue;
      }
      text += fmt::format(format, result.corrected->cost) + fmt::format(format, result.simulated->cost) +
              fmt::format("{:>16.0f}{:>14.3f}\n", result.simulated->measures.cycles,
                          result.simulated->measures.energy_pj * 1e-9);
    }
    const auto finalists = std::count_if(memory.contenders.begin(), memory.contenders.end(),
                                         [](const Contender& contender) { return contender.finalist; });
    text += fmt::format(
        "  {} finalists; Kendall's tau of their order to that by simulation: corrected model {}, search's model {}\n",
        finalists, tau_text(tau_of(memory, true)), tau_text(tau_of(memory, false)));
    for (const Gain& gain : gains_of(memory)) {
      const std::optional<double> remains = gain.remains();
      text += fmt::format("  {} / best: {} by the search's model, {} simulated{}; {} against the best finalist\n",
                          gain.over, times(gain.analytical), times(gain.simulated),
                          remains ? fmt::format(" ({:.0f} % of the gain remain)", 100 * *remains) : "",
                          times(gain.quickest));
    }
  }
  return text;
}

}  // namespace systole
