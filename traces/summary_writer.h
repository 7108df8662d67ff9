#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "traces/results.h"

namespace systole {

/// Version of the keys below; it changes when a key changes its meaning or goes away, not when one is added.
constexpr int kSummarySchema = 1;

/// The whole of summary.json. Keys whose value the engine does not have are left out.
nlohmann::ordered_json summary_json(const RunResult& result);

/// One layer of it: also a row of layers.csv.
nlohmann::ordered_json layer_json(const RunResult& run, const LayerResult& layer);

/// A key of summary.json with its unit and meaning. Nested keys are joined by `.`; NAME and REASON stand for any name;
/// `layers[].` is in front of a layer's keys.
struct SummaryKey {
  std::string_view key;
  std::string_view unit;  ///< empty: a text, or a number without a unit
  std::string_view meaning;
};

/// Every key that summary_json writes, in its order: what docs/results.md documents and the tests hold the writer to.
const std::vector<SummaryKey>& summary_keys();

/// The text of summary.json, indented by two spaces, with a newline at its end.
std::string summary_text(const RunResult& result);

}  // namespace systole
