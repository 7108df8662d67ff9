#include "isa/decoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "isa/encoder.h"
#include "isa/encoding.h"
#include "test/isa/random_block.h"

namespace systole::isa {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Step {
  Opcode opcode;
  FieldValues fields;
};

/// "word: message" of every fault.
std::vector<std::string> faults_of(const std::vector<Step>& steps) {
  std::vector<std::uint32_t> words;
  for (const Step& step : steps) append_instruction(spec_of(step.opcode), step.fields, words);
  std::vector<std::string> faults;
  for (const WordFault& f : decode(words.data(), words.size()).faults)
    faults.push_back(std::to_string(f.word) + ": " + f.message);
  return faults;
}

TEST(Decoder, a_missing_block_end_is_a_fault) {
  EXPECT_THAT(faults_of({{Opcode::sa_loop, {0, 0, 4}}}), ElementsAre("0: the words end without BLOCK_END"));
  EXPECT_EQ(decode(nullptr, 0).faults.size(), 1U);
}

TEST(Decoder, stops_behind_the_block_end) {
  const DecodeResult result = decode(std::vector<std::uint32_t>{0x03000000, 0xffffffff}.data(), 2);
  EXPECT_TRUE(result.faults.empty());
  EXPECT_EQ(result.words, 1U);
}

TEST(Decoder, all_faults_are_found_with_their_words) {
  EXPECT_THAT(
      faults_of({{Opcode::set_base_addr, {0, 64}},
                 {Opcode::ld_st, {0, 0, 2, 1, -1, 1, 0}},
                 {Opcode::walk_stride, {0, 1 << 20}},
                 {Opcode::loop_tail, {0, 3}},
                 {Opcode::alu, {0, 0, 0, 0}},
                 {Opcode::block_end, {0}}}),
      ElementsAre("0: this belongs to a stream, but no LD_ST stands before it",
                  "1: tile loop 1 is not declared, there are 0",
                  "2: this belongs to a dimension, but no WALK_DIM stands before it", "4: LOOP_TAIL before any trip",
                  "5: ALU stands in the wrong place: it belongs into the simd group"));
}

TEST(Decoder, a_condition_names_only_declared_loops) {
  EXPECT_THAT(faults_of({{Opcode::sa_loop, {0, 0, 4}},
                         {Opcode::ld_st, {0, 0, 2, 0, -1, 1, 0}},
                         {Opcode::ld_st_when, {1, 0b11}},
                         {Opcode::block_end, {0}}}),
              ElementsAre(HasSubstr("2: the condition names a tile loop that is not declared")));
}

TEST(Decoder, lanes_are_never_left_to_chance) {
  EXPECT_THAT(faults_of({{Opcode::inst_group, {0, 0}}, {Opcode::inst_group, {0, 1}}, {Opcode::block_end, {0}}}),
              ElementsAre("1: the array's group has no SA_LANES for both rows and columns"));
  EXPECT_THAT(faults_of({{Opcode::inst_group, {1, 0}},
                         {Opcode::nest, {}},
                         {Opcode::nest, {}},
                         {Opcode::lanes, {-1, 4}},
                         {Opcode::inst_group, {1, 1}},
                         {Opcode::block_end, {0}}}),
              ElementsAre("2: the nest that ends here has no LANES"));
}

TEST(Decoder, an_open_group_cannot_end_the_block) {
  EXPECT_THAT(faults_of({{Opcode::inst_group, {1, 0}}, {Opcode::block_end, {0}}}),
              ElementsAre("1: BLOCK_END stands in the wrong place: it belongs outside groups",
                          "1: the words end without BLOCK_END"));
}

TEST(Decoder, says_which_words_the_simd_instruction_memory_holds) {
  Block block;
  block.simd.used = true;
  block.simd.nests.resize(1);
  block.simd.nests[0].loops = {{100000, 1, kNoLoop}};
  const std::vector<std::uint32_t> words = encode(block);
  const DecodeResult result = decode(words.data(), words.size());
  EXPECT_EQ(result.simd_begin, 1U);
  EXPECT_EQ(result.simd_end, 5U) << "NEST, IMM_HIGH, LOOP, LANES";
}

TEST(Decoder, survives_random_words) {
  std::mt19937 random(7);
  const auto& table = instruction_table();
  for (int i = 0; i < 20000; ++i) {
    std::vector<std::uint32_t> words(random() % 60);
    for (std::uint32_t& word : words) {
      word = random();  // three in four get an opcode that exists, so that the fields are reached
      if (random() % 4 != 0)
        word = (word & 0x00ffffff) | static_cast<std::uint32_t>(table[random() % table.size()].opcode) << 24;
      if (random() % 2 != 0) word &= 0xff0f000f;
    }
    const DecodeResult result = decode(words.data(), words.size());
    ASSERT_LE(result.words, words.size());
    if (!result.faults.empty()) continue;
    const std::vector<std::uint32_t> again = encode(result.block);
    ASSERT_TRUE(decode(again.data(), again.size()).block == result.block);
  }
}

TEST(Decoder, survives_a_flipped_bit_and_a_lost_word_anywhere) {
  RandomBlock blocks(99);
  std::mt19937 random(3);
  for (int i = 0; i < 300; ++i) {
    const std::vector<std::uint32_t> words = encode(blocks.next());
    for (int k = 0; k < 20; ++k) {
      std::vector<std::uint32_t> bad = words;
      const std::size_t at = random() % bad.size();
      if (k % 2 == 0) {
        bad[at] ^= 1U << (random() % 32);
      } else {
        bad.erase(bad.begin() + static_cast<std::ptrdiff_t>(at));
      }
      const DecodeResult result = decode(bad.data(), bad.size());
      for (const WordFault& fault : result.faults) ASSERT_LT(fault.word, words.size()) << fault.message;
    }
  }
}

}  // namespace
}  // namespace systole::isa
