#include "traces/report_html.h"

#include "base/errors.h"
#include "traces/summary_writer.h"

namespace systole {

extern const char* const kReportPage;  // made from traces/report/ when the library is built
extern const char* const kExplorationPage;

namespace {

nlohmann::ordered_json report_data(const RunResult& result) {
  nlohmann::ordered_json layer_energy = nlohmann::ordered_json::array();
  for (const LayerResult& layer : result.layers) {
    nlohmann::ordered_json parts = nlohmann::ordered_json::object();
    for (const auto& [component, energy] : layer.energy) parts[component] = energy.value;
    layer_energy.push_back(std::move(parts));
  }
  return {{"summary", summary_json(result)},
          {"memory", result.memory},
          {"rows", result.rows},
          {"columns", result.columns},
          {"layer_energy_pj", std::move(layer_energy)}};
}

/// A layer may be called anything, `</script>` too: inside JSON a `<` can be written as an escape.
std::string script_text(const nlohmann::ordered_json& data) {
  std::string json = data.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  for (std::size_t at = json.find('<'); at != std::string::npos; at = json.find('<', at))
    json.replace(at, 1, "\\u003c");
  return json;
}

std::string with_data(std::string page, const nlohmann::ordered_json& data) {
  const std::string placeholder = "/*data*/";
  const std::size_t place = page.find(placeholder);
  check(place != std::string::npos, "report", "the page has no place for its data");
  return page.replace(place, placeholder.size(), script_text(data));
}

}  // namespace

std::string report_html(const RunResult& result) {
  return with_data(kReportPage, report_data(result));
}

std::optional<std::string> with_explanation(std::string page, const nlohmann::ordered_json& explanation) {
  const std::string begin = "<script type=\"application/json\" id=\"explanation-data\">";
  const std::size_t element = page.find(begin);
  if (element == std::string::npos) return std::nullopt;
  const std::size_t first = element + begin.size();
  const std::size_t end = page.find("</script>", first);
  if (end == std::string::npos) return std::nullopt;
  return page.replace(first, end - first, script_text(explanation));
}

std::string exploration_html(const nlohmann::ordered_json& summary) {
  return with_data(kExplorationPage, {{"summary", summary}});
}

}  // namespace systole
