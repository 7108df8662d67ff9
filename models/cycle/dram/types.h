#pragma once

#include <cstdint>
#include <limits>

/// Words of the DRAM room. The controller's core counts in plain 64-bit memory clocks: every quantity in it is a clock,
/// a count or an index, and the hot loops stay readable. Units appear at the room's doors.
namespace systole::dram {

/// A memory clock (CK of the device), counted from 0 at the start of the run.
using Clock = std::int64_t;
constexpr Clock kNever = std::numeric_limits<Clock>::max() / 4;

/// Banks and bank groups of one channel are numbered through: bank = (rank * groups + group) * banks_per_group + bank.
/// A set of banks is a bit mask.
using BankSet = std::uint64_t;
constexpr int kMaxBanks = 64;
constexpr int kMaxGroups = 32;
constexpr int kMaxRanks = 4;

enum class Direction : int { read = 0, write = 1 };
constexpr int index(Direction direction) {
  return static_cast<int>(direction);
}
constexpr Direction opposite(Direction direction) {
  return direction == Direction::read ? Direction::write : Direction::read;
}

enum class CommandKind : std::uint8_t {
  activate,
  precharge,
  precharge_all,
  read,
  read_auto_precharge,
  write,
  write_auto_precharge,
  refresh_all,
  refresh_bank
};

constexpr int kCommandKinds = 9;

/// ACT PRE PREA RD RDA WR WRA REF REFPB: the names in command traces and statistics, by CommandKind.
constexpr const char* kCommandNames[kCommandKinds] = {"ACT", "PRE", "PREA", "RD", "RDA", "WR", "WRA", "REF", "REFPB"};
constexpr const char* name_of(CommandKind kind) {
  return kCommandNames[static_cast<int>(kind)];
}

/// Sizes of one channel, all powers of two; a column is one burst here, not one beat.
struct Geometry {
  int ranks = 1;
  int groups = 1;  ///< bank groups of a rank
  int banks_per_group = 1;
  int rows = 1;
  int columns = 1;  ///< bursts in a row
  int burst_bytes = 64;

  [[nodiscard]] int banks_per_rank() const { return groups * banks_per_group; }
  [[nodiscard]] int banks() const { return ranks * banks_per_rank(); }
  [[nodiscard]] int total_groups() const { return ranks * groups; }
  [[nodiscard]] int rank_of(int bank) const { return bank / banks_per_rank(); }
  [[nodiscard]] int group_of(int bank) const { return bank / banks_per_group; }
  [[nodiscard]] BankSet banks_of_rank(int rank) const {
    const BankSet one_rank = banks_per_rank() == kMaxBanks ? ~BankSet{0} : (BankSet{1} << banks_per_rank()) - 1;
    return one_rank << (rank * banks_per_rank());
  }
};

/// Where a burst lies.
struct Location {
  int channel = 0;
  int bank = 0;  ///< numbered through the channel, see BankSet
  int row = 0;
  int column = 0;
};

/// One command as it left the controller; `clock` is the first clock it occupies on the command bus.
struct Command {
  Clock clock = 0;
  CommandKind kind = CommandKind::activate;
  int bank = 0;  ///< first bank of the rank for precharge_all and refresh_all
  int row = -1;  ///< -1 where the command has none
  int column = -1;
  std::uint64_t token = 0;  ///< column commands: the request it serves
};

}  // namespace systole::dram
