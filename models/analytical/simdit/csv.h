#pragma once

#include <array>
#include <string>
#include <vector>

#include "models/analytical/simdit/layer.h"

namespace systole::simdit {

inline constexpr std::size_t kTableColumns = 19;

/// The numbers of a row of the published program's per-layer table: volumes in KB of 8192 bits, times in cycles,
/// operations.
std::array<double, kTableColumns> table_row(const Cost& cost);

/// The table itself, with the published column names; numbers are the shortest that read back equal.
std::string table_csv(const std::vector<Layer>& program, const std::vector<Cost>& costs);

}  // namespace systole::simdit
