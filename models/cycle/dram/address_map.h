#pragma once

#include <array>
#include <string>
#include <vector>

#include "models/cycle/dram/types.h"

namespace systole::dram {

enum class Field : int { channel, rank, bankgroup, bank, row, column };
constexpr int kFields = 6;
constexpr std::array<const char*, kFields> kFieldNames = {"channel", "rank", "bankgroup", "bank", "row", "column"};

/// bank ^= row: bit `bit` of the field is XORed with bit `row_bit` of the row.
struct XorBit {
  Field field = Field::bank;
  int bit = 0;
  int row_bit = 0;
};

/// From a byte address to channel, rank, bank group, bank, row and column. Each field is a list of address bits above
/// the burst offset; bits may be hashed with row bits. Every address of the device has one place and every place one
/// address.
class AddressMap {
 public:
  AddressMap() = default;

  /// `fields`: names from the most to the least significant joined by '-', as `row-rank-bank-bankgroup-column`;
  /// `column:3` takes three bits of a field, the rightmost part of a field being its lowest bits; one part without a
  /// number takes what is left. Fields of no bits may be left out. Faults are sentences added to `faults`; the map is
  /// then not usable.
  AddressMap(const std::string& fields, const std::vector<XorBit>& hashing, const Geometry& geometry, int channels,
             std::vector<std::string>& faults);

  [[nodiscard]] Location decode(std::uint64_t address) const {
    Location where;
    std::uint64_t bits = address >> offset_bits_;
    for (const Table& table : tables_) {
      combine(where, table[bits % kTableEntries]);
      bits /= kTableEntries;
    }
    return where;
  }
  /// Bytes of all channels together: addresses are below it.
  [[nodiscard]] std::uint64_t capacity() const { return std::uint64_t{1} << address_bits_; }
  [[nodiscard]] int offset_bits() const { return offset_bits_; }

 private:
  /// A run of address bits that are a run of bits of one field, or, with `hash`, a run of row bits that are XORed with
  /// one. Rank, bank group and bank are runs of one number, the bank of Location.
  struct Segment {
    int Location::*target = nullptr;
    int shift = 0;  ///< of the address or the row
    std::uint32_t mask = 0;
    int place = 0;  ///< within the target
  };
  struct Part {
    Field field = Field::row;
    int bits = -1;  ///< -1: what is left
  };

  /// Fields are bits of the address, some XORed with others, so an address's place is the XOR of its parts' places: a
  /// table for each eight bits above the burst offset.
  static constexpr std::size_t kTableEntries = 256;
  using Table = std::array<Location, kTableEntries>;

  static void combine(Location& where, const Location& part) {
    where.channel ^= part.channel;
    where.bank ^= part.bank;
    where.row ^= part.row;
    where.column ^= part.column;
  }
  static std::vector<Part> parse(const std::string& fields, std::vector<std::string>& faults);
  static Segment segment(Field field, int place, int bits, int shift, const std::array<int, kFields>& widths);
  void fill_tables();
  [[nodiscard]] Location by_segments(std::uint64_t address) const;
  void place(std::vector<Part> parts, const std::array<int, kFields>& widths, std::vector<std::string>& faults);

  std::vector<Segment> segments_;
  std::vector<Segment> hashing_;
  std::vector<Table> tables_;
  int offset_bits_ = 0;
  int address_bits_ = 0;
};

}  // namespace systole::dram
