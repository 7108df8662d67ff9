#include "traces/rtl_vectors.h"

#include <gmock/gmock.h>

#include <map>

namespace systole {
namespace {

using testing::HasSubstr;

RtlTarget target(int weight_bits = 8) {
  RtlTarget t;
  t.rows = 2;
  t.columns = 2;
  t.weight_bits = weight_bits;
  t.activation_bits = 8;
  t.ibuf_words = t.wbuf_words = t.bbuf_words = t.obuf_words = t.vmem_words = 16;
  t.obuf_accumulate_latency = 2;
  t.divide_latency = 9;
  return t;
}

using Files = std::map<std::string, std::string>;

Files files_of(const RtlTile& tile, const RtlTarget& target) {
  Files files;
  RtlVectorWriter writer(target, [&](const std::string& name, std::string_view text) { files[name] = text; });
  writer.add(tile);
  writer.finish();
  return files;
}

RtlTile array_tile() {
  RtlTile tile;
  tile.array.rows = tile.array.columns = 2;
  tile.array.obuf_base = 7;
  tile.array.loops.push_back({3, 1, 0, 1, 0});
  tile.images[0] = {5, {1, -1, 2, 3}};
  tile.images[1] = {4, {1, 2, 3, -4}};
  tile.cycles = 5;
  tile.results = {{1, RtlMemory::obuf, 7, {42, -2}}, {2, RtlMemory::obuf, 8, {1}}};
  return tile;
}

TEST(RtlVectors, an_image_has_a_word_a_line_with_lane_0_in_the_lowest_bits) {
  const Files files = files_of(array_tile(), target());
  EXPECT_EQ(files.at("tile0000_ibuf.hex"), "@5\nff01\n0302\n");
}

TEST(RtlVectors, a_weight_image_has_a_row_a_line) {
  EXPECT_EQ(files_of(array_tile(), target()).at("tile0000_wbuf.hex"), "@8\n0201\nfc03\n");
  EXPECT_EQ(files_of(array_tile(), target(4)).at("tile0000_wbuf.hex"), "@8\n21\nc3\n");
}

TEST(RtlVectors, a_memory_that_the_tile_does_not_use_has_no_file) {
  EXPECT_EQ(files_of(array_tile(), target()).count("tile0000_vmem1.hex"), 0U);
}

TEST(RtlVectors, a_result_has_the_values_then_lanes_word_and_cycle) {
  EXPECT_EQ(files_of(array_tile(), target()).at("tile0000_results.hex"),
            "fffffffe0000002a_00000002_00000007_00000001\n0000000000000001_00000001_00000008_00000002\n");
}

TEST(RtlVectors, the_header_says_how_long_the_other_files_are) {
  EXPECT_THAT(files_of(array_tile(), target()).at("tile0000.hex"),
              testing::StartsWith("00000000\n00000005\n00000002\n00000031\n00000005\n00000002\n00000004\n00000001\n"));
}

TEST(RtlVectors, simd_nests_have_seven_counts_and_the_place_of_their_instructions) {
  RtlTile tile;
  tile.unit = RtlUnit::simd_unit;
  tile.simd.nests = {{{3}, -1, 2, {0x8000}}, {{}, 0, 1, {1, 2}}};
  tile.simd.immediates = {99};
  const std::string text = files_of(tile, target()).at("tile0000_instructions.hex");
  EXPECT_THAT(text, testing::StartsWith("00000002\n00000003\n00000000\n00000001\n"
                                        "00000003\n00000001\n00000001\n00000001\n00000001\n00000001\n00000001\n"
                                        "00000000\n00000000\n0000000f\n00000002\n"));
  EXPECT_THAT(text, HasSubstr("00000001\n00000002\n00000000\n00000001\n00008000\n00000001\n00000002\n00000063\n"));
}

TEST(RtlVectors, parameters_hold_the_longest_tile) {
  RtlTile tile = array_tile();
  tile.results.resize(5000);
  EXPECT_THAT(files_of(tile, target()).at("parameters.txt"), HasSubstr("RESULTS=8192\n"));
}

TEST(RtlVectors, every_file_is_known_by_its_name_and_others_are_not) {
  for (const auto& [name, text] : files_of(array_tile(), target())) EXPECT_TRUE(is_rtl_vector_file(name)) << name;
  for (const char* const name : {"notes.txt", "tile1.hex", "tile0001_obuf.hex.bak", "summary.json"}) {
    EXPECT_FALSE(is_rtl_vector_file(name)) << name;
  }
}

}  // namespace
}  // namespace systole
