#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "traces/results.h"

namespace systole {

/// The text of report.html: one file without outside resources. It holds the data of summary.json (and each layer's
/// energy by component) as JSON and draws its charts from them with the scripts of traces/report/.
std::string report_html(const RunResult& result);

/// The same of a search, from its summary.json.
std::string exploration_html(const nlohmann::ordered_json& summary);

}  // namespace systole
