#pragma once

#include <string>

#include "traces/results.h"

namespace systole {

/// The text of report.html: one file without outside resources. It holds the data of summary.json (and each layer's
/// energy by component) as JSON and draws its charts from them with the scripts of traces/report/.
std::string report_html(const RunResult& result);

}  // namespace systole
