#include "isa/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "base/errors.h"
#include "isa/encoder.h"
#include "isa/program.h"
#include "test/isa/example_block.h"
#include "test/isa/random_block.h"

namespace systole::isa {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Program of random blocks, names full of what a text could stumble over.
Program random_program(std::uint32_t seed) {
  RandomBlock random(seed);
  Program program = example_program();
  program.clear_blocks();
  program.mutable_layers(0)->set_name("a \"b\" \\ c; d\n\te=\x7f \xc3\xa9");
  program.mutable_layers(1)->set_note("");
  program.mutable_regions(1)->set_data(std::string(100, '\xff'));
  for (Tensor* tensor : {program.add_inputs(), program.add_outputs()}) {
    tensor->set_name("in \"or\" out");
    for (const int extent : {1, 3, 8}) tensor->add_shape(extent);
    tensor->set_region(static_cast<int>(seed % 2));
    tensor->set_bit_offset(64);
    for (const int stride : {0, 512, 8}) tensor->add_bit_strides(stride);
  }
  for (int b = 0; b < 4; ++b) {
    EncodedBlock& block = *program.add_blocks();
    const std::vector<std::uint32_t> words = encode(random.next());
    block.mutable_words()->Add(words.begin(), words.end());
    block.set_array_layer(b % 3 - 1);
    for (int i = 0; i < b; ++i) block.add_nest_layers(1);
    for (int i = 0; i < b; ++i) block.add_stream_layers(i % 3 - 1);
  }
  return program;
}

/// "line:column: message" of every fault.
std::vector<std::string> faults_of(const std::string& text) {
  std::vector<std::string> faults;
  try {
    assemble(text, "t.s");
  } catch (const UserError& error) {
    for (const Diagnostic& d : error.diagnostics())
      faults.push_back(std::to_string(d.line) + ":" + std::to_string(d.column) + ": " + d.message);
  }
  return faults;
}

TEST(Text, assembling_the_disassembly_gives_the_same_bytes_and_the_same_text) {
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    const Program program = seed == 0 ? example_program() : random_program(seed);
    const std::string text = disassemble(program);
    const Program again = assemble(text, "t.s");
    ASSERT_EQ(to_bytes(again), to_bytes(program)) << text;
    ASSERT_EQ(disassemble(again), text);
  }
}

TEST(Text, reads_like_the_instruction_set) {
  const std::string text = disassemble(example_program());
  EXPECT_THAT(text, HasSubstr(".program schema=1 machine=\"small\" model=\"example\" mode=\"inference\" "
                              "batch=1 numbers=single_precision\n.target rows=4 columns=8 "));
  EXPECT_THAT(
      text,
      HasSubstr(
          ".layer index=0 name=\"conv \\\"one\\\"\" op=\"Conv\" phase=forward unit=systolic_array fused_into=-1 "));
  EXPECT_THAT(
      text,
      HasSubstr(
          ".region name=\"x\" address=0x10000 bytes=3200 kind=input element_bits=8 shape=1,20,20,8 order=\"NHWC\"\n"));
  EXPECT_THAT(text, HasSubstr(".data hex=0001feff\n"));
  EXPECT_THAT(text, HasSubstr("     0: SA_LOOP level=tile id=0 iterations=2\n"));
  EXPECT_THAT(text,
              HasSubstr(": LD_ST stream=0 direction=load buffer=wbuf loop=2 element_bits=8  ; \"conv \\\"one\\\"\"\n"));
  EXPECT_THAT(text, HasSubstr(": SET_BASE_ADDR memory=off_chip address=0x20000\n"));
  EXPECT_THAT(text, HasSubstr(": LOOP_TAIL loop=1 count=4\n"));
  EXPECT_THAT(text, HasSubstr(": NEST when=last loops=2  ; \"relu\"\n"));
  EXPECT_THAT(text, HasSubstr(": ALU function=mul destination=1 source1=0 source2=2\n"));
}

TEST(Text, an_extension_that_is_not_needed_is_kept_as_it_is) {
  Program program = example_program();
  EncodedBlock& block = *program.mutable_blocks(0);
  block.clear_words();
  for (const std::uint32_t word : {0x01000000U, 0x10000005U, 0x01ffffffU, 0x10018000U, 0x03000001U})
    block.add_words(word);
  const std::string text = disassemble(program);
  EXPECT_THAT(text, HasSubstr("     0: IMM_HIGH bits=0\n     1: SA_LOOP level=tile id=0 iterations=5\n"));
  EXPECT_THAT(text, HasSubstr("     2: .word bits=0x01ffffff"));  // -32768 iterations
  block.mutable_words()->Set(2, 0x01000000);
  EXPECT_EQ(to_bytes(assemble(disassemble(program), "t.s")), to_bytes(program));
}

TEST(Text, what_is_left_out_has_its_default_and_spaces_do_not_matter) {
  const Program program = assemble(
      "\n  .block\t; nothing else\r\n LD_ST stream=0 direction=load buffer=ibuf element_bits=8\nBLOCK_END   last=1;x",
      "t.s");
  EXPECT_EQ(program.schema(), kProgramSchema);
  ASSERT_EQ(program.blocks(0).words_size(), 2);
  EXPECT_EQ(program.blocks(0).words(0), 0x2002ffa0U);
}

TEST(Text, all_faults_come_together_with_line_and_column) {
  EXPECT_THAT(
      faults_of(".blok\n"
                ".block array_layer=x\n"
                "  SA_LOP level=tile id=0 iterations=2\n"
                "  SA_LOOP level=til id=9 iterations=0\n"
                "  SA_LOOP level=tile stride=4\n"
                "  WALK_DIM count\n"
                "  WALK_DIM count=1 count=2\n"
                "  .word bits=0x100000000\n"
                ".data hex=00\n"
                ".layer name=\"open\n"
                ".layer name=\"\\q\"\n"
                ".region kind=inpt\n"),
      ElementsAre("1:1: unknown directive '.blok'", "2:8: array_layer=x is no value of this field",
                  "3:3: unknown instruction 'SA_LOP'", "4:11: level=til is not tile array", "4:21: id=9 is not 0..7",
                  "4:26: iterations=0 is not 1..2^31-1", "5:22: SA_LOOP has no field 'stride'",
                  "5:3: SA_LOOP lacks field 'id'", "5:3: SA_LOOP lacks field 'iterations'", "6:17: expected name=value",
                  "7:20: field 'count' is given twice", "8:9: a word has 32 bits",
                  "9:1: .data before the first .region", "10:13: the quotes are not closed", "11:14: unknown escape",
                  "12:9: kind=inpt is no value of this field"));
}

TEST(Text, hints_name_the_nearest_word) {
  try {
    assemble(".block\nSA_LOP level=tile\n", "t.s");
    FAIL();
  } catch (const UserError& error) {
    EXPECT_STREQ(error.what(), "t.s:2:1: error: unknown instruction 'SA_LOP'\n  hint: did you mean 'SA_LOOP'?");
  }
}

TEST(Text, what_the_machine_would_refuse_is_refused_at_its_line) {
  EXPECT_THAT(faults_of(".block\nSET_BASE_ADDR memory=off_chip address=0x12345678\nBLOCK_END\nBLOCK_END\n"),
              ElementsAre("2:1: this belongs to a stream, but no LD_ST stands before it",
                          "4:1: this stands behind the block's BLOCK_END"));
  EXPECT_THAT(faults_of(".block\n.word bits=0\n"),
              ElementsAre("2:1: no instruction has opcode 0x00", "2:1: the words end without BLOCK_END"));
  EXPECT_THAT(faults_of(".block\n"), ElementsAre("0:0: block 0 has no words"));
  EXPECT_THAT(faults_of(""), ElementsAre("0:0: the text has no .block"));
  EXPECT_THAT(faults_of("BLOCK_END\n"),
              ElementsAre("1:1: an instruction before the first .block", "0:0: the text has no .block"));
  EXPECT_THAT(faults_of(".block array_layer=3\nBLOCK_END"), ElementsAre("0:0: block 0 names layer 3, there are 0"));
}

TEST(Text, survives_damaged_text) {
  const std::string good = disassemble(example_program());
  std::mt19937 random(8);
  for (int i = 0; i < 3000; ++i) {
    std::string bad = good;
    for (int k = 0; k < 3; ++k) {
      const std::size_t at = random() % bad.size();
      if (random() % 2 == 0) {
        bad[at] = static_cast<char>(random());
      } else {
        bad.erase(at, random() % 20);
      }
    }
    EXPECT_NO_FATAL_FAILURE(faults_of(bad));
  }
}

}  // namespace
}  // namespace systole::isa
