#include <gmock/gmock.h>

#include <cstring>
#include <map>
#include <nlohmann/json.hpp>

#include "program_run.h"
#include "wave_reader.h"

namespace systole {
namespace {

using testing::HasSubstr;

class WaveOption : public ProgramTest {};

/// Unit by unit and reason by reason.
TEST_F(WaveOption, StatesAddUpToTheCounters) {
  for (const char* what :
       {"--hw inference_16x16 --dram ideal", "--hw inference_16x16 --dram ddr4_2400",
        "--hw inference_16x16 --dram hbm2", "--hw training_16x16 --dram hbm2 --mode training --batch 2"}) {
    const Ended run = systole(std::string("run lenet5 --json --vcd run.vcd ") + what);
    ASSERT_EQ(run.code, 0) << run.err;
    const nlohmann::json summary = nlohmann::json::parse(run.out);
    const Wave wave(text_of("run.vcd"));
    EXPECT_EQ(wave.last(), summary["cycles"]);
    for (const auto& [name, unit] : summary["units"].items()) {
      std::map<std::string, std::int64_t> counted{{"busy", unit["busy"]}, {"idle", unit["idle"]}};
      for (const auto& [reason, cycles] : unit["stalls"].items()) counted[reason] = cycles;
      std::map<std::string, std::int64_t> seen = wave.cycles_of(name + ".state");
      for (const auto& [state, cycles] : counted) EXPECT_EQ(seen[state], cycles) << what << ' ' << name << ' ' << state;
    }
  }
}

TEST_F(WaveOption, AWaveChangesNoResult) {
  const Ended plain = systole("run squeezenet --json");
  const Ended watched = systole("run squeezenet --json --vcd run.vcd --wave-from 100000 --wave-to 120000");
  EXPECT_EQ(watched.out, plain.out);
  const Wave wave(text_of("run.vcd"));
  EXPECT_EQ(wave.first(), 100000);
  EXPECT_EQ(wave.last(), 120000);
}

/// What a unit began before the window is known in it.
TEST_F(WaveOption, AWindowShowsTheSameAsTheWholeWave) {
  ASSERT_EQ(systole("run lenet5 --quiet --hw inference_16x16 --vcd whole.vcd").code, 0);
  ASSERT_EQ(systole("run lenet5 --quiet --hw inference_16x16 --vcd part.vcd --wave-from 4000 --wave-to 9000").code, 0);
  ASSERT_EQ(systole("run lenet5 --quiet --hw inference_16x16 --vcd rest.vcd --wave-from 9000").code, 0);
  ASSERT_EQ(systole("run lenet5 --quiet --hw inference_16x16 --vcd begin.vcd --wave-to 4000").code, 0);
  const Wave whole(text_of("whole.vcd"));
  for (const char* unit : {"systolic_array", "simd_unit", "dma_ibuf", "dma_instruction", "controller", "dram"}) {
    const std::string name = std::string(unit) + ".state";
    std::map<std::string, std::int64_t> sum;
    for (const char* part : {"begin.vcd", "part.vcd", "rest.vcd"}) {
      for (const auto& [state, cycles] : Wave(text_of(part)).cycles_of(name)) sum[state] += cycles;
    }
    EXPECT_EQ(sum, whole.cycles_of(name)) << unit;
  }
}

/// Transfers, tiles and rows that were under way, too. Counts begin with the window, the last command and the bus's
/// direction are not known before the first one in it, nor what a sequencer did that does nothing.
TEST_F(WaveOption, AWindowKnowsWhatWentOnBeforeIt) {
  ASSERT_EQ(systole("run lenet5 --quiet --hw inference_16x16 --vcd whole.vcd").code, 0);
  const Wave whole(text_of("whole.vcd"));
  for (const std::int64_t from : {1, 1500, 4000, 4321, 9876, 12000}) {
    const std::string begin = std::to_string(from);
    ASSERT_EQ(systole("run lenet5 --quiet --hw inference_16x16 --vcd part.vcd --wave-from " + begin).code, 0);
    const Wave part(text_of("part.vcd"));
    std::size_t known = 0;
    for (const std::string& name : part.names()) {
      if (name.find("count_") != std::string::npos || name.find("row_hits") != std::string::npos) continue;
      if (name.find("bank_conflicts") != std::string::npos) continue;
      const auto in_part = part.between(name, from, whole.last());
      const auto in_whole = whole.between(name, from, whole.last());
      if (!in_part.at(from).empty() && in_part.at(from) != "-") {
        EXPECT_EQ(in_part, in_whole) << name << " from " << from;
        ++known;
      }
      for (const char* always :
           {".state", "stream", "valid", "ready", "queue", "outstanding", "bus", "open_row", "program.block"}) {
        if (name.size() > std::strlen(always) && name.rfind(always) == name.size() - std::strlen(always)) {
          EXPECT_EQ(in_part, in_whole) << name << " from " << from;
        }
      }
    }
    EXPECT_GT(known, 50U) << from;
  }
}

TEST_F(WaveOption, AMemoryTakesABurstWheneverAPortIsReady) {
  const Ended run = systole("run lenet5 --hw inference_16x16 --quiet --out out --vcd run.vcd");
  ASSERT_EQ(run.code, 0) << run.err;
  const Wave wave(text_of("run.vcd"));
  std::int64_t taken = 0;
  for (const char* port : {"dma_parambuf", "dma_ibuf", "dma_obuf", "dma_simd", "dma_instruction"}) {
    taken += wave.cycles_of(std::string(port) + ".ready")["1"];
  }
  EXPECT_EQ(taken, nlohmann::json::parse(text_of("out/run.json"))["bursts"]);
}

TEST_F(WaveOption, AWindowTakesNothingFromATrace) {
  ASSERT_EQ(systole("run lenet5 --quiet --hw inference_16x16 --trace plain.trace").code, 0);
  ASSERT_EQ(systole("run lenet5 --quiet --hw inference_16x16 --trace beside.trace --vcd a.vcd --wave-from 4000").code,
            0);
  EXPECT_EQ(text_of("beside.trace"), text_of("plain.trace"));
}

TEST_F(WaveOption, SlicesOfATimelineAddUpToTheCounters) {
  const Ended run = systole("run lenet5 --hw inference_16x16 --json --timeline run.json --vcd run.vcd");
  ASSERT_EQ(run.code, 0) << run.err;
  const nlohmann::json trace = nlohmann::json::parse(text_of("run.json"));
  std::map<int, std::string> tracks;
  std::map<std::string, std::map<std::string, std::int64_t>> seen;
  for (const auto& event : trace["traceEvents"]) {
    if (event.value("name", "") == "thread_name") tracks[event["tid"]] = event["args"]["name"];
    if (event["ph"] == "X") seen[tracks.at(event["tid"])][event["name"]] += event["dur"].get<std::int64_t>();
  }
  for (const auto& [name, unit] : nlohmann::json::parse(run.out)["units"].items()) {
    EXPECT_EQ(seen[name]["busy"], unit["busy"]) << name;
    for (const auto& [reason, cycles] : unit["stalls"].items()) EXPECT_EQ(seen[name][reason], cycles) << name << reason;
  }
}

TEST_F(WaveOption, AnFstFileSaysWhatTheValueChangeDumpSays) {
  if (std::system("command -v fst2vcd >/dev/null") != 0) GTEST_SKIP() << "fst2vcd is missing (package: gtkwave)";
  const Ended fst = systole("run lenet5 --quiet --hw inference_16x16 --fst run.fst");
  if (fst.code == 2) GTEST_SKIP() << fst.err;
  ASSERT_EQ(fst.code, 0) << fst.err;
  ASSERT_EQ(systole("run lenet5 --quiet --hw inference_16x16 --vcd run.vcd").code, 0);
  const std::string convert = "fst2vcd " + (place / "run.fst").string() + " -o " + (place / "back.vcd").string();
  ASSERT_EQ(std::system((convert + " >/dev/null 2>&1").c_str()), 0);
  const Wave wave(text_of("run.vcd"));
  const Wave back(text_of("back.vcd"));
  EXPECT_EQ(back.last(), wave.last());
  for (const char* name : {"systolic_array.state", "dma_ibuf.state", "simd_unit.tile", "dram.channel0.command",
                           "dram.channel0.open_row3", "slots.obuf", "dma_simd.load_address"}) {
    EXPECT_EQ(back.cycles_of(name), wave.cycles_of(name)) << name;
  }
}

TEST_F(WaveOption, BesideAWaveIsASaveFileThatNamesItsVariables) {
  ASSERT_EQ(systole("run lenet5 --quiet --hw inference_16x16 --vcd run.vcd").code, 0);
  const std::string save = text_of("run.gtkw");
  EXPECT_THAT(save, HasSubstr((place / "run.vcd").string()));
  EXPECT_THAT(save, HasSubstr("\nsystolic_array.state\n"));
  EXPECT_THAT(save, HasSubstr("\nsimd_unit.tile[31:0]\n"));
}

TEST_F(WaveOption, OnlyTheLayersAndUnitsThatAreWanted) {
  const Ended run =
      systole("run lenet5 --hw inference_16x16 --json --vcd run.vcd --wave-layer conv1 --wave-units 'dma_*'");
  ASSERT_EQ(run.code, 0) << run.err;
  const Wave wave(text_of("run.vcd"));
  for (const auto& layer : nlohmann::json::parse(run.out)["layers"]) {
    if (layer["name"] != "conv1") continue;
    EXPECT_LE(wave.first(), layer["start"]);
    EXPECT_GE(wave.last(), layer["end"]);
    EXPECT_LT(wave.last() - wave.first(), layer["cycles"].get<std::int64_t>() + 100);
  }
  EXPECT_TRUE(wave.has_scope("dma_ibuf"));
  EXPECT_FALSE(wave.has_scope("systolic_array"));
}

TEST_F(WaveOption, FaultsLeaveNoFile) {
  const auto refused = [&](const std::string& options, const std::string& message) {
    const Ended run = systole("run lenet5 --vcd run.vcd " + options);
    EXPECT_EQ(run.code, 1);
    EXPECT_THAT(run.err, HasSubstr(message));
    EXPECT_FALSE(std::filesystem::exists(place / "run.vcd"));
  };
  refused("--wave-from 100000000", "the run ended at");
  refused("--wave-from 5 --wave-to 5", "the window of cycles is empty");
  refused("--wave-layer conv22", "did you mean conv0?");
  refused("--wave-units dma_ibux", "did you mean dma_ibuf?");
  refused("--wave-layer conv1 --wave-from 5", "a window is given by cycles and by layers");
}

}  // namespace
}  // namespace systole
