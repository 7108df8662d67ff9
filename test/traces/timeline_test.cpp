#include "traces/timeline/timeline.h"

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>

namespace systole {
namespace {

/// Cycles of a track by the name of its slices; of merged ones by the states that their args name.
std::map<std::string, std::int64_t> cycles_of(const nlohmann::json& trace, const std::string& track) {
  std::map<std::string, std::int64_t> cycles;
  int number = -1;
  for (const auto& event : trace["traceEvents"]) {
    if (event.value("name", "") == "thread_name" && event["args"]["name"] == track) number = event["tid"];
    if (event["ph"] != "X" || event["tid"] != number) continue;
    if (event["args"].empty()) cycles[event["name"]] += event["dur"].get<std::int64_t>();
    for (const auto& [state, part] : event["args"].items()) cycles[state] += part.get<std::int64_t>();
  }
  return cycles;
}

struct Recorded {
  nlohmann::json trace;
  std::map<std::string, std::int64_t> told;
  std::size_t bytes = 0;
};

Recorded record(std::int64_t plain_slices) {
  std::ostringstream out;
  Recorded result;
  TimelineOptions options;
  options.plain_slices = plain_slices;
  Timeline timeline(out, options);
  std::mt19937 random(7);
  Cycles now;
  for (int i = 0; i < 20000; ++i) {
    const auto state = static_cast<UnitState>(random() % 5);
    const Cycles until = now + Cycles{1 + static_cast<std::int64_t>(random() % 40)};
    timeline.state({Unit::dma_ibuf, state, now, until});
    if (state != kIdleState) result.told[state_name(state)] += (until - now).count();
    now = until;
  }
  timeline.close(now);
  result.bytes = out.str().size();
  result.trace = nlohmann::json::parse(out.str());
  return result;
}

TEST(Timeline, SlicesHoldEveryCycleOfAState) {
  const Recorded recorded = record(1000000);
  EXPECT_EQ(cycles_of(recorded.trace, "dma_ibuf"), recorded.told);
  EXPECT_EQ(recorded.trace["otherData"]["merged"], 0);
}

TEST(Timeline, MergedSlicesStillDo) {
  const Recorded plain = record(1000000);
  const Recorded merged = record(1000);
  EXPECT_EQ(cycles_of(merged.trace, "dma_ibuf"), merged.told);
  EXPECT_GT(merged.trace["otherData"]["merged"], 10000);
  EXPECT_LT(merged.bytes, plain.bytes / 3);
}

}  // namespace
}  // namespace systole
