#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "models/analytical/validate/comparison.h"

namespace systole::validation {

/// The whole of validation.json: `layers [{name, op, cycle, analytical, error, causes {NAME: cycles}}]`,
/// `mean_absolute_error`, `total_error`, and what was compared. The causes of a layer sum to cycle - analytical.
nlohmann::ordered_json validation_json(const Validation& validation);

/// For a terminal: the totals, the layers with the largest difference, the causes. At most 100 columns.
std::string validation_table(const Validation& validation);

/// One file without outside resources: scatter plot, error by layer, causes, and the table of all layers.
std::string validation_html(const Validation& validation);

}  // namespace systole::validation
