#include "explore/finalists.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace systole {

namespace {

using Json = nlohmann::ordered_json;

/// The first is the best point; the others are not numbers 2, 3, .. of the ranking.
std::string finalist_name(std::size_t number) {
  return number == 0 ? "best" : fmt::format("finalist {}", number + 1);
}

/// No field of one is twice that of the other.
bool are_alike(const std::vector<std::int64_t>& a, const std::vector<std::int64_t>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), [](std::int64_t one, std::int64_t other) {
    return one == other || (one < 2 * other && other < 2 * one);
  });
}

Json optional_json(const std::optional<double>& number) {
  return number ? Json(*number) : Json(nullptr);
}

/// How the order of finalists by a model compares with the order by simulation.
std::optional<double> tau_of(const std::vector<Contender>& contenders, const MemoryFinals& finals, bool corrected) {
  std::vector<double> model;
  std::vector<double> simulated;
  for (std::size_t i = 0; i < contenders.size(); ++i) {
    const CycleLevel& result = finals.results[i];
    if (!contenders[i].finalist || !result.simulated) continue;
    model.push_back(corrected ? *result.corrected : contenders[i].analytical);
    simulated.push_back(*result.simulated);
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

std::vector<Contender> contenders_of(const LoadedSpace& space, const Exploration& exploration, std::size_t count) {
  std::vector<Contender> contenders;
  for (const Candidate& candidate : exploration.search.tally.kinds) {
    if (contenders.size() == count) break;
    const bool alike = std::any_of(contenders.begin(), contenders.end(),
                                   [&](const Contender& known) { return are_alike(known.values, candidate.values); });
    if (alike) continue;
    contenders.push_back({finalist_name(contenders.size()), candidate.values, candidate.cost, true});
  }
  for (const Baseline& baseline : exploration.baselines) {
    if (baseline.cost && !baseline.values.empty()) {
      contenders.push_back({baseline.name, in_whole_banks(space, baseline.values), *baseline.cost, false});
    }
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

std::vector<Gain> gains_of(const std::vector<Contender>& contenders, const MemoryFinals& finals) {
  std::optional<double> quickest;
  for (std::size_t i = 0; i < contenders.size(); ++i) {
    const std::optional<double>& cycles = finals.results[i].simulated;
    if (contenders[i].finalist && cycles) quickest = std::min(*cycles, quickest.value_or(*cycles));
  }
  std::vector<Gain> gains;
  for (std::size_t i = 0; i < contenders.size(); ++i) {
    if (contenders[i].finalist) continue;
    Gain gain{contenders[i].name, contenders[i].analytical / contenders.front().analytical, {}, {}};
    const std::optional<double>& cycles = finals.results[i].simulated;
    const std::optional<double>& best = finals.results.front().simulated;
    if (cycles && best) gain.simulated = *cycles / *best;
    if (cycles && quickest) gain.quickest = *cycles / *quickest;
    gains.push_back(gain);
  }
  return gains;
}

Json finals_json(const DesignSpace& space, const Finals& finals) {
  Json json = Json::array();
  for (const MemoryFinals& memory : finals.memories) {
    Json machines = Json::array();
    for (std::size_t i = 0; i < finals.contenders.size(); ++i) {
      const Contender& contender = finals.contenders[i];
      const CycleLevel& result = memory.results[i];
      Json row = {{"name", contender.name},
                  {"finalist", contender.finalist},
                  {"values", values_json(space, contender.values)},
                  {"analytical_cycles", contender.analytical},
                  {"corrected_cycles", optional_json(result.corrected)},
                  {"simulated_cycles", optional_json(result.simulated)}};
      if (result.simulated) row["energy_pj"] = result.energy_pj;
      if (!result.simulated) row["reason"] = result.reason;
      machines.push_back(std::move(row));
    }
    Json gains = Json::array();
    for (const Gain& gain : gains_of(finals.contenders, memory)) {
      gains.push_back({{"over", gain.over},
                       {"analytical", gain.analytical},
                       {"simulated", optional_json(gain.simulated)},
                       {"remains", optional_json(gain.remains())},
                       {"simulated_of_quickest", optional_json(gain.quickest)}});
    }
    json.push_back({{"memory", memory.memory},
                    {"kendall_tau",
                     {{"corrected", optional_json(tau_of(finals.contenders, memory, true))},
                      {"analytical", optional_json(tau_of(finals.contenders, memory, false))}}},
                    {"machines", std::move(machines)},
                    {"gains", std::move(gains)}});
  }
  return json;
}

std::string finals_table(const Finals& finals) {
  std::string text;
  for (const MemoryFinals& memory : finals.memories) {
    text += fmt::format("\nat cycle level, memory {}\n  {:<34}{:>16}{:>16}{:>16}{:>14}\n", memory.memory, "",
                        "search's model", "corrected", "simulated", "energy, mJ");
    for (std::size_t i = 0; i < finals.contenders.size(); ++i) {
      const Contender& contender = finals.contenders[i];
      const CycleLevel& result = memory.results[i];
      text += fmt::format("  {:<34}{:>16.0f}", contender.name, contender.analytical);
      text += result.simulated ? fmt::format("{:>16.0f}{:>16.0f}{:>14.3f}\n", *result.corrected, *result.simulated,
                                             result.energy_pj * 1e-9)
                               : "  none: " + result.reason + "\n";
    }
    text += fmt::format(
        "  Kendall's tau of the finalists' order to that by simulation: corrected model {}, search's model {}\n",
        tau_text(tau_of(finals.contenders, memory, true)), tau_text(tau_of(finals.contenders, memory, false)));
    for (const Gain& gain : gains_of(finals.contenders, memory)) {
      const std::optional<double> remains = gain.remains();
      text += fmt::format("  {} / best: {} by the search's model, {} simulated{}; {} against the quickest finalist\n",
                          gain.over, times(gain.analytical), times(gain.simulated),
                          remains ? fmt::format(" ({:.0f} % of the gain remain)", 100 * *remains) : "",
                          times(gain.quickest));
    }
  }
  return text;
}

}  // namespace systole
