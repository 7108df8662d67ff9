#include "traces/explain/explanation.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

namespace systole {

namespace {

using Json = nlohmann::ordered_json;
using Counted = std::pair<std::string, std::int64_t>;

constexpr std::size_t kLayersShown = 15;
constexpr std::size_t kPathsShown = 6;
constexpr std::size_t kChangesShown = 10;

/// The most cycles first; equals by name.
std::vector<Counted> sorted(const std::map<std::string, std::int64_t>& cycles) {
  std::vector<Counted> all(cycles.begin(), cycles.end());
  std::stable_sort(all.begin(), all.end(), [](const Counted& a, const Counted& b) { return a.second > b.second; });
  return all;
}

/// Layers that take time, the longest first; of these the one that is asked for, if one is.
std::vector<int> shown_layers(const Explanation& explanation) {
  std::vector<int> layers;
  if (explanation.layer) return {*explanation.layer};
  for (std::size_t i = 0; i < explanation.cycles.size(); ++i) {
    if (explanation.cycles[i] > 0) layers.push_back(static_cast<int>(i));
  }
  std::stable_sort(layers.begin(), layers.end(), [&](int a, int b) {
    return explanation.cycles[static_cast<std::size_t>(a)] > explanation.cycles[static_cast<std::size_t>(b)];
  });
  return layers;
}

std::int64_t cycles_in(const Explanation& explanation, const std::vector<std::int64_t>& cycles) {
  if (explanation.layer) return cycles.at(static_cast<std::size_t>(*explanation.layer));
  return std::accumulate(cycles.begin(), cycles.end(), std::int64_t{0});
}

/// Cycles of these layers by what `name` makes of a path.
template <typename Name>
std::vector<Counted> waits_by(const Explanation& explanation, const std::vector<int>& layers, Name name) {
  std::map<std::string, std::int64_t> cycles;
  for (const int layer : layers) {
    for (const auto& [path, count] : explanation.waits.at(static_cast<std::size_t>(layer))) {
      cycles[name(WaitPaths::path_of(path))] += count;
    }
  }
  return sorted(cycles);
}

std::int64_t saved(const Explanation& explanation, const WhatIf& what_if, int layer) {
  const auto index = static_cast<std::size_t>(layer);
  return explanation.cycles.at(index) - what_if.cycles.at(index);
}

/// Cycles with commas: 1,234,567.
std::string grouped(std::int64_t count) {
  std::string digits = std::to_string(count < 0 ? -count : count);
  for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, ",");
  return (count < 0 ? "-" : "") + digits;
}

double percent(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

std::string change_lines(const Explanation& explanation, bool built) {
  const std::int64_t whole = cycles_in(explanation, explanation.cycles);
  std::string text;
  std::size_t shown = 0;
  for (const WhatIf* one : best_first(explanation, built)) {
    const std::int64_t gain = gain_of(explanation, *one);
    if (shown++ == kChangesShown || gain <= 0) break;
    text +=
        fmt::format("  {:>13} {:>6.2f} %  {:<41} {}\n", grouped(gain), percent(gain, whole), one->change, one->text);
  }
  return text.empty() ? "  nothing of what was tried\n" : text;
}

}  // namespace

std::int64_t gain_of(const Explanation& explanation, const WhatIf& what_if) {
  return cycles_in(explanation, explanation.cycles) - cycles_in(explanation, what_if.cycles);
}

std::vector<const WhatIf*> best_first(const Explanation& explanation, bool built) {
  std::vector<const WhatIf*> all;
  for (const WhatIf& what_if : explanation.what_ifs) {
    if (what_if.cause.empty() == built && !what_if.cycles.empty()) all.push_back(&what_if);
  }
  std::stable_sort(all.begin(), all.end(), [&](const WhatIf* a, const WhatIf* b) {
    return gain_of(explanation, *a) > gain_of(explanation, *b);
  });
  return all;
}

std::string bound_of(const Explanation& explanation, int layer) {
  const std::vector<Counted> causes = waits_by(explanation, {layer}, cause_of);
  if (causes.empty()) return "nothing";
  if (causes.front().first != "memory") return causes.front().first;
  std::string most;
  std::int64_t most_saved = 0;
  std::int64_t bus = 0;
  for (const WhatIf& what_if : explanation.what_ifs) {
    if (what_if.cause.empty() || what_if.cycles.empty()) continue;
    const std::int64_t cycles = saved(explanation, what_if, layer);
    if (what_if.cause == "bus_sharing") bus = cycles;
    const bool of_memory = what_if.cause == "refresh" || what_if.cause == "row_misses" ||
                           what_if.cause == "bank_groups" || what_if.cause == "turnaround" ||
                           what_if.cause == "latency";
    if (of_memory && cycles > most_saved) {
      most_saved = cycles;
      most = what_if.cause;
    }
  }
  return most_saved > 0 && most_saved * 2 >= bus ? most : "memory bandwidth";
}

std::string explanation_text(const Explanation& explanation) {
  const std::vector<int> layers = shown_layers(explanation);
  const std::int64_t whole = cycles_in(explanation, explanation.cycles);
  std::string text = fmt::format("{} on {} with {}", explanation.model, explanation.hardware, explanation.memory);
  if (explanation.layer) text += ", layer " + explanation.layers.at(static_cast<std::size_t>(*explanation.layer));
  text += fmt::format(": {} cycles\n\nWhat bounds {}\n", grouped(whole), explanation.layer ? "it" : "its layers");
  for (std::size_t i = 0; i < layers.size() && i < kLayersShown; ++i) {
    const auto index = static_cast<std::size_t>(layers[i]);
    const std::vector<Counted> paths = waits_by(explanation, {layers[i]}, text_of);
    text += fmt::format("  {:>13} {:>6.2f} %  {:<30} {:<18} {}\n", grouped(explanation.cycles[index]),
                        percent(explanation.cycles[index], whole), explanation.layers[index],
                        bound_of(explanation, layers[i]), paths.empty() ? "" : paths.front().first);
  }
  if (layers.size() > kLayersShown) text += fmt::format("  and {} shorter layers\n", layers.size() - kLayersShown);

  text += "\nWho waits for whom, and where it ends\n";
  const std::vector<Counted> paths = waits_by(explanation, layers, text_of);
  for (std::size_t i = 0; i < paths.size() && i < kPathsShown; ++i) {
    text += fmt::format("  {:>13} {:>6.2f} %  {}\n", grouped(paths[i].second), percent(paths[i].second, whole),
                        paths[i].first);
  }
  text += "\nWhat would help, measured: cycles saved, and what to give to `systole run` for it\n";
  text += change_lines(explanation, true);
  text += "\nWhat each cause costs: cycles saved by a machine that is spared it and nothing else\n";
  return text + change_lines(explanation, false);
}

Json explanation_json(const Explanation& explanation) {
  Json json = {{"model", explanation.model},
               {"hardware", explanation.hardware},
               {"memory", explanation.memory},
               {"cycles", cycles_in(explanation, explanation.cycles)}};
  if (explanation.layer) json["layer"] = explanation.layers.at(static_cast<std::size_t>(*explanation.layer));
  json["layers"] = Json::array();
  for (const int layer : shown_layers(explanation)) {
    Json entry = {{"name", explanation.layers.at(static_cast<std::size_t>(layer))},
                  {"cycles", explanation.cycles.at(static_cast<std::size_t>(layer))},
                  {"bound", bound_of(explanation, layer)},
                  {"causes", Json::object()},
                  {"waits", Json::object()}};
    for (const auto& [cause, cycles] : waits_by(explanation, {layer}, cause_of)) entry["causes"][cause] = cycles;
    for (const auto& [path, cycles] : waits_by(explanation, {layer}, text_of)) entry["waits"][path] = cycles;
    json["layers"].push_back(entry);
  }
  for (const bool built : {true, false}) {
    Json& changes = json[built ? "advice" : "spared"] = Json::array();
    for (const WhatIf* one : best_first(explanation, built)) {
      changes.push_back({{"change", one->change},
                         {"text", one->text},
                         {"cycles", cycles_in(explanation, one->cycles)},
                         {"gain", gain_of(explanation, *one)}});
    }
  }
  return json;
}

}  // namespace systole
