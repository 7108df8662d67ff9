#include "isa/encoding.h"

#include <gtest/gtest.h>

#include <set>

#include "base/errors.h"

namespace systole::isa {
namespace {

TEST(Encoding, opcodes_and_mnemonics_are_unique_and_in_order) {
  int previous = -1;
  std::set<std::string> mnemonics;
  for (const InstructionSpec& spec : instruction_table()) {
    EXPECT_GT(static_cast<int>(spec.opcode), previous) << spec.mnemonic;
    previous = static_cast<int>(spec.opcode);
    EXPECT_TRUE(mnemonics.insert(spec.mnemonic).second) << spec.mnemonic;
    EXPECT_EQ(find_opcode(static_cast<std::uint8_t>(spec.opcode)), &spec);
    EXPECT_EQ(find_mnemonic(spec.mnemonic), &spec);
  }
  EXPECT_EQ(find_opcode(0), nullptr) << "memory full of zeros must not look like a program";
}

TEST(Encoding, fields_do_not_overlap_and_hold_their_range) {
  for (const InstructionSpec& spec : instruction_table()) {
    std::uint32_t taken = 0xff000000;
    for (const Field& field : spec.fields) {
      const std::string where = std::string(spec.mnemonic) + " " + field.name;
      ASSERT_LE(field.low, field.high) << where;
      for (int bit = field.low; bit <= field.high; ++bit) {
        EXPECT_EQ(taken & (1U << bit), 0U) << where << " bit " << bit;
        taken |= 1U << bit;
      }
      const int width = field.is_value() ? 40 : field.high - field.low + 1;
      const std::int64_t span = std::int64_t{1} << width;
      EXPECT_LE(field.max, (field.min < 0 || field.is_value() ? span / 2 : span) - 1) << where;
      EXPECT_GE(field.min, -span / 2) << where;
    }
  }
}

TEST(Encoding, every_field_value_survives_at_both_ends_of_its_range) {
  for (const InstructionSpec& spec : instruction_table()) {
    if (spec.opcode == Opcode::imm_high) continue;
    for (const bool top : {false, true}) {
      FieldValues values{};
      for (std::size_t i = 0; i < spec.fields.size(); ++i) values[i] = top ? spec.fields[i].max : spec.fields[i].min;
      std::vector<std::uint32_t> words;
      append_instruction(spec, values, words);
      const Operation read = read_operation(words.data(), words.size());
      EXPECT_EQ(read.fault, "");
      EXPECT_EQ(read.spec, &spec);
      EXPECT_EQ(read.values, values) << spec.mnemonic;
      EXPECT_EQ(read.words, words.size());
      EXPECT_TRUE(read.canonical);
    }
  }
}

TEST(Encoding, a_value_takes_a_second_word_only_when_16_bits_are_too_few) {
  const auto words_for = [](std::int64_t stride) {
    std::vector<std::uint32_t> words;
    append_instruction(spec_of(Opcode::set_loop_stride), {2, stride}, words);
    return words;
  };
  EXPECT_EQ(words_for(32767), (std::vector<std::uint32_t>{0x24027fff}));
  EXPECT_EQ(words_for(-32768), (std::vector<std::uint32_t>{0x24028000}));
  EXPECT_EQ(words_for(32768), (std::vector<std::uint32_t>{0x01000000, 0x24028000}));
  EXPECT_EQ(words_for(-1), (std::vector<std::uint32_t>{0x2402ffff}));
  EXPECT_EQ(words_for(0x123456789a), (std::vector<std::uint32_t>{0x01123456, 0x2402789a}));
}

TEST(Encoding, a_value_out_of_range_is_a_bug_of_the_caller) {
  std::vector<std::uint32_t> words;
  EXPECT_THROW(append_instruction(spec_of(Opcode::set_loop_stride), {8, 0}, words), InternalError);
  EXPECT_THROW(append_instruction(spec_of(Opcode::set_loop_stride), {0, kMaxValue + 1}, words), InternalError);
  EXPECT_THROW(append_instruction(spec_of(Opcode::walk_dim), {0}, words), InternalError);
}

TEST(Encoding, words_that_are_no_instruction_are_told_why) {
  const auto fault_of = [](std::vector<std::uint32_t> words) {
    return read_operation(words.data(), words.size()).fault;
  };
  EXPECT_EQ(fault_of({0}), "no instruction has opcode 0x00");
  EXPECT_EQ(fault_of({0x03000002}), "BLOCK_END has reserved bits set (0x00000002)");
  EXPECT_EQ(fault_of({0x01000000}), "IMM_HIGH stands before no instruction with a value");
  EXPECT_EQ(fault_of({0x01000000, 0x03000000}), "IMM_HIGH stands before no instruction with a value");
  EXPECT_EQ(fault_of({0x25000000}), "WALK_DIM count=0 is not 1..2^31-1");
}

}  // namespace
}  // namespace systole::isa
