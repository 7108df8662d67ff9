#include "isa/validate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "isa/encoder.h"
#include "isa/extent.h"
#include "isa/program.h"
#include "test/isa/example_block.h"
#include "test/isa/random_block.h"

namespace systole::isa {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Faults of the example after a change.
template <typename Change>
std::vector<std::string> faults_after(Change change) {
  Block block = example_block();
  change(block);
  return validate(block, small_target(), example_program().regions());
}

TEST(Validate, a_right_program_has_no_faults) {
  EXPECT_THAT(validate(example_program()), IsEmpty());
}

TEST(Validate, an_extent_beyond_its_buffer_is_named_with_numbers) {
  EXPECT_THAT(faults_after([](Block& b) {
                b.streams[0].slot_pitch = 750;
                b.streams[0].slot_pitch += 18;
              }),
              ElementsAre("stream 0 (load wbuf): reaches element of wbuf 0..1055, there are 1024",
                          "array: reaches word of wbuf 0..32, there are 32"));
  EXPECT_THAT(faults_after([](Block& b) { b.array.output_pitch = 161; }),
              ElementsAre(HasSubstr("array: reaches word of obuf 0..320, there are 320"),
                          HasSubstr("instruction 0: reaches word (iterator 0) of obuf 0..320")));
  EXPECT_THAT(faults_after([](Block& b) { b.simd.iterators[3].base = 2; }),
              ElementsAre("nest 0, instruction 1: reaches word (iterator 3) of imm 2..2, there are 2"));
  EXPECT_THAT(faults_after([](Block& b) { b.simd.iterators[1].base = -1; }),
              testing::Contains(HasSubstr("word (iterator 1) of vmem1 -1..318, there are 512")));
}

TEST(Validate, slots_must_not_overlap) {
  EXPECT_THAT(faults_after([](Block& b) { b.streams[2].slot_pitch -= 4; }),
              ElementsAre("stream 2 (load ibuf): slots of 880 elements lie 876 apart, so they overlap"));
  EXPECT_THAT(faults_after([](Block& b) { b.array.output_pitch = 159; }),
              ElementsAre("array: OBUF slots of 160 words lie 159 apart, so they overlap"));
}

TEST(Validate, a_transfer_stays_in_its_region) {
  EXPECT_THAT(
      faults_after([](Block& b) { b.streams[3].base += 1; }),
      ElementsAre(
          "stream 3 (store vmem1): moves bytes 0x40001..0x41900 of memory, which lie in no region of the memory plan"));
  EXPECT_THAT(faults_after([](Block& b) { b.streams[3].base = -8; }),
              ElementsAre("stream 3 (store vmem1): reaches byte of memory -8..6391, there are 1048576"));
  EXPECT_THAT(faults_after([](Block& b) { b.streams[1].base = 0; }), ElementsAre(HasSubstr("lie in no region")))
      << "0 is where the words are";
}

TEST(Validate, counts_are_at_least_one) {
  EXPECT_THAT(faults_after([](Block& b) { b.array.loops[0].trip.count = 0; }),
              ElementsAre("array: loop 0 counts 0, the least is 1"));
  EXPECT_THAT(faults_after([](Block& b) { b.streams[3].dims[0].trip.tail = 0; }),
              ElementsAre("stream 3 (store vmem1): dimension 0 counts 0, the least is 1"));
  EXPECT_THAT(faults_after([](Block& b) { b.tile_loops[1] = 0; }),
              ElementsAre("tile loop 1: 0 iterations, the least is 1"));
}

TEST(Validate, conditions_tails_and_strides_keep_to_their_scope) {
  EXPECT_THAT(faults_after([](Block& b) {
                b.streams[3].when = {Condition::Kind::last, 0b100};
              }),
              ElementsAre("stream 3 (store vmem1): the condition names tile loop 2, which lies inside the scope 1"));
  EXPECT_THAT(
      faults_after([](Block& b) { b.streams[1].run.elements.tail_loop = 1; }),
      ElementsAre("stream 1 (load bbuf): the tail of the run names tile loop 1, which lies inside the scope 0"));
  EXPECT_THAT(faults_after([](Block& b) { b.streams[1].tile_stride[2] = 4; }),
              ElementsAre("stream 1 (load bbuf): moves with tile loop 2, which lies inside its scope 0"));
  EXPECT_THAT(faults_after([](Block& b) { b.array.start.mask = 0b1000; }),
              ElementsAre("array: the condition names tile loop 3, the block has 3"));
  EXPECT_THAT(faults_after([](Block& b) { b.streams[0].loop = 5; }),
              testing::Contains("stream 0 (load wbuf): the scope names tile loop 5, the block has 3"));
}

TEST(Validate, every_slot_has_a_partner) {
  EXPECT_THAT(faults_after([](Block& b) { b.streams[1].used = false; }),
              ElementsAre("array: 0 streams load bbuf, it reads exactly one"));
  EXPECT_THAT(faults_after([](Block& b) { b.simd.used = false; }),
              ElementsAre("stream 3 (store vmem1): the SIMD unit, its partner, has no work in this block"));
  EXPECT_THAT(faults_after([](Block& b) { b.simd.reads_obuf = false; }),
              ElementsAre("iterator 0: addresses OBUF, which the unit does not lock"));
  EXPECT_THAT(faults_after([](Block& b) { b.simd.iterators[1].stream = 2; }),
              ElementsAre(HasSubstr("iterator 1: names stream 2")));
  EXPECT_THAT(faults_after([](Block& b) { b.streams[3].from = 0; }),
              testing::Contains(HasSubstr("copies from stream 0, which is no load of the same buffer")));
  EXPECT_THAT(faults_after([](Block& b) { b.simd.nests[0].body[0].destination = 2; }),
              ElementsAre("nest 0, instruction 0: writes to IMM"));
  EXPECT_THAT(faults_after([](Block& b) { b.simd.nests[0].body[0].source2 = 9; }),
              ElementsAre("nest 0, instruction 0: iterator 9 is not declared"));
}

TEST(Validate, numbers_that_no_field_can_hold_are_found_before_the_encoder) {
  EXPECT_THAT(faults_after([](Block& b) { b.streams[3].from = 16; }),
              testing::Contains("stream 3 (store vmem1): copies from stream 16, there are 16"));
  EXPECT_THAT(faults_after([](Block& b) { b.simd.iterators[1].stream = 99; }),
              ElementsAre("iterator 1: names stream 99, there are 16"));
  EXPECT_THAT(faults_after([](Block& b) { b.simd.nests[0].body[0].destination = 200; }),
              ElementsAre("nest 0, instruction 0: iterator 200 is not declared"));
  EXPECT_THAT(faults_after([](Block& b) { b.simd.nests[0].body.resize(17); }),
              ElementsAre("nest 0: 2 loops and 17 instructions, at most 7 and 16"));
  EXPECT_THAT(faults_after([](Block& b) { b.simd.immediates.resize(33); }),
              ElementsAre("simd: 33 IMM words, at most 32"));
  EXPECT_THAT(faults_after([](Block& b) { b.simd.nests.resize(33, b.simd.nests[0]); }),
              ElementsAre("simd: 33 nests, at most 32"));
  EXPECT_THAT(faults_after([](Block& b) { b.array.loops.resize(9); }), ElementsAre("array: 9 loops, at most 8"));
}

TEST(Validate, obuf_is_plain_memory_when_the_array_has_no_work) {
  const auto without_array = [](Block& b) {
    b.array.used = false;
    for (std::size_t s = 0; s < 3; ++s) b.streams[s].used = false;
    b.simd.reads_obuf = false;
  };
  EXPECT_THAT(faults_after(without_array), IsEmpty());
  EXPECT_THAT(faults_after([&](Block& b) {
                without_array(b);
                b.simd.iterators[0].base = 161;
              }),
              ElementsAre("nest 0, instruction 0: reaches word (iterator 0) of obuf 161..320, there are 320"));
}

TEST(Validate, lanes_are_those_of_the_machine) {
  EXPECT_THAT(faults_after([](Block& b) { b.array.rows.last.count = 5; }),
              ElementsAre("array: 5 active rows, the machine has 4"));
  EXPECT_THAT(faults_after([](Block& b) { b.simd.nests[0].lanes.loop = 2; }),
              ElementsAre("nest 0: the number of active lanes names loop 2, there are 2"));
}

TEST(Validate, the_programs_frame_is_checked) {
  Program program = example_program();
  program.mutable_blocks(0)->mutable_words()->RemoveLast();
  program.mutable_target()->set_simd_instruction_words(3);
  program.mutable_regions(0)->set_bytes(1 << 21);
  EXPECT_THAT(validate(program), ElementsAre("region 'x': 2097152 bytes at 0x10000 do not lie in a memory of 1048576",
                                             HasSubstr("region 'words'"), HasSubstr("block 0 (conv \"one\"): word ")));
  program = example_program();
  program.mutable_target()->set_simd_instruction_words(3);
  *program.add_blocks() = program.blocks(0);
  EXPECT_THAT(validate(program),
              testing::IsSupersetOf({HasSubstr("words of SIMD instructions, the memory for them holds 3"),
                                     HasSubstr("BLOCK_END last=1, but blocks follow")}));
}

TEST(Validate, never_fails_on_a_block_that_makes_no_sense) {
  RandomBlock random(4);
  int faulty = 0;
  for (int i = 0; i < 2000; ++i)
    faulty += validate(random.next(), small_target(), example_program().regions()).empty() ? 0 : 1;
  EXPECT_GT(faulty, 1900);
}

TEST(Validate, a_convolution_takes_some_hundred_words) {
  EXPECT_LE(encode(example_block()).size(), 150U);
}

}  // namespace
}  // namespace systole::isa
