#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "traces/results.h"

namespace systole {

/// The text of report.html: one file without outside resources. It holds the data of summary.json (and each layer's
/// energy by component) as JSON and draws its charts from them with the scripts of traces/report/.
std::string report_html(const RunResult& result);

/// That page with what bounds the run and what would help (explanation_json of traces/explain/), in place of what it
/// had of that; nothing when `page` is no page of this version.
std::optional<std::string> with_explanation(std::string page, const nlohmann::ordered_json& explanation);

/// The same of a search, from its summary.json.
std::string exploration_html(const nlohmann::ordered_json& summary);

}  // namespace systole
