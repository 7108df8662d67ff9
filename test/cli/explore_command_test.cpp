#include <gmock/gmock.h>

#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "program_run.h"
#include "test/browser.h"

namespace systole {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;

class ExploreCommand : public ProgramTest {
 protected:
  /// The line of a space that prices machines with a table that it writes, the shipped one without its areas.
  [[nodiscard]] std::string table_without_areas() const {
    std::ifstream shipped(SYSTOLE_SOURCE_DIR "/configs/energy/generic_45nm.textproto");
    const std::string table{std::istreambuf_iterator<char>(shipped), {}};
    const std::string file = (place / "plain.textproto").string();
    std::ofstream(file) << table.substr(0, table.find("\narea {"));
    return "set: \"energy=" + file + "\"\n";
  }
};

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

/// kill -9 at several moments, with several threads: the results are those of a search that nothing has disturbed.
TEST_F(ExploreCommand, KilledAtAnyMomentItGoesOn) {
  ASSERT_EQ(systole("explore splits_64k --quiet --out whole").code, 0);
  for (const char* seconds : {"0.05", "0.3", "0.5", "0.4"}) {
    const Ended killed =
        systole("explore splits_64k --quiet --threads 3 --out a", std::string("timeout -s KILL ") + seconds);
    EXPECT_EQ(killed.code, 128 + SIGKILL);
    EXPECT_FALSE(std::filesystem::exists(place / "a/summary.json"));
  }
  ASSERT_EQ(systole("explore splits_64k --quiet --threads 2 --out a").code, 0);
  for (const std::string file : {"summary.json", "explore.sqlite"}) {
    EXPECT_EQ(text_of("a/" + file), text_of("whole/" + file)) << file;
  }
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

/// Costs of several networks add up, each as often as its weight says; training is one iteration.
TEST_F(ExploreCommand, NetworksHaveModesAndWeights) {
  std::ofstream(place / "space.textproto") << R"(machine: "training_16x16"
axis { field: "ports.ibuf" value: 128 }
workload { network: "lenet5" mode: training fusion: false }
workload { network: "lenet5" batch: 2 weight: 3 }
)";
  const nlohmann::json summary = nlohmann::json::parse(systole("explore ./space.textproto --json").out);
  const auto cycles = [&](const std::string& arguments) {
    const Ended analysis = systole(
        "analyze lenet5 --tiling simdit --hw training_16x16 --set ports.ibuf=128 --json --set "
        "simd_unit.number_format=float32 " +
        arguments);
    return nlohmann::json::parse(analysis.out)["cycles"].get<double>();
  };
  EXPECT_EQ(summary["best"][0]["cycles"], cycles("--mode training --no-fusion") + 3 * cycles("--batch 2"));
}

/// A front of cycles and area is what no machine beats in both, of all of them one by one.
TEST_F(ExploreCommand, AFrontOfCyclesAndAreaIsThatOfEveryMachine) {
  const auto searched = [&](const std::string& wbuf, const std::string& vmem, const std::string& port) {
    std::ofstream(place / "space.textproto") << "machine: \"inference_16x16\"\nworkload { network: \"squeezenet\" }\n"
                                             << "objective: cycles\nobjective: area\n"
                                             << "axis { field: \"buffers.wbuf_bits\" " << wbuf << " }\n"
                                             << "axis { field: \"buffers.vmem_bits\" " << vmem << " }\n"
                                             << "axis { field: \"ports.simd\" " << port << " }\n";
    const Ended run = systole("explore ./space.textproto --json");
    EXPECT_EQ(run.code, 0) << run.err;
    return nlohmann::json::parse(run.out);
  };
  using Pair = std::pair<double, double>;
  const auto pair_of = [](const nlohmann::json& machine) { return Pair(machine["cycles"], machine["area_mm2"]); };
  std::vector<Pair> all;
  for (const char* const wbuf : {"value: 262144", "value: 524288", "value: 1048576"}) {
    for (const char* const vmem : {"value: 524288", "value: 1048576", "value: 4194304"}) {
      for (const char* const port : {"value: 64", "value: 256"}) {
        all.push_back(pair_of(searched(wbuf, vmem, port)["best"][0]));
      }
    }
  }
  std::set<Pair> expected;
  for (const Pair& one : all) {
    const bool beaten = std::any_of(all.begin(), all.end(), [&](const Pair& other) {
      return other != one && other.first <= one.first && other.second <= one.second;
    });
    if (!beaten) expected.insert(one);
  }
  const nlohmann::json whole = searched("value: 262144 value: 524288 value: 1048576",
                                        "value: 524288 value: 1048576 value: 4194304", "value: 64 value: 256");
  std::set<Pair> front;
  for (const nlohmann::json& machine : whole["front"]) front.insert(pair_of(machine));
  EXPECT_EQ(front, expected);
  EXPECT_GT(front.size(), 2U);
  EXPECT_LT(front.size(), all.size() / 2);
  EXPECT_EQ(whole["objective"]["unit"], "cycles mm2");
  EXPECT_DOUBLE_EQ(whole["best"][0]["cost"], pair_of(whole["best"][0]).first * pair_of(whole["best"][0]).second);
}

TEST_F(ExploreCommand, ATableWithoutAreasGivesNoneInsteadOfZero) {
  std::ofstream(place / "space.textproto") << "machine: \"inference_16x16\"\nworkload { network: \"lenet5\" }\n"
                                           << "axis { field: \"ports.simd\" value: 64 value: 256 }\n"
                                           << "objective: energy\n"
                                           << table_without_areas();
  const Ended told = systole("explore ./space.textproto");
  EXPECT_EQ(told.code, 0) << told.err;
  EXPECT_THAT(told.out, ContainsRegex("area, mm2.*\n.* none "));
  const nlohmann::json summary = nlohmann::json::parse(systole("explore ./space.textproto --json").out);
  EXPECT_GT(summary["best"][0]["energy_pj"], 0);
  EXPECT_FALSE(summary["best"][0].contains("area_mm2"));
}

/// Every fault with its place, and what is near.
TEST_F(ExploreCommand, FaultsOfASpaceAreTold) {
  const std::string begin = "machine: \"inference_16x16\"\n";
  const std::string end = "workload { network: \"lenet5\" }\n";
  const std::string axis = "axis { field: \"ports.ibuf\" value: 64 value: 128 }\n";
  const auto told = [&](const std::string& text) {
    std::ofstream(place / "bad.textproto") << text;
    const Ended run = systole("explore ./bad.textproto");
    EXPECT_EQ(run.code, 1) << text;
    EXPECT_EQ(run.out, "");
    return run.err;
  };
  EXPECT_THAT(told(begin + "axs { }\n" + end), HasSubstr("bad.textproto:2:1: error: unknown key 'axs'"));
  EXPECT_THAT(told(begin + "axis { field: \"ports.ibu\" value: 64 }\n" + end), HasSubstr("did you mean 'ports.ibuf'?"));
  EXPECT_THAT(told(begin + "axis { field: \"ports.ibuf\" range { from: 128 to: 64 step: 8 } }\n" + end),
              HasSubstr("bad.textproto:2:6: error: axis 'ports.ibuf' has no value"));
  EXPECT_THAT(
      told(begin + axis + "budget { name: \"b\" term { field: \"ports.ibuf\" } at_least: 9 at_most: 8 }\n" + end),
      HasSubstr("wants at least 9 and at most 8"));
  EXPECT_THAT(told(begin + axis + "budget { name: \"b\" term { field: \"ports.ibuf\" } at_most: 32 }\n" + end),
              HasSubstr("the smallest sum is 64"));
  EXPECT_THAT(told(begin + axis), HasSubstr("there is no network to run"));
  EXPECT_THAT(told("machine: \"inference_16\"\n" + axis + end),
              HasSubstr("bad.textproto:1:1: error: there is no machine named 'inference_16'"));
  EXPECT_THAT(told(begin + "set: \"buffers.wbuf=8\"\n" + axis + end),
              HasSubstr("bad.textproto:2:6: error: unknown key"));
  EXPECT_THAT(
      told(begin + axis + "workload { network: \"lenet\" }\n"),
      HasSubstr("bad.textproto:3:12: error: there is no network named 'lenet'\n  hint: did you mean 'lenet5'?"));
  EXPECT_THAT(told(begin + axis + "workload { network: \"./none.onnx\" }\n"),
              HasSubstr("bad.textproto:3:12: error: there is no file './none.onnx'"));
  EXPECT_THAT(told(begin + axis + "workload { network: \"lenet5\" weight: 0 }\n"),
              HasSubstr("weight must be a number from 1e-06 to 1000000000, not 0"));
  EXPECT_THAT(
      told(begin + "axis { field: \"ports.ibuf\" range { from: 64 to: 128 step: 4 } }\n" + end),
      HasSubstr("bad.textproto:2:8: error: ibuf must be a whole number from 8 to 8192, a multiple of 8, not 68"));
  EXPECT_THAT(
      told(begin + "axis { field: \"buffers.ibuf_bits\" range { from: 8 to: 99999999999 step: 1 } }\n" + end),
      HasSubstr("bad.textproto:2:35: error: axis 'buffers.ibuf_bits' has 99999999992 values, and may have 65536"));
  EXPECT_THAT(told(begin + axis + end + "finalists { count: 1 memory: \"hbm3\" }\n"),
              HasSubstr("bad.textproto:4:30: error: there is no memory named 'hbm3'\n  hint: did you mean 'hbm2'?"));
  EXPECT_THAT(told(begin + axis + end + "objective: area\n" + table_without_areas()),
              HasSubstr("bad.textproto:4:12: error: the energy table generic_45nm has no areas"));
  EXPECT_THAT(told(begin + axis + end + "objective: enregy\n"),
              HasSubstr("objective must be cycles, energy, energy_delay or area, not enregy"));
  EXPECT_THAT(told(begin + axis + end + "objective: energy\nobjective: energy\n"),
              HasSubstr("bad.textproto:5:12: error: objective 'energy' is given twice"));
  EXPECT_THAT(told(begin + axis + end + "objective: energy\nobjective: cycles\nobjective: energy_delay\n"),
              HasSubstr("energy_delay is the product of energy and cycles"));
  EXPECT_THAT(told(begin + axis + end + "objective: energy\nset: \"energy=generic_45mm\"\n"),
              HasSubstr("did you mean 'generic_45nm'?"));
  EXPECT_THAT(told(begin + axis +
                   "workload { network: \"lenet5\" mode: training }\nset: \"simd_unit.number_format=fixed32\"\n"),
              HasSubstr("training needs a float32 SIMD unit"));
}

TEST_F(ExploreCommand, WhatThePublishedModelCannotFuseIsToldInTheSpacesWords) {
  std::ofstream(place / "space.textproto") << R"(machine: "inference_16x16"
axis { field: "ports.ibuf" value: 64 value: 128 }
workload { network: "lenet5" }
model: simdit
)";
  const Ended run = systole("explore ./space.textproto");
  EXPECT_EQ(run.code, 1);
  EXPECT_THAT(run.err, HasSubstr("lenet5.onnx: error: SimDIT's fusion has no rule"));
  EXPECT_THAT(run.err, HasSubstr("`fusion: false` in the space's workload"));
}

/// A machine that the model cannot cost is counted by reason; when none is left, that is the fault.
TEST_F(ExploreCommand, PointsWithoutACostAreListed) {
  const auto space = [&](const std::string& values) {
    std::ofstream(place / "space.textproto") << "machine: \"inference_16x16\"\naxis { field: \"buffers.wbuf_bits\" "
                                             << values << " }\nworkload { network: \"lenet5\" }\n";
    return systole("explore ./space.textproto --json");
  };
  const nlohmann::json some = nlohmann::json::parse(space("value: 262144 value: 262152 value: 262160").out);
  EXPECT_EQ(some["points"], 1);
  ASSERT_EQ(some["unevaluable"].size(), 2U);
  for (const auto& [reason, count] : some["unevaluable"].items()) {
    EXPECT_THAT(reason, HasSubstr("does not divide into 2 halves"));
    EXPECT_EQ(count, 1);
  }
  const Ended none = space("value: 262152");
  EXPECT_EQ(none.code, 1);
  EXPECT_THAT(none.err, HasSubstr("the model can cost no point of the space: wbuf_bits of 262152 bits"));
}

/// What `systole run` says of the same machine and memory; every contender once, kept in the store.
TEST_F(ExploreCommand, FinalistsAreSimulated) {
  std::ofstream(place / "space.textproto") << R"(machine: "inference_16x16"
axis { field: "ports.ibuf" value: 64 value: 128 }
axis { field: "ports.parambuf" value: 64 value: 128 }
axis { field: "buffers.wbuf_bits" value: 262144 value: 524288 }
budget { name: "bandwidth" term { field: "ports.ibuf" } term { field: "ports.parambuf" } at_most: 192 }
budget { name: "memory" term { field: "buffers.wbuf_bits" } at_most: 524300 }
workload { network: "lenet5" fusion: false }
model: simdit
finalists { count: 2 memory: "ideal" memory: "hbm2" }
)";
  const Ended run = systole("explore ./space.textproto --json --out a");
  ASSERT_EQ(run.code, 0) << run.err;
  const nlohmann::json finals = nlohmann::json::parse(run.out)["finalists"];
  ASSERT_EQ(finals.size(), 2U);
  const nlohmann::json& hbm2 = finals[1];
  EXPECT_EQ(hbm2["memory"], "hbm2");
  ASSERT_EQ(hbm2["machines"].size(), 5U);  // two, equal split, proportions, worst
  const nlohmann::json& best = hbm2["machines"][0];
  std::string arguments = "lenet5 --no-fusion --hw inference_16x16 --dram hbm2 --json";
  for (const auto& [field, value] : best["values"].items()) arguments += " --set " + field + "=" + value.dump();
  const Ended simulated = systole("run " + arguments);
  EXPECT_EQ(nlohmann::json::parse(simulated.out)["cycles"], best["simulated_cycles"]);
  EXPECT_NEAR(nlohmann::json::parse(simulated.out)["energy"]["total_pj"], best["energy_pj"], 1);
  EXPECT_EQ(nlohmann::json::parse(systole("analyze " + arguments).out)["cycles"], best["corrected_cycles"]);
  const nlohmann::json& equal = hbm2["machines"][2];
  EXPECT_EQ(equal["name"], "equal split");
  EXPECT_EQ(equal["values"]["buffers.wbuf_bits"], 524288);  // 524296 is no whole word in each bank
  EXPECT_EQ(hbm2["gains"][0]["simulated"],
            equal["simulated_cycles"].get<double>() / best["simulated_cycles"].get<double>());
  EXPECT_EQ(systole("explore ./space.textproto --json --out a").out, run.out);
  const std::string report = text_of("a/report.html");
  EXPECT_THAT(report, HasSubstr("\"kendall_tau\""));  // the data are in the page
  EXPECT_THAT(report, HasSubstr("function finalists("));
}

/// Every chart and table; an error in the script would leave those after it empty.
TEST_F(ExploreCommand, ABrowserDrawsTheReport) {
  if (!has_browser()) GTEST_SKIP() << "no chromium";
  std::ofstream(place / "space.textproto") << R"(machine: "inference_16x16"
axis { field: "buffers.ibuf_bits" value: 262144 value: 524288 }
axis { field: "ports.ibuf" value: 64 value: 128 }
budget { name: "memory" term { field: "buffers.ibuf_bits" } at_most: 524288 }
workload { network: "lenet5" }
finalists { count: 2 memory: "ideal" memory: "hbm2" }
)";
  for (const std::string objectives : {"", "objective: energy\nobjective: cycles\n"}) {
    std::ofstream(place / "space.textproto", std::ios::app) << objectives;
    ASSERT_EQ(systole("explore ./space.textproto --quiet --force --out a").code, 0);
    const std::string page = drawn_by_a_browser(place / "a/report.html");
    for (const char* chart : {"distribution", "splits", "pareto", "sensitivity", "finalists-ideal", "finalists-hbm2"}) {
      EXPECT_TRUE(
          std::regex_search(page, std::regex("<svg[^>]* id=\"" + std::string(chart) + R"("[^>]*><(line|rect|text))")))
          << chart;
    }
    const std::size_t machines = page.find("<table id=\"machines\"><thead>");
    ASSERT_NE(machines, std::string::npos);
    EXPECT_THAT(page.substr(machines), HasSubstr("<th>ibuf, kB</th><th>ibuf, bit</th>"));
    EXPECT_THAT(page.substr(machines), HasSubstr("equal split</td>"));
    EXPECT_EQ(page.find("NaN"), std::string::npos);
    EXPECT_EQ(page.find(">undefined"), std::string::npos);
  }
}

/// Model, memory and finalists of the command line replace those of the file, what it sets included.
TEST_F(ExploreCommand, OptionsReplaceWhatTheSpaceSays) {
  std::ofstream(place / "space.textproto") << R"(machine: "inference_16x16"
set: "memory=ideal"
axis { field: "ports.ibuf" value: 64 value: 128 }
workload { network: "lenet5" fusion: false }
finalists { count: 1 memory: "ideal" memory: "hbm2" }
)";
  const auto summary = [&](const std::string& options) {
    const Ended run = systole("explore ./space.textproto --json " + options);
    EXPECT_EQ(run.code, 0) << run.err;
    return nlohmann::json::parse(run.out);
  };
  const nlohmann::json own = summary("");
  EXPECT_EQ(own["model"], "systole");
  EXPECT_EQ(own["memory"], "ideal");
  ASSERT_EQ(own["finalists"].size(), 2U);
  EXPECT_GT(own["finalists"][1]["machines"][0]["simulated_cycles"],
            own["finalists"][0]["machines"][0]["simulated_cycles"]);
  const nlohmann::json none = summary("--finalists 0 --model simdit");
  EXPECT_EQ(none["model"], "simdit");
  EXPECT_FALSE(none.contains("finalists"));
  const nlohmann::json other = summary("--finalists 2 --dram ddr4_2400");
  EXPECT_EQ(other["memory"], "ddr4_2400");
  EXPECT_GT(other["best"][0]["cycles"], own["best"][0]["cycles"]);
  ASSERT_EQ(other["finalists"].size(), 1U);
  EXPECT_EQ(other["finalists"][0]["memory"], "ddr4_2400");
  const Ended bad = systole("explore ./space.textproto --model simdt --dram hbm3 --finalists 33");
  EXPECT_EQ(bad.code, 1);
  for (const char* fault : {"there is no model 'simdt'", "there is no memory named 'hbm3'", "from 0 to 32"}) {
    EXPECT_THAT(bad.err, HasSubstr(fault));
  }
}

/// One field moves and the rest of its budget follows: the other port takes what is left.
TEST_F(ExploreCommand, TellsWhatEachFieldIsWorth) {
  std::ofstream(place / "space.textproto") << R"(machine: "inference_16x16"
axis { field: "ports.ibuf" value: 64 value: 128 value: 192 }
axis { field: "ports.parambuf" value: 64 value: 128 value: 192 }
budget { name: "bandwidth" term { field: "ports.ibuf" } term { field: "ports.parambuf" } at_least: 256 at_most: 256 }
workload { network: "lenet5" }
)";
  const nlohmann::json summary = nlohmann::json::parse(systole("explore ./space.textproto --json").out);
  ASSERT_EQ(summary["best"].size(), 3U);
  EXPECT_EQ(summary["distribution"]["median"], summary["best"][1]["cycles"]);
  for (const nlohmann::json& step : summary["sensitivity"]["ports.ibuf"]["steps"]) {
    for (const nlohmann::json& point : summary["best"]) {
      if (point["values"]["ports.ibuf"] != step["value"]) continue;
      EXPECT_EQ(point["cycles"], step["within_budgets"]);
    }
  }
}

/// A network that was changed under its name is another network.
TEST_F(ExploreCommand, ResultsOfAnotherNetworkAreNotTakenOver) {
  const std::filesystem::path networks = SYSTOLE_SOURCE_DIR "/configs/networks";
  std::ofstream(place / "space.textproto") << R"(machine: "inference_16x16"
axis { field: "ports.ibuf" value: 64 value: 128 }
workload { network: "./net.onnx" }
)";
  std::filesystem::copy_file(networks / "lenet5.onnx", place / "net.onnx");
  ASSERT_EQ(systole("explore ./space.textproto --quiet --out a").code, 0);
  ASSERT_EQ(systole("explore ./space.textproto --quiet --out a").code, 0);
  std::filesystem::copy_file(networks / "alexnet.onnx", place / "net.onnx",
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_THAT(systole("explore ./space.textproto --quiet --out a").err, HasSubstr("of another search"));
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

/// Several objectives and finalists: killed while it simulates or before, with any threads, the files have the same
/// bytes.
TEST_F(ExploreCommand, AFrontWithFinalistsGoesOnAfterAKill) {
  std::ofstream(place / "front.textproto")
      << "machine: \"inference_16x16\"\nobjective: energy\nobjective: cycles\n"
         "axis { field: \"buffers.ibuf_bits\" powers_of_two { from: 131072 to: 1048576 } }\n"
         "axis { field: \"ports.ibuf\" powers_of_two { from: 64 to: 512 } }\n"
         "workload { network: \"lenet5\" }\nfinalists { count: 3 memory: \"ideal\" memory: \"ddr4_2400\" }\n";
  const std::string command = "explore ./front.textproto --quiet --out ";
  ASSERT_EQ(systole(command + "whole --threads 1").code, 0);
  for (const char* seconds : {"0.05", "0.1", "0.2", "0.3"}) {
    (void)systole(command + "a --threads 2", std::string("timeout -s KILL ") + seconds);
  }
  ASSERT_EQ(systole(command + "a --threads 2").code, 0);
  EXPECT_EQ(text_of("a/summary.json"), text_of("whole/summary.json"));
  EXPECT_EQ(text_of("a/explore.sqlite"), text_of("whole/explore.sqlite"));
  const nlohmann::json summary = nlohmann::json::parse(text_of("whole/summary.json"));
  EXPECT_TRUE(summary.at("objective").at("several"));
  EXPECT_FALSE(summary.at("front").empty());
  EXPECT_EQ(summary.at("finalists").size(), 2U);
}

}  // namespace
}  // namespace systole
