#include "models/cycle/dram/address_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <tuple>

namespace systole::dram {
namespace {

using testing::HasSubstr;

Geometry small() {
  Geometry g;
  g.ranks = 2, g.groups = 2, g.banks_per_group = 4, g.rows = 8, g.columns = 16, g.burst_bytes = 64;
  return g;
}

AddressMap make(const std::string& fields, const std::vector<XorBit>& hashing = {}, int channels = 2) {
  std::vector<std::string> faults;
  AddressMap map(fields, hashing, small(), channels, faults);
  EXPECT_TRUE(faults.empty()) << faults.front();
  return map;
}

std::string fault(const std::string& fields, const std::vector<XorBit>& hashing = {}) {
  std::vector<std::string> faults;
  const AddressMap map(fields, hashing, small(), 2, faults);
  return faults.empty() ? "" : faults.front();
}

TEST(AddressMap, fields_are_named_from_the_most_to_the_least_significant) {
  const AddressMap map = make("row-rank-bank-bankgroup-column-channel");
  EXPECT_EQ(map.decode(63).column, 0);
  EXPECT_EQ(map.decode(64).channel, 1);
  EXPECT_EQ(map.decode(128).column, 1);
  EXPECT_EQ(map.decode(128 * 16).bank, 4);          // bank group 1
  EXPECT_EQ(map.decode(128 * 16 * 2).bank, 1);      // bank 1 of group 0
  EXPECT_EQ(map.decode(128 * 16 * 2 * 4).bank, 8);  // rank 1
  EXPECT_EQ(map.decode(128 * 16 * 2 * 4 * 2 * 5).row, 5);
  EXPECT_EQ(map.capacity(), 128ULL * 16 * 2 * 4 * 2 * 8);
}

TEST(AddressMap, a_field_may_come_in_parts_the_rightmost_holding_its_lowest_bits) {
  const AddressMap map = make("row-rank-column-bank-channel-column:1-bankgroup");
  EXPECT_EQ(map.decode(64).bank, 4);
  EXPECT_EQ(map.decode(128).column, 1);
  EXPECT_EQ(map.decode(256).channel, 1);
  EXPECT_EQ(map.decode(512 * 4).column, 2);
}

TEST(AddressMap, every_place_has_one_address_with_hashing_too) {
  const AddressMap map = make("row-column-rank-bank-channel-bankgroup",
                              {{Field::bank, 0, 0}, {Field::bank, 1, 2}, {Field::channel, 0, 1}});
  std::set<std::tuple<int, int, int, int>> places;
  for (std::uint64_t address = 0; address < map.capacity(); address += 64) {
    const Location at = map.decode(address);
    places.insert({at.channel, at.bank, at.row, at.column});
  }
  EXPECT_EQ(places.size(), map.capacity() / 64);
}

TEST(AddressMap, hashing_spreads_the_rows_of_one_bank) {
  const AddressMap plain = make("row-rank-bank-bankgroup-column-channel");
  const AddressMap hashed = make("row-rank-bank-bankgroup-column-channel", {{Field::bank, 0, 0}});
  const std::uint64_t next_row = 128 * 16 * 2 * 4 * 2;
  EXPECT_EQ(plain.decode(next_row).bank, 0);
  EXPECT_EQ(hashed.decode(next_row).bank, 1);
}

TEST(AddressMap, faults_say_what_is_wrong) {
  EXPECT_THAT(fault("row-rank-bnk-bankgroup-column-channel"), HasSubstr("did you mean 'bank'"));
  EXPECT_THAT(fault("row-rank-bank-bankgroup-column"), HasSubstr("channel 0 bits; the device needs 1"));
  EXPECT_THAT(fault("row-row-rank-bank-bankgroup-column-channel"), HasSubstr("row more than once"));
  EXPECT_THAT(fault("row-rank-bank-bankgroup-column:9-channel"), HasSubstr("column 9 bits; the device needs 4"));
  EXPECT_THAT(fault("row-rank-bank-bankgroup-column:x-channel"), HasSubstr("'column:x'"));
  EXPECT_THAT(fault(""), HasSubstr("the device needs"));
  EXPECT_THAT(fault("row-rank-bank-bankgroup-column-channel", {{Field::bank, 2, 0}}),
              HasSubstr("bit 2 of bank, which has 2 bits"));
  EXPECT_THAT(fault("row-rank-bank-bankgroup-column-channel", {{Field::bank, 0, 3}}),
              HasSubstr("bit 3 of row, which has 3 bits"));
}

}  // namespace
}  // namespace systole::dram
