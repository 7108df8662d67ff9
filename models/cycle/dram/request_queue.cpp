#include "models/cycle/dram/request_queue.h"

#include "base/errors.h"

namespace systole::dram {

RequestQueue::RequestQueue(int capacity) : entries_(static_cast<std::size_t>(capacity)) {
  for (int slot = capacity - 1; slot >= 0; --slot) free_.push_back(slot);
  heads_.fill(kNone);
  tails_.fill(kNone);
  hits_.fill(kNone);
}

int RequestQueue::find(const Location& where) const {
  for (int slot = tails_[where.bank]; slot != kNone; slot = entries_[slot].older_in_bank) {
    const Location& other = entries_[slot].request.where;
    if (other.row == where.row && other.column == where.column) return slot;
  }
  return kNone;
}

void RequestQueue::push(const Request& request, Clock arrival, std::uint64_t order, int open_row) {
  check(!full(), "dram request queue", "push into a full queue");
  const int slot = free_.back();
  free_.pop_back();
  const int bank = request.where.bank;
  Entry& entry = entries_[slot];
  entry = {request, arrival, order, youngest_, kNone, tails_[bank], kNone};
  (youngest_ == kNone ? oldest_ : entries_[youngest_].younger) = slot;
  youngest_ = slot;
  (tails_[bank] == kNone ? heads_[bank] : entries_[tails_[bank]].younger_in_bank) = slot;
  tails_[bank] = slot;
  if (hits_[bank] == kNone && request.where.row == open_row) set_hit(bank, slot);
  banks_ |= BankSet{1} << bank;
  ++size_;
}

void RequestQueue::remove(int slot, int open_row) {
  const Entry& entry = entries_[slot];
  const int bank = entry.request.where.bank;
  (entry.older == kNone ? oldest_ : entries_[entry.older].younger) = entry.younger;
  (entry.younger == kNone ? youngest_ : entries_[entry.younger].older) = entry.older;
  (entry.older_in_bank == kNone ? heads_[bank] : entries_[entry.older_in_bank].younger_in_bank) = entry.younger_in_bank;
  (entry.younger_in_bank == kNone ? tails_[bank] : entries_[entry.younger_in_bank].older_in_bank) = entry.older_in_bank;
  if (hits_[bank] == slot) set_hit(bank, next_hit(entry.younger_in_bank, open_row));
  if (heads_[bank] == kNone) banks_ &= ~(BankSet{1} << bank);
  free_.push_back(slot);
  --size_;
}

void RequestQueue::row_changed(int bank, int open_row) {
  set_hit(bank, open_row < 0 ? kNone : next_hit(heads_[bank], open_row));
}

void RequestQueue::set_hit(int bank, int slot) {
  const BankSet bit = BankSet{1} << bank;
  hits_[bank] = slot;
  hit_banks_ = slot == kNone ? hit_banks_ & ~bit : hit_banks_ | bit;
}

int RequestQueue::next_hit(int slot, int row) const {
  while (slot != kNone && entries_[slot].request.where.row != row) slot = entries_[slot].younger_in_bank;
  return slot;
}

}  // namespace systole::dram
