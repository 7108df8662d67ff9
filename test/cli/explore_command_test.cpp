#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "program_run.h"

namespace systole {
namespace {

using testing::HasSubstr;

class ExploreCommand : public ProgramTest {};

/// 2 MB and 2048 bits a cycle: the best split of the published model, beside an equal one.
TEST_F(ExploreCommand, FindsTheBestSplit) {
  const Ended run = systole("explore splits_128k --json");
  ASSERT_EQ(run.code, 0) << run.err;
  const nlohmann::json summary = nlohmann::json::parse(run.out);
  EXPECT_EQ(summary["points"], 621075);
  EXPECT_TRUE(summary["proven"]);
  EXPECT_NEAR(summary["best"][0]["cycles"], 3635034.85, 4);
  EXPECT_EQ(summary["baselines"][0]["name"], "equal split");
  EXPECT_NEAR(summary["baselines"][0]["cycles"], 4295429.00, 4);
}

/// Steps of 8 kB and 8 bits: descents go below the best of the coarse steps.
TEST_F(ExploreCommand, DescendsWhereThereAreTooManyPoints) {
  const Ended run = systole("explore splits_8k --json");
  ASSERT_EQ(run.code, 0) << run.err;
  const nlohmann::json summary = nlohmann::json::parse(run.out);
  EXPECT_FALSE(summary["proven"]);
  EXPECT_LE(summary["best"][0]["cycles"], 3566100);
}

TEST_F(ExploreCommand, ResultsDoNotDependOnThreadsOrOnBeingContinued) {
  const Ended once = systole("explore splits_128k --json --threads 1 --out a");
  const Ended again = systole("explore splits_128k --json --threads 2 --out a");
  EXPECT_EQ(again.out, once.out);
  EXPECT_EQ(text_of("a/summary.json"), once.out);
  const Ended fresh = systole("explore splits_128k --json --threads 2 --out b");
  EXPECT_EQ(fresh.out, once.out);
}

TEST_F(ExploreCommand, KilledAtAnyMomentItGoesOn) {
  const Ended whole = systole("explore splits_64k --json --threads 1");
  EXPECT_NE(systole("explore splits_64k --json --threads 1 --out a", "timeout -s KILL 1").code, 0);
  EXPECT_FALSE(std::filesystem::exists(place / "a/summary.json"));
  const Ended rest = systole("explore splits_64k --json --threads 1 --out a");
  EXPECT_EQ(rest.out, whole.out);
}

TEST_F(ExploreCommand, SearchesWithTheCorrectedModel) {
  std::ofstream(place / "space.textproto") << R"(machine: "inference_16x16"
axis { field: "ports.ibuf" value: 64 value: 128 }
axis { field: "ports.parambuf" value: 64 value: 128 }
budget { name: "bandwidth" term { field: "ports.ibuf" } term { field: "ports.parambuf" } at_most: 192 }
workload { network: "lenet5" }
)";
  const Ended run = systole("explore ./space.textproto --json");
  ASSERT_EQ(run.code, 0) << run.err;
  const nlohmann::json summary = nlohmann::json::parse(run.out);
  EXPECT_EQ(summary["points"], 3);
  const nlohmann::json& best = summary["best"][0];
  const std::string ibuf = best["values"]["ports.ibuf"].dump();
  const std::string parambuf = best["values"]["ports.parambuf"].dump();
  const Ended analysis = systole("analyze lenet5 --tiling simdit --hw inference_16x16 --json --set ports.ibuf=" + ibuf +
                                 " --set ports.parambuf=" + parambuf);
  EXPECT_EQ(nlohmann::json::parse(analysis.out)["cycles"], best["cycles"]);
}

TEST_F(ExploreCommand, FaultsAreTold) {
  const Ended unknown = systole("explore splits_1k");
  EXPECT_EQ(unknown.code, 1);
  EXPECT_THAT(unknown.err, HasSubstr("splits_128k"));
  ASSERT_EQ(systole("explore splits_128k --quiet --out a").code, 0);
  const Ended other = systole("explore powers_of_two --out a");
  EXPECT_EQ(other.code, 1);
  EXPECT_THAT(other.err, HasSubstr("of another search"));
}

}  // namespace
}  // namespace systole
