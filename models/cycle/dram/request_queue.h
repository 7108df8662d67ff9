#pragma once

#include <array>
#include <vector>

#include "models/cycle/dram/types.h"

namespace systole::dram {

/// One burst that waits for its column command.
struct Request {
  Location where;
  std::uint64_t token = 0;
  std::uint16_t first_byte = 0;  ///< bytes of the burst that are asked for: [first_byte, end_byte)
  std::uint16_t end_byte = 0;
};

/// The waiting bursts of one direction: a list by age over all banks and one by age in each bank, and for each bank the
/// oldest burst that hits its open row. Every operation but the search for a hit takes constant time.
class RequestQueue {
 public:
  static constexpr int kNone = -1;

  struct Entry {
    Request request;
    Clock arrival = 0;
    std::uint64_t order = 0;  ///< arrival order over both queues of the channel
    int older = kNone, younger = kNone;
    int older_in_bank = kNone, younger_in_bank = kNone;
  };

  explicit RequestQueue(int capacity);

  [[nodiscard]] int size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] bool full() const { return free_.empty(); }
  [[nodiscard]] const Entry& operator[](int slot) const { return entries_[slot]; }
  [[nodiscard]] BankSet banks() const { return banks_; }
  [[nodiscard]] int oldest() const { return oldest_; }
  [[nodiscard]] int oldest_in_bank(int bank) const { return heads_[bank]; }
  [[nodiscard]] int hit(int bank) const { return hits_[bank]; }
  /// Banks that have a hit().
  [[nodiscard]] BankSet hit_banks() const { return hit_banks_; }

  /// The youngest entry for the same burst, or kNone.
  [[nodiscard]] int find(const Location& where) const;

  void push(const Request& request, Clock arrival, std::uint64_t order, int open_row);
  void remove(int slot, int open_row);
  /// The bank's row changed (-1: closed): finds its oldest hit anew.
  void row_changed(int bank, int open_row);

 private:
  [[nodiscard]] int next_hit(int slot, int row) const;
  void set_hit(int bank, int slot);

  std::vector<Entry> entries_;
  std::vector<int> free_;
  std::array<int, kMaxBanks> heads_{}, tails_{}, hits_{};
  BankSet banks_ = 0;
  BankSet hit_banks_ = 0;
  int oldest_ = kNone, youngest_ = kNone;
  int size_ = 0;
};

}  // namespace systole::dram
