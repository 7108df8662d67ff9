#include "isa/instruction_places.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "isa/encoder.h"
#include "isa/text.h"
#include "test/isa/example_block.h"
#include "test/isa/random_block.h"

namespace systole::isa {
namespace {

using ::testing::StartsWith;

/// The lines of a program of one block, by the number that the disassembler gives them.
std::map<std::int64_t, std::string> lines_of(const Program& program) {
  std::map<std::int64_t, std::string> lines;
  std::istringstream text(disassemble(program));
  for (std::string line; std::getline(text, line);) {
    const std::size_t colon = line.find(": ");
    if (colon == 6) lines[std::stoll(line)] = line.substr(colon + 2);
  }
  return lines;
}

std::size_t count_of(const std::map<std::int64_t, std::string>& lines, const std::string& mnemonic) {
  return static_cast<std::size_t>(
      std::count_if(lines.begin(), lines.end(), [&](const auto& line) { return line.second.rfind(mnemonic, 0) == 0; }));
}

TEST(InstructionPlaces, AreTheLinesOfTheDisassembly) {
  for (std::uint32_t seed = 0; seed < 100; ++seed) {
    SCOPED_TRACE(seed);
    Program program = example_program();
    program.clear_blocks();
    EncodedBlock& block = *program.add_blocks();
    for (const std::uint32_t word : encode(RandomBlock(seed).next())) block.add_words(word);
    const std::map<std::int64_t, std::string> lines = lines_of(program);
    const InstructionPlaces places = instruction_places(block);

    std::size_t streams = 0;
    for (std::size_t stream = 0; stream < places.streams.size(); ++stream) {
      if (places.streams[stream] < 0) continue;
      ++streams;
      EXPECT_THAT(lines.at(places.streams[stream]), StartsWith("LD_ST stream=" + std::to_string(stream) + " "));
    }
    EXPECT_EQ(streams, count_of(lines, "LD_ST stream="));
    EXPECT_EQ(places.array >= 0, count_of(lines, "INST_GROUP unit=array edge=start") == 1);
    if (places.array >= 0) {
      EXPECT_EQ(lines.at(places.array), "INST_GROUP unit=array edge=start");
    }
    EXPECT_EQ(places.simd.size(), count_of(lines, "NEST"));
  }
}

TEST(InstructionPlaces, OfANestsBodyAreThoseThatCompute) {
  const Program program = example_program();
  const std::map<std::int64_t, std::string> lines = lines_of(program);
  const InstructionPlaces places = instruction_places(program.blocks(0));
  const Block block = example_block();
  ASSERT_EQ(places.simd.size(), block.simd.nests.size());
  for (std::size_t nest = 0; nest < places.simd.size(); ++nest) {
    ASSERT_EQ(places.simd[nest].size(), block.simd.nests[nest].body.size());
    for (const std::int64_t word : places.simd[nest]) EXPECT_THAT(lines.at(word), testing::HasSubstr(" source1="));
  }
}

}  // namespace
}  // namespace systole::isa
