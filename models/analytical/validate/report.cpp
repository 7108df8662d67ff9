#include "models/analytical/validate/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace systole::validation {

namespace {

constexpr std::size_t kShownLayers = 15;

/// The cause that is worth most, with its sign.
std::string main_cause(const Named<double>& causes) {
  const auto largest = std::max_element(causes.begin(), causes.end(), [](const auto& a, const auto& b) {
    return std::abs(a.second) < std::abs(b.second);
  });
  if (largest == causes.end() || std::abs(largest->second) < 0.5) return "-";
  return fmt::format("{} {:+.0f}", largest->first, largest->second);
}

double difference(const LayerComparison& layer) {
  return static_cast<double>(layer.cycle) - layer.analytical;
}

std::string percent(std::optional<double> error) {
  return error ? fmt::format("{:+.2f}%", 100 * *error) : "-";
}

}  // namespace

nlohmann::ordered_json validation_json(const Validation& validation) {
  const auto object = [](const Named<double>& causes) {
    nlohmann::ordered_json json = nlohmann::ordered_json::object();
    for (const auto& [name, cycles] : causes) json[name] = cycles;
    return json;
  };
  nlohmann::ordered_json json = {{"schema", 1},
                                 {"model", validation.model},
                                 {"analytical_model", validation.analytical_model},
                                 {"hardware", validation.hardware},
                                 {"memory", validation.memory},
                                 {"batch", validation.batch},
                                 {"cycle", validation.cycle},
                                 {"analytical", validation.analytical},
                                 {"mean_absolute_error", validation.mean_absolute_error},
                                 {"total_error", validation.total_error},
                                 {"causes", object(validation.causes)}};
  json["layers"] = nlohmann::ordered_json::array();
  for (const LayerComparison& layer : validation.layers) {
    nlohmann::ordered_json row = {
        {"name", layer.name}, {"op", layer.op}, {"cycle", layer.cycle}, {"analytical", layer.analytical}};
    row["error"] = layer.error ? nlohmann::ordered_json(*layer.error) : nlohmann::ordered_json(nullptr);
    row["causes"] = object(layer.causes);
    json["layers"].push_back(std::move(row));
  }
  return json;
}

std::string validation_table(const Validation& validation) {
  std::string text =
      fmt::format("{} on {}, memory {}, batch {}: the machine against the {} model\n\n", validation.model,
                  validation.hardware, validation.memory, validation.batch, validation.analytical_model);
  text += fmt::format("  cycle level  {:>14} cycles\n  analytical   {:>14.0f} cycles   {}\n", validation.cycle,
                      validation.analytical, percent(validation.total_error));
  text += fmt::format("  mean absolute error of {} layers  {:.2f}%\n\n", validation.layers.size(),
                      100 * validation.mean_absolute_error);
  text += fmt::format("  {:<26} {:<12} {:>11} {:>11} {:>8}  {}\n", "largest differences", "operator", "cycle",
                      "analytical", "error", "mostly by");
  std::vector<const LayerComparison*> layers;
  for (const LayerComparison& layer : validation.layers) layers.push_back(&layer);
  std::stable_sort(layers.begin(), layers.end(), [](const LayerComparison* a, const LayerComparison* b) {
    return std::abs(difference(*a)) > std::abs(difference(*b));
  });
  for (std::size_t i = 0; i < std::min(kShownLayers, layers.size()); ++i) {
    const LayerComparison& l = *layers[i];
    text += fmt::format("  {:<26.26} {:<12.12} {:>11} {:>11.0f} {:>8}  {:.24}\n", l.name, l.op, l.cycle, l.analytical,
                        percent(l.error), main_cause(l.causes));
  }
  text += fmt::format("\n  {:<26} {:>11}\n", "cause", "cycles");
  for (const auto& [cause, cycles] : validation.causes) text += fmt::format("  {:<26} {:>+11.0f}\n", cause, cycles);
  return text;
}

}  // namespace systole::validation
