#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <set>

#include "test/cli/program_run.h"

namespace systole {
namespace {

using nlohmann::json;

class RunCommand : public ProgramTest {
 protected:
  [[nodiscard]] json summary(const std::string& options) const {
    const Ended ended = systole("run " + options + " --json");
    EXPECT_EQ(ended.code, 0) << ended.err;
    EXPECT_EQ(ended.err, "");
    return json::parse(ended.out);
  }
};

TEST_F(RunCommand, WritesEveryFileAndPointsAtTheReport) {
  const Ended ended = systole("run lenet5 --hw inference_16x16 --out a/b/results");
  ASSERT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, testing::HasSubstr("a/b/results/report.html"));
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(place / "a/b/results"))
    names.insert(entry.path().filename());
  EXPECT_EQ(names,
            (std::set<std::string>{"layers.csv", "report.html", "resolved.textproto", "run.json", "summary.json"}));
}

TEST_F(RunCommand, TheLayersPartsOfTheMemorySumToTheRuns) {
  for (const std::string memory : {"ddr4_2400", "lpddr5_6400"}) {
    const json run = summary("lenet5 --hw inference_16x16 --dram " + memory);
    EXPECT_EQ(run["memory"], memory);
    for (const auto& [key, total] : run["dram"].items()) {
      if (!total.is_number_integer()) continue;  // bandwidths
      std::int64_t sum = 0;
      for (const json& layer : run["layers"]) sum += layer["dram"][key].get<std::int64_t>();
      EXPECT_EQ(sum, total) << key;
    }
    std::int64_t cycles = 0;
    for (const json& layer : run["layers"]) cycles += layer["dram"]["cycles"].get<std::int64_t>();
    EXPECT_EQ(cycles, run["cycles"]);
    EXPECT_GT(run["dram"]["row_hits"], 0);
  }
}

TEST_F(RunCommand, TheSameInputGivesTheSameBytesAndSoDoesTheResolvedMachine) {
  ASSERT_EQ(systole("run lenet5 --hw inference_16x16 --set systolic_array.rows=8 --quiet --out first").code, 0);
  ASSERT_EQ(systole("run lenet5 --hw inference_16x16 --set systolic_array.rows=8 --quiet --out second").code, 0);
  const Ended third = systole("run lenet5 --hw first/resolved.textproto --quiet --out third");
  ASSERT_EQ(third.code, 0) << third.err;
  for (const char* name : {"summary.json", "layers.csv", "report.html", "resolved.textproto"}) {
    EXPECT_EQ(text_of(std::string("first/") + name), text_of(std::string("second/") + name)) << name;
    EXPECT_EQ(text_of(std::string("first/") + name), text_of(std::string("third/") + name)) << name;
  }
}

TEST_F(RunCommand, JsonIsTheSummaryAndNothingElse) {
  const Ended ended = systole("run lenet5 --hw inference_16x16 --json --out results");
  EXPECT_EQ(ended.out, text_of("results/summary.json"));
  EXPECT_EQ(ended.err, "");
  EXPECT_EQ(systole("run lenet5 --hw inference_16x16 --quiet").out, "");
}

TEST_F(RunCommand, ACompiledProgramRunsLikeItsModel) {
  ASSERT_EQ(systole("compile lenet5 --hw inference_16x16 -o program").code, 0);
  json program = summary("./program");
  json model = summary("lenet5 --hw inference_16x16");
  EXPECT_EQ(program["arguments"], json::array({"./program"}));
  EXPECT_EQ(model["arguments"], json::array({"lenet5"}));
  program.erase("arguments");
  model.erase("arguments");
  EXPECT_EQ(program, model);
}

TEST_F(RunCommand, EveryCycleIsAccountedFor) {
  for (const char* options :
       {"lenet5 --hw inference_16x16", "lenet5 --hw inference_64x64 --dram ideal --no-fusion --batch 2"}) {
    const json run = summary(options);
    const std::int64_t cycles = run["cycles"];
    for (const auto& [name, unit] : run["units"].items()) {
      std::int64_t sum = unit["busy"].get<std::int64_t>() + unit["idle"].get<std::int64_t>();
      for (const auto& [reason, stalled] : unit["stalls"].items()) sum += stalled.get<std::int64_t>();
      EXPECT_EQ(sum, cycles) << name;
    }
    std::int64_t kinds = 0;
    for (const auto& [kind, part] : run["cycles_by_kind"].items()) kinds += part.get<std::int64_t>();
    EXPECT_EQ(kinds, cycles);
    for (const json& layer : run["layers"]) {
      EXPECT_EQ(layer["end"].get<std::int64_t>() - layer["start"].get<std::int64_t>(), layer["cycles"]);
      EXPECT_EQ(layer["compute_cycles"].get<std::int64_t>() + layer["stall_cycles"].get<std::int64_t>(),
                layer["cycles"]);
    }
  }
}

TEST_F(RunCommand, EnergyAddsUpAndLayersDoNotExceedTheRun) {
  const json run = summary("lenet5 --hw inference_16x16");
  double sum = 0;
  for (const auto& [name, part] : run["energy"]["by_component"].items()) sum += part.get<double>();
  const double total = run["energy"]["total_pj"];
  EXPECT_NEAR(sum, total, 1e-9 * total);
  EXPECT_GT(run["energy"]["by_component"]["dram"].get<double>(), 0);
  double layers = 0;
  for (const json& layer : run["layers"]) layers += layer["energy_pj"].get<double>();
  EXPECT_LE(layers, total * (1 + 1e-9));
  EXPECT_GT(layers, 0.9 * total);
}

TEST_F(RunCommand, BatchMultipliesTheMacs) {
  EXPECT_EQ(summary("lenet5 --hw inference_16x16 --batch 3")["macs"].get<std::int64_t>(),
            3 * summary("lenet5 --hw inference_16x16")["macs"].get<std::int64_t>());
}

TEST_F(RunCommand, OnlyTheLayersAskedForRun) {
  const json whole = summary("lenet5 --hw inference_16x16 --no-fusion");
  const json* first = nullptr;
  for (const json& layer : whole["layers"]) {
    if (first == nullptr && layer["unit"] == "systolic_array") first = &layer;
  }
  ASSERT_NE(first, nullptr);
  const json part =
      summary("lenet5 --hw inference_16x16 --no-fusion --layers '" + (*first)["name"].get<std::string>() + "'");
  ASSERT_EQ(part["layers"].size(), 1U);
  EXPECT_EQ(part["layers"][0]["name"], (*first)["name"]);
  EXPECT_EQ(part["macs"], (*first)["macs"]);
  EXPECT_LT(part["cycles"], whole["cycles"]);
}

TEST_F(RunCommand, LogsGoToStandardErrorWhenAskedFor) {
  const Ended ended = systole("run lenet5 --hw inference_16x16 --quiet --log 'comp*=info'");
  EXPECT_THAT(ended.err, testing::StartsWith("compile: "));
  EXPECT_THAT(ended.err, testing::Not(testing::HasSubstr("import:")));
}

}  // namespace
}  // namespace systole
