#pragma once

#include <string>

#include "traces/results.h"

namespace systole {

/// The text of layers.csv (RFC 4180): a header and a row a layer with the keys of summary.json's layers, nested keys
/// joined by `.` (`stalls.wbuf_load`). A cell is empty where the layer does not have the key. Lines end in a newline
/// alone.
std::string layers_csv(const RunResult& result);

}  // namespace systole
