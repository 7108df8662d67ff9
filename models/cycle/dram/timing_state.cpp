#include "models/cycle/dram/timing_state.h"

#include "models/cycle/dram/bits.h"

namespace systole::dram {

namespace {

void raise(Clock& ready, Clock to) {
  ready = std::max(ready, to);
}

}  // namespace

TimingState::TimingState(const Geometry& geometry, const Rules& rules) : geometry_(geometry), rules_(rules) {
  for (int bank = 0; bank < geometry.banks(); ++bank) {
    rank_of_[bank] = static_cast<std::uint8_t>(geometry.rank_of(bank));
    group_of_[bank] = static_cast<std::uint8_t>(geometry.group_of(bank));
  }
}

Clock TimingState::precharge_all_ready(int rank) const {
  Clock ready = std::max(ranks_[rank].precharge, row_bus_);
  for_each_bank(open_ & geometry_.banks_of_rank(rank), [&](int bank) { raise(ready, banks_[bank].precharge); });
  return ready;
}

Clock TimingState::refresh_all_ready(int rank) const {
  Clock ready = row_bus_;
  for_each_bank(geometry_.banks_of_rank(rank), [&](int bank) { raise(ready, banks_[bank].refresh); });
  return ready;
}

Clock TimingState::refresh_bank_ready(BankSet banks, int rank) const {
  Clock ready = std::max(row_bus_, ranks_[rank].bank_refresh);
  for_each_bank(banks, [&](int bank) { raise(ready, banks_[bank].refresh); });
  return ready;
}

Clock TimingState::turned_wait(int bank, Direction direction, Clock since) const {
  const int rank = rank_of_[bank];
  const int d = index(direction);
  const Clock bus = data_free_ - rules_.data_start[d];
  const Clock otherwise = std::max({banks_[bank].column[d], bus, column_bus(), since});
  const Clock turned = std::max(groups_[group_of_[bank]].column[d], ranks_[rank].column[d]);
  return std::max<Clock>(0, turned - otherwise);
}

void TimingState::open(int bank, int row) {
  banks_[bank].row = row;
  open_ |= BankSet{1} << bank;
}

void TimingState::close(int bank) {
  banks_[bank].row = -1;
  open_ &= ~(BankSet{1} << bank);
}

/// An ACT, or a REFPB, which draws like one, counted from `effective` on: the fifth within tFAW must wait.
void TimingState::count_activation(Rank& rank, Clock effective) {
  rank.recent[rank.oldest] = effective;
  rank.oldest = (rank.oldest + 1) % 4;
  const Clock fifth = rank.recent[rank.oldest] + rules_.four_activates;
  raise(rank.activate, fifth - rules_.activate_offset);
  raise(rank.bank_refresh, fifth);
}

void TimingState::activate(int bank, int row, Clock t) {
  Bank& b = banks_[bank];
  Rank& rank = ranks_[rank_of_[bank]];
  open(bank, row);
  row_bus_ = t + rules_.activate_length;
  b.activate = t + rules_.activate_to_activate;
  b.precharge = t + rules_.activate_to_precharge;
  b.refresh = t + rules_.activate_to_refresh;
  b.column[0] = t + rules_.activate_to_column[0];
  b.column[1] = t + rules_.activate_to_column[1];
  groups_[group_of_[bank]].activate = t + rules_.activate_to_activate_l;
  raise(rank.activate, t + rules_.activate_to_activate_s);
  raise(rank.bank_refresh, t + rules_.activate_to_bank_refresh);
  count_activation(rank, t + rules_.activate_offset);
}

void TimingState::precharge(int bank, Clock t) {
  Bank& b = banks_[bank];
  close(bank);
  row_bus_ = t + rules_.precharge_length;
  raise(b.activate, t + rules_.precharge_to_activate);
  raise(b.refresh, t + rules_.precharge_to_refresh);
  ranks_[rank_of_[bank]].precharge = t + rules_.precharge_to_precharge;
}

void TimingState::precharge_all(int rank, Clock t) {
  for_each_bank(geometry_.banks_of_rank(rank), [&](int bank) {
    close(bank);
    raise(banks_[bank].activate, t + rules_.precharge_all_to_activate);
    raise(banks_[bank].refresh, t + rules_.precharge_all_to_refresh);
  });
  row_bus_ = t + rules_.precharge_length;
  ranks_[rank].precharge = t + rules_.precharge_to_precharge;
}

void TimingState::column(int bank, Direction direction, Clock t) {
  const int d = index(direction);
  const int mine = rank_of_[bank];
  (rules_.split_bus ? column_bus_ : row_bus_) = t + rules_.column_length;
  raise(banks_[bank].precharge, t + rules_.column_to_precharge[d]);
  const auto put_off = [t](Clock(&ready)[2], const Clock(&distance)[2]) {
    raise(ready[0], t + distance[0]);
    raise(ready[1], t + distance[1]);
  };
  put_off(groups_[group_of_[bank]].column, rules_.column_to_column_l[d]);
  put_off(ranks_[mine].column, rules_.column_to_column_s[d]);
  if (geometry_.ranks > 1) {
    for (int rank = 0; rank < geometry_.ranks; ++rank) {
      if (rank != mine) put_off(ranks_[rank].column, rules_.column_to_column_rank[d]);
    }
  }
  last_direction_ = direction;
  last_rank_ = mine;
  data_free_ = t + rules_.data_end(direction);
}

Clock TimingState::auto_precharge(int bank, Direction direction, Clock t) {
  Bank& b = banks_[bank];
  const Clock start = std::max(b.precharge, t + rules_.column_to_precharge[index(direction)]);
  close(bank);
  raise(b.activate, start + rules_.precharge_to_activate);
  raise(b.refresh, start + rules_.precharge_to_refresh);
  return start;
}

void TimingState::refresh_all(int rank, Clock t) {
  row_bus_ = t + rules_.refresh_length;
  for_each_bank(geometry_.banks_of_rank(rank), [&](int bank) {
    raise(banks_[bank].activate, t + rules_.refresh_to_activate);
    raise(banks_[bank].refresh, t + rules_.refresh_to_refresh);
  });
}

void TimingState::refresh_bank(BankSet banks, int rank, Clock t) {
  row_bus_ = t + rules_.refresh_length;
  for_each_bank(banks, [&](int bank) {
    raise(banks_[bank].activate, t + rules_.bank_refresh_to_activate_same);
    raise(banks_[bank].refresh, t + rules_.bank_refresh_to_activate_same + rules_.activate_offset);
  });
  raise(ranks_[rank].activate, t + rules_.bank_refresh_to_activate_other);
  raise(ranks_[rank].bank_refresh, t + rules_.bank_refresh_to_bank_refresh);
  count_activation(ranks_[rank], t);
}

}  // namespace systole::dram
