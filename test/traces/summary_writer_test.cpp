#include "traces/summary_writer.h"

#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "base/files.h"
#include "test/traces/sample_result.h"

namespace systole {
namespace {

using Json = nlohmann::ordered_json;

/// Every leaf of `json` as a documented key: names below sram, units, by_component and stalls become NAME or REASON.
void collect_keys(const Json& json, const std::string& path, std::set<std::string>& keys) {
  if (json.is_array()) {
    for (const Json& element : json) collect_keys(element, path + "[].", keys);
    return;
  }
  if (!json.is_object()) {
    keys.insert(path.back() == '.' ? path.substr(0, path.size() - 1) : path);
    return;
  }
  for (const auto& [name, value] : json.items()) {
    const bool any_name =
        std::regex_match(path, std::regex("(.*\\.)?(sram|units|by_component|sram_read_bytes|sram_write_bytes)"));
    const bool any_reason = std::regex_match(path, std::regex("(.*\\.)?stalls"));
    const std::string key = any_name ? "NAME" : any_reason ? "REASON" : name;
    collect_keys(value, path.empty() || path.back() == '.' ? path + key : path + "." + key, keys);
  }
}

std::set<std::string> keys_of(const RunResult& result) {
  std::set<std::string> keys;
  collect_keys(summary_json(result), "", keys);
  return keys;
}

TEST(SummaryWriter, WritesExactlyTheKeysThatAreDocumented) {
  std::set<std::string> documented;
  for (const SummaryKey& key : summary_keys()) documented.insert(std::string(key.key));
  EXPECT_EQ(keys_of(sample_result()), documented);
}

TEST(SummaryWriter, EveryKeyIsInTheManualWithItsUnitAndMeaning) {
  const std::string manual = read_file(SYSTOLE_SOURCE_DIR "/docs/results.md");
  for (const SummaryKey& key : summary_keys()) {
    const std::string row =
        "| `" + std::string(key.key) + "` | " + std::string(key.unit) + " | " + std::string(key.meaning) + " |";
    EXPECT_NE(manual.find(row), std::string::npos) << row;
  }
}

TEST(SummaryWriter, KeysOfTheInterfaceKeepTheirOrder) {
  std::vector<std::string> keys;
  const Json json = summary_json(sample_result());
  for (const auto& [key, value] : json.items()) keys.push_back(key);
  EXPECT_EQ(keys, (std::vector<std::string>{"schema",    "engine",      "model",     "hardware",       "memory",
                                            "mode",      "batch",       "clock_hz",  "cycles",         "seconds",
                                            "macs",      "utilization", "arguments", "cycles_by_kind", "dram",
                                            "footprint", "sram",        "units",     "energy",         "layers"}));
}

TEST(SummaryWriter, LeavesOutWhatAnEngineDoesNotHave) {
  const Json json = summary_json(sample_analytical_result());
  EXPECT_EQ(json["engine"], "analytical");
  for (const char* key : {"footprint", "sram", "units", "energy"}) EXPECT_FALSE(json.contains(key)) << key;
  EXPECT_FALSE(json["dram"].contains("activates"));
  for (const char* key : {"start", "end", "energy_pj"}) EXPECT_FALSE(json["layers"][0].contains(key)) << key;
}

TEST(SummaryWriter, DerivedNumbersFollowFromTheirParts) {
  const RunResult run = sample_result();
  const Json json = summary_json(run);
  EXPECT_DOUBLE_EQ(json["seconds"].get<double>(), json["cycles"].get<double>() / 1.25e9);
  EXPECT_DOUBLE_EQ(json["utilization"].get<double>(),
                   json["macs"].get<double>() / (4096 * json["cycles"].get<double>()));
  EXPECT_DOUBLE_EQ(json["energy"]["average_power_w"].get<double>(),
                   json["energy"]["total_pj"].get<double>() * 1e-12 / json["seconds"].get<double>());
}

TEST(SummaryWriter, AnEmptyRunHasNoInfiniteNumbers) {
  RunResult run;
  run.clock_hz = 1e9;
  run.rows = run.columns = 4;
  EXPECT_EQ(summary_text(run).find("null"), std::string::npos);
}

TEST(SummaryWriter, ANameThatIsNotUtf8IsStillWritten) {
  RunResult run = sample_result();
  run.layers[0].name = "caf\xe9";
  EXPECT_FALSE(Json::parse(summary_text(run)).is_discarded());
}

TEST(SummaryWriter, TheSameResultGivesTheSameBytes) {
  EXPECT_EQ(summary_text(sample_result(40)), summary_text(sample_result(40)));
}

}  // namespace
}  // namespace systole
