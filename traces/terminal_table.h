#pragma once

#include <string>

#include "traces/results.h"

namespace systole {

/// What a person wants to know first, as text for a terminal: totals, the ten slowest layers, and what every unit did
/// with its cycles. At most 100 columns; ends in a newline.
std::string terminal_table(const RunResult& result);

/// `value` with three significant digits and a decimal prefix: `12.3 MB`. For people; files hold exact numbers.
std::string with_prefix(double value, const std::string& unit);

}  // namespace systole
