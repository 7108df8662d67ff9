#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "test/models/cycle/dram/checker/data_sheet.h"

namespace systole::checker {

/// One line of a command trace.
struct Record {
  std::int64_t clock = 0;
  std::string command;
  int channel = 0, rank = 0, group = 0, bank = 0, row = 0, column = 0;
};

/// The smallest slack of each rule: 0 is a rule met at its earliest clock, below 0 a violation, kNotSeen a rule that
/// never applied.
class SlackTable {
 public:
  void note(const char* rule, std::int64_t slack, const Record& record);
  void merge(const SlackTable& other);
  [[nodiscard]] bool legal() const { return violations_ == 0; }
  [[nodiscard]] const std::map<std::string, std::int64_t>& smallest() const { return smallest_; }
  /// First violations, a line each.
  [[nodiscard]] std::string report() const;

 private:
  std::map<std::string, std::int64_t> smallest_;
  std::map<const char*, std::int64_t*> places_;  ///< by the literal's address: no string is made for a command
  std::int64_t violations_ = 0;
  std::vector<std::string> first_;
};

/// Checks one channel's commands, in order of their clocks, against the data sheet: pair rules, tFAW, refresh, bank
/// states, command and data bus.
class CommandChecker {
 public:
  /// `postponed`: refreshes that may be owed; `per_bank`: REFPB counts, else REF.
  CommandChecker(const DataSheet& sheet, bool per_bank, int postponed);

  void check(const Record& record);
  /// No command before `clock` is to come: refreshes that are owed are late.
  void finish(std::int64_t clock);
  [[nodiscard]] const SlackTable& slack() const { return slack_; }

 private:
  static constexpr std::int64_t kLongAgo = -(std::int64_t{1} << 40);
  struct Bank {
    int row = -1;
    std::int64_t act = kLongAgo, pre = kLongAgo, pre_all = kLongAgo, read = kLongAgo, write = kLongAgo,
                 refresh = kLongAgo;
  };
  struct Rank {
    std::int64_t pre = kLongAgo, ref = kLongAgo, bank_refresh = kLongAgo;
    int bank_refresh_bank = -1;
    std::array<std::int64_t, 4> activations{{kLongAgo, kLongAgo, kLongAgo, kLongAgo}};  ///< oldest first
    std::int64_t refreshes = 0;
    std::uint64_t round = 0;
  };

  void activate(const Record& r);
  void precharge(const Record& r, int bank);
  void precharge_all(const Record& r);
  void column(const Record& r, bool write, bool closing);
  void data_bus(const Record& r, bool write);
  void refresh_all(const Record& r);
  void refresh_bank(const Record& r);
  void refresh_is_timely(const Record& r, std::int64_t previous, std::int64_t interval, int rank);
  void before_refresh(const Record& r, int bank);
  void fifth_activation(const Record& r, std::int64_t counted);
  void bus(const Record& r, int length, bool column);
  void require(const char* rule, bool holds, const Record& r) { slack_.note(rule, holds ? 0 : -1, r); }
  [[nodiscard]] int bank_of(const Record& r) const {
    return (r.rank * s_.groups + r.group) * s_.banks_per_group + r.bank;
  }
  [[nodiscard]] int group_of(int bank) const { return bank / s_.banks_per_group; }
  [[nodiscard]] int per_rank() const { return s_.groups * s_.banks_per_group; }
  [[nodiscard]] int rank_of(int bank) const { return bank / per_rank(); }

  DataSheet s_;
  bool per_bank_;
  int postponed_;
  SlackTable slack_;
  std::vector<Bank> banks_;
  std::vector<Rank> ranks_;
  std::int64_t bus_free_[2] = {kLongAgo, kLongAgo};
  std::int64_t data_end_ = kLongAgo;
  int data_rank_ = 0;
  std::int64_t last_clock_ = kLongAgo;
};

}  // namespace systole::checker
