#pragma once

#include <algorithm>
#include <array>

#include "models/cycle/dram/rules.h"

namespace systole::dram {

/// When each command becomes legal, for one channel: what the commands so far left behind. Kept as the earliest legal
/// clock by bank, bank group and rank, so that a question is the maximum of a few integers; the answers are exact,
/// nothing becomes legal in between.
class TimingState {
 public:
  TimingState(const Geometry& geometry, const Rules& rules);

  [[nodiscard]] bool is_open(int bank) const { return banks_[bank].row >= 0; }
  [[nodiscard]] int open_row(int bank) const { return banks_[bank].row; }
  [[nodiscard]] BankSet open_banks() const { return open_; }

  /// Earliest clock at which the command is legal; the bank's state (open, closed) is the caller's to know. Each is the
  /// maximum of a floor for all banks of the rank and of what the bank and its bank group ask for.
  [[nodiscard]] Clock activate_ready(int bank) const { return activate_ready(bank, activate_floor(rank_of_[bank])); }
  [[nodiscard]] Clock precharge_ready(int bank) const { return precharge_ready(bank, precharge_floor(rank_of_[bank])); }
  [[nodiscard]] Clock column_ready(int bank, Direction direction) const {
    return column_ready(bank, direction, column_floor(rank_of_[bank], direction));
  }
  [[nodiscard]] Clock activate_floor(int rank) const { return std::max(ranks_[rank].activate, row_bus_); }
  [[nodiscard]] Clock precharge_floor(int rank) const { return std::max(ranks_[rank].precharge, row_bus_); }
  [[nodiscard]] Clock column_floor(int rank, Direction direction) const {
    return std::max(ranks_[rank].column[index(direction)], column_bus());
  }
  [[nodiscard]] Clock activate_ready(int bank, Clock floor) const {
    return std::max(floor, std::max(banks_[bank].activate, groups_[group_of_[bank]].activate));
  }
  [[nodiscard]] Clock precharge_ready(int bank, Clock floor) const { return std::max(floor, banks_[bank].precharge); }
  [[nodiscard]] Clock column_ready(int bank, Direction direction, Clock floor) const {
    const int d = index(direction);
    return std::max(floor, std::max(banks_[bank].column[d], groups_[group_of_[bank]].column[d]));
  }
  [[nodiscard]] Clock precharge_all_ready(int rank) const;
  [[nodiscard]] Clock refresh_all_ready(int rank) const;
  [[nodiscard]] Clock refresh_bank_ready(BankSet banks, int rank) const;

  /// Clocks that a column command, wanted since `since`, waits only because the data bus changes direction or rank;
  /// asked before column().
  [[nodiscard]] Clock turnaround_wait(int bank, Direction direction, Clock since) const {
    const bool same = direction == last_direction_ && rank_of_[bank] == last_rank_;
    return same ? 0 : turned_wait(bank, direction, since);
  }

  /// The command goes at `t`: it must be legal then.
  void activate(int bank, int row, Clock t);
  void precharge(int bank, Clock t);
  void precharge_all(int rank, Clock t);
  void column(int bank, Direction direction, Clock t);
  /// After column() at `t`, the bank closes itself as soon as tRAS and tRTP or tWR allow; returns the clock of that
  /// precharge.
  Clock auto_precharge(int bank, Direction direction, Clock t);
  void refresh_all(int rank, Clock t);
  void refresh_bank(BankSet banks, int rank, Clock t);

 private:
  struct Bank {
    Clock activate = 0;
    Clock precharge = 0;
    Clock column[2] = {0, 0};
    Clock refresh = 0;
    int row = -1;
  };
  struct Group {
    Clock activate = 0;
    Clock column[2] = {0, 0};
  };
  struct Rank {
    Clock activate = 0;  ///< tRRD_S, tFAW and refreshes of single banks
    Clock precharge = 0;
    Clock column[2] = {0, 0};
    Clock bank_refresh = 0;
    std::array<Clock, 4> recent{
        {-kNever, -kNever, -kNever, -kNever}};  ///< last four ACT and REFPB, counted as tFAW counts
    int oldest = 0;
  };

  [[nodiscard]] Clock column_bus() const { return rules_.split_bus ? column_bus_ : row_bus_; }
  [[nodiscard]] Clock turned_wait(int bank, Direction direction, Clock since) const;
  void open(int bank, int row);
  void close(int bank);
  void count_activation(Rank& rank, Clock effective);

  Geometry geometry_;
  Rules rules_;
  std::array<Bank, kMaxBanks> banks_{};
  std::array<Group, kMaxGroups> groups_{};
  std::array<Rank, kMaxRanks> ranks_{};
  std::array<std::uint8_t, kMaxBanks> rank_of_{};
  std::array<std::uint8_t, kMaxBanks> group_of_{};
  BankSet open_ = 0;
  Clock row_bus_ = 0;     ///< first clock at which the command bus (of row commands) is free
  Clock column_bus_ = 0;  ///< the same for column commands on a split bus
  Direction last_direction_ = Direction::read;
  int last_rank_ = 0;
  Clock data_free_ = 0;  ///< end of the last burst on the data bus
};

}  // namespace systole::dram
