#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "test/models/cycle/dram/checker/command_checker.h"

namespace systole::checker {

/// A place of a device.
struct Place {
  int channel = 0, rank = 0, group = 0, bank = 0, row = 0, column = 0;
  [[nodiscard]] std::uint64_t key() const {
    const int banks = ((channel * 4 + rank) * 8 + group) * 32 + bank;  // the most of each that the schema allows
    return (static_cast<std::uint64_t>(banks) << 40) + (static_cast<std::uint64_t>(row) << 16) +
           static_cast<std::uint64_t>(column);
  }
};

/// bank.bit ^= row.row_bit
struct Hash {
  std::string field;
  int bit = 0, row_bit = 0;
};

/// The place of a byte address, found bit by bit; `widths` by field name, `fields` as --map takes it.
class PlaceMap {
 public:
  PlaceMap(int offset_bits, const std::string& fields, const std::map<std::string, int>& widths,
           const std::vector<Hash>& hashing);
  [[nodiscard]] Place operator()(std::uint64_t address) const;

 private:
  int offset_bits_;
  std::vector<std::pair<int Place::*, int>> bits_;  ///< of the address from the offset up: field, bit of the field
  std::vector<Hash> hashing_;
};

/// Checks that every burst is served exactly once, at its own place and in an order that a program cannot tell from the
/// order in which it asked: a write goes after the reads asked for before it, a read after the writes before it, unless
/// it was answered from one of them.
class ServiceChecker {
 public:
  void ask(const Place& place, bool write) { asked_.emplace_back(place.key(), write ? 'W' : 'R'); }
  void serve(const Record& record);
  /// Empty when all is well, else what is wrong first. `forwarded` reads may be missing in all. To be called once.
  [[nodiscard]] std::string finish(std::int64_t forwarded);

 private:
  using Events = std::vector<std::pair<std::uint64_t, char>>;
  static std::string take(Events& events, std::size_t& next, std::uint64_t place);

  Events asked_, served_;
};

}  // namespace systole::checker
