#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "program_run.h"
#include "wave_reader.h"

namespace systole {
namespace {

class WaveWords : public ProgramTest {
 protected:
  /// What a variable is in a cycle, -1 as the wave has it: all bits.
  struct Signal {
    std::map<std::int64_t, std::string> changes;
    [[nodiscard]] std::int64_t at(std::int64_t cycle) const {
      const std::string& bits = std::prev(changes.upper_bound(cycle))->second;
      return bits.empty() ? -2 : static_cast<std::int32_t>(std::stoll(bits, nullptr, 2));
    }
  };
  static Signal signal(const Wave& wave, const std::string& name) { return {wave.between(name, 0, wave.last())}; }

  /// An instruction as `systole trace` prints it.
  struct Line {
    std::int64_t issue, completion;
    std::string unit;
    std::int64_t block, tile;
    std::string layer;
    std::int64_t address;
    std::string opcode;
  };
  static std::vector<Line> lines_of(const std::string& text) {
    std::vector<Line> lines;
    std::istringstream in(text);
    std::string line;
    std::getline(in, line);
    std::getline(in, line);
    while (std::getline(in, line)) {
      std::istringstream words(line);
      Line one;
      char colon = ' ';
      words >> one.issue >> one.completion >> one.unit >> one.block >> one.tile >> one.layer;
      if (words >> one.address >> colon >> one.opcode && colon == ':') lines.push_back(one);
    }
    return lines;
  }

  /// The lines of a disassembled program: text by block and word, and the first word of each block.
  struct Listing {
    std::vector<std::int64_t> first;
    std::vector<std::map<std::int64_t, std::string>> words;
  };
  static Listing listing_of(const std::string& text) {
    Listing listing;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
      const std::size_t from = line.find("from word ");
      if (line.rfind("; block", 0) == 0) {
        listing.first.push_back(std::stoll(line.substr(from + 10)));
        listing.words.emplace_back();
      }
      const std::size_t colon = line.find(": ");
      if (line.rfind(' ', 0) != 0 || colon == std::string::npos || listing.words.empty()) continue;
      listing.words.back()[std::stoll(line.substr(0, colon))] = line.substr(colon + 2);
    }
    return listing;
  }
};

/// Whatever the trace says that a unit executes, its `word` is that line of the disassembly in that cycle.
TEST_F(WaveWords, AUnitShowsTheInstructionThatItExecutes) {
  const std::string machine = " --hw inference_16x16 ";
  ASSERT_EQ(systole("run lenet5 --quiet --vcd run.vcd --trace run.trace" + machine).code, 0);
  ASSERT_EQ(systole("compile lenet5 -o lenet5.prog" + machine).code, 0);
  const Listing listing = listing_of(systole("disasm lenet5.prog").out);
  const Wave wave(text_of("run.vcd"));
  std::map<std::string, Signal> signals;
  std::map<std::string, int> seen;
  for (const Line& line : lines_of(systole("trace run.trace").out)) {
    if (line.unit == "controller" || line.unit == "dma_instruction") continue;
    const std::string prefix = line.opcode == "load" || line.opcode == "store" ? line.opcode + "_" : "";
    const std::string name = line.unit + "." + prefix + "word";
    if (signals.count(name) == 0) signals[name] = signal(wave, name);
    const std::int64_t word = signals[name].at(line.issue);
    const auto block = static_cast<std::size_t>(line.block);
    ASSERT_EQ(word, line.address - listing.first.at(block)) << name << " at " << line.issue;
    const std::string& text = listing.words.at(block).at(word);
    const char* const expected = line.opcode == "tile"    ? "INST_GROUP unit=array edge=start"
                                 : line.opcode == "load"  ? "direction=load"
                                 : line.opcode == "store" ? "direction=store"
                                                          : "destination=";
    ASSERT_THAT(text, testing::HasSubstr(expected)) << name << " at " << line.issue;
    ++seen[name];
  }
  for (const char* name : {"systolic_array.word", "simd_unit.word", "dma_ibuf.load_word", "dma_parambuf.load_word",
                           "dma_simd.load_word", "dma_simd.store_word", "dma_obuf.store_word"}) {
    EXPECT_GT(seen[name], 0) << name;
  }
}

TEST_F(WaveWords, TheControllerShowsTheWordThatItDecodes) {
  ASSERT_EQ(systole("run lenet5 --quiet --vcd run.vcd --trace run.trace --hw inference_16x16").code, 0);
  const Wave wave(text_of("run.vcd"));
  const Signal word = signal(wave, "controller.word");
  const Signal block = signal(wave, "controller.block");
  std::map<std::int64_t, std::int64_t> first;                             // word of each block
  std::map<std::int64_t, std::pair<std::int64_t, std::int64_t>> decoded;  // block and lowest address, by cycle
  for (const Line& line : lines_of(systole("trace run.trace --unit controller").out)) {
    first.emplace(line.block, line.address);
    decoded.emplace(line.issue, std::make_pair(line.block, line.address));
  }
  ASSERT_GT(decoded.size(), 100U);
  for (const auto& [cycle, what] : decoded) {
    ASSERT_EQ(block.at(cycle), what.first) << cycle;
    ASSERT_EQ(word.at(cycle), what.second - first.at(what.first)) << cycle;
  }
}

TEST_F(WaveWords, BankConflictsOfAllMemoriesAddUpToTheCounter) {
  const Ended run =
      systole("run lenet5 --json --vcd run.vcd --hw training_16x16 --dram hbm2 --mode training --batch 2");
  ASSERT_EQ(run.code, 0) << run.err;
  const nlohmann::json summary = nlohmann::json::parse(run.out);
  const Wave wave(text_of("run.vcd"));
  std::int64_t sum = 0;
  for (const auto& [memory, signal_name] : std::map<std::string, std::string>{
           {"OBUF", "bank_conflicts_obuf"}, {"VMEM1", "bank_conflicts_vmem1"}, {"VMEM2", "bank_conflicts_vmem2"}}) {
    const std::int64_t cycles = signal(wave, "simd_unit." + signal_name).at(wave.last() - 1);
    EXPECT_EQ(cycles > 0, summary["sram"][memory]["conflicts"] > 0) << memory;
    sum += cycles;
  }
  EXPECT_GT(sum, 0);
  EXPECT_EQ(sum, summary["units"]["simd_unit"]["stalls"]["bank_conflict"]);
}

TEST_F(WaveWords, WhatAProgramNeverUsesHasNoVariable) {
  ASSERT_EQ(systole("run lenet5 --quiet --vcd run.vcd --hw inference_16x16").code, 0);
  const Wave wave(text_of("run.vcd"));
  int variables = 0;
  for (const std::string& name : wave.names()) {
    if (name.find(".load_") == std::string::npos && name.find(".store_") == std::string::npos &&
        name.find("slots.stream") == std::string::npos) {
      continue;
    }
    EXPECT_NE(wave.last_value(name), "") << name;
    ++variables;
  }
  EXPECT_GT(variables, 20);
  const std::vector<std::string> names = wave.names();
  EXPECT_EQ(std::count(names.begin(), names.end(), "dma_instruction.store_stream"), 0);
}

}  // namespace
}  // namespace systole
