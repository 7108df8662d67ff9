#include <gtest/gtest.h>

#include "base/errors.h"
#include "isa/decoder.h"
#include "isa/encoder.h"
#include "test/isa/random_block.h"

namespace systole::isa {
namespace {

TEST(RoundTrip, decoding_gives_back_the_block_and_encoding_the_words) {
  RandomBlock random(2024);
  for (int i = 0; i < 5000; ++i) {
    const Block block = random.next();
    const std::vector<std::uint32_t> words = encode(block);
    const DecodeResult decoded = decode(words.data(), words.size());
    ASSERT_TRUE(decoded.faults.empty()) << "block " << i << ": " << decoded.faults.front().message;
    ASSERT_EQ(decoded.words, words.size());
    ASSERT_TRUE(decoded.block == block) << "block " << i;
    ASSERT_EQ(encode(decoded.block), words) << "block " << i;
    ASSERT_EQ(decoded.simd_end - decoded.simd_begin, block.simd.used ? simd_words(block.simd) : 0U);
  }
}

TEST(RoundTrip, an_empty_block_is_one_word) {
  EXPECT_EQ(encode(Block{}), (std::vector<std::uint32_t>{0x03000000}));
}

TEST(RoundTrip, blocks_differ_when_any_field_does) {
  Block a;
  a.tile_loops = {3};
  a.streams[4].used = true;
  a.streams[4].dims.resize(1);
  const auto differs = [&](auto change) {
    Block b = a;
    change(b);
    return !(a == b) && encode(a) != encode(b);
  };
  EXPECT_TRUE(differs([](Block& b) { b.last = true; }));
  EXPECT_TRUE(differs([](Block& b) { b.tile_loops[0] = 4; }));
  EXPECT_TRUE(differs([](Block& b) { b.streams[4].fill = Fill::lowest; }));
  EXPECT_TRUE(differs([](Block& b) { b.streams[4].dims[0].padded = true; }));
  EXPECT_TRUE(differs([](Block& b) { b.streams[4].run.pixel_elements = 3; }));
  EXPECT_TRUE(differs([](Block& b) { b.simd.used = true; }));
  EXPECT_FALSE(differs([](Block& b) { b.streams[4].run.elements.tail = 7; })) << "no tail loop: the tail never counts";
}

TEST(RoundTrip, what_no_field_can_hold_is_refused) {
  Block loops;
  loops.tile_loops.assign(9, 1);
  EXPECT_THROW(encode(loops), InternalError);
  Block far;
  far.streams[0].used = true;
  far.streams[0].base = std::int64_t{1} << 39;
  EXPECT_THROW(encode(far), InternalError);
  far.streams[0].base = 0;
  far.streams[0].element_bits = 12;
  EXPECT_THROW(encode(far), InternalError);
}

}  // namespace
}  // namespace systole::isa
