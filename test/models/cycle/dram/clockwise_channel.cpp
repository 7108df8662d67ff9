#include "test/models/cycle/dram/clockwise_channel.h"

#include <algorithm>

namespace systole::dram {

namespace {

bool same_burst(const Location& a, const Location& b) {
  return a.bank == b.bank && a.row == b.row && a.column == b.column;
}

}  // namespace

bool ClockwiseChannel::try_push(const Request& request, Direction direction) {
  List& mine = waiting_[index(direction)];
  const List& other = waiting_[1 - index(direction)];
  const auto match = std::find_if(other.rbegin(), other.rend(),
                                  [&](const Entry& entry) { return same_burst(entry.request.where, request.where); });
  if (match != other.rend()) {
    if (direction == Direction::write) return false;
    const bool covered = match->request.first_byte <= request.first_byte && request.end_byte <= match->request.end_byte;
    if (!covered) flush_ = true;
    return covered;
  }
  const int room = direction == Direction::read ? config_.policy.read_entries : config_.policy.write_entries;
  if (static_cast<int>(mine.size()) == room) return false;
  mine.push_back({request, now_});
  return true;
}

void ClockwiseChannel::step() {
  bool more = true;
  while (more) {
    refresh_.update(now_, wanted());
    turn();
    more = refresh_something() || serve_something();
  }
  ++now_;
}

BankSet ClockwiseChannel::wanted() const {
  BankSet banks = 0;
  for (const List& list : waiting_) {
    for (const Entry& entry : list) banks |= BankSet{1} << entry.request.where.bank;
  }
  return banks;
}

void ClockwiseChannel::turn() {
  const List& reads = waiting_[0];
  const List& writes = waiting_[1];
  if (writes.empty()) flush_ = false;
  if (batch_ > 0 && !active().empty()) return;
  const int count = static_cast<int>(writes.size());
  if (direction_ == Direction::write) {
    if (reads.empty()) return;
    direction_ = Direction::read;
    batch_ = static_cast<int>(reads.size());
  } else if (count > 0) {
    const bool many = reads.empty() || count >= config_.policy.write_high;
    if (!many && !flush_ && !old(writes)) return;
    direction_ = Direction::write;
    batch_ = flush_ || !many ? count : std::max(1, count - config_.policy.write_low);
  }
}

bool ClockwiseChannel::refresh_something() {
  for (int rank = 0; rank < config_.geometry.ranks; ++rank) {
    if (!refresh_.active(rank)) continue;
    const BankSet targets = refresh_.targets(rank);
    const BankSet open = targets & timing_.open_banks();
    const int bank = __builtin_ctzll(open != 0 && config_.policy.per_bank_refresh ? open : targets);
    const bool single = config_.policy.per_bank_refresh;
    if (open != 0) {
      if ((single ? timing_.precharge_ready(bank) : timing_.precharge_all_ready(rank)) > now_) continue;
      const int row = single ? timing_.open_row(bank) : -1;
      single ? timing_.precharge(bank, now_) : timing_.precharge_all(rank, now_);
      commands.push_back({now_, single ? CommandKind::precharge : CommandKind::precharge_all, bank, row, -1, 0});
    } else {
      if ((single ? timing_.refresh_bank_ready(targets, rank) : timing_.refresh_all_ready(rank)) > now_) continue;
      single ? timing_.refresh_bank(targets, rank, now_) : timing_.refresh_all(rank, now_);
      refresh_.issued(rank, now_);
      commands.push_back({now_, single ? CommandKind::refresh_bank : CommandKind::refresh_all, bank, -1, -1, 0});
    }
    return true;
  }
  return false;
}

bool ClockwiseChannel::held(int bank) const {
  const int rank = config_.geometry.rank_of(bank);
  if ((refresh_.blocked() >> bank & 1) != 0) return true;
  return refresh_.active(rank) && (refresh_.targets(rank) & timing_.open_banks()) == 0 && !timing_.is_open(bank);
}

bool ClockwiseChannel::row_wanted(int bank) const {
  return std::any_of(active().begin(), active().end(), [&](const Entry& e) {
    return e.request.where.bank == bank && e.request.where.row == timing_.open_row(bank);
  });
}

bool ClockwiseChannel::serve_something() {
  const List& list = active();
  const bool expired = old(list);
  const int own_bank = expired ? list.front().request.where.bank : -1;
  if (expired && !held(own_bank)) {
    const Location& where = list.front().request.where;
    if (timing_.open_row(own_bank) == where.row) {
      if (timing_.column_ready(own_bank, direction_) <= now_) return serve_column(0), true;
    } else if (serve_row(list.front(), false)) {
      return true;
    }
  }
  for (std::size_t i = 0; i < list.size(); ++i) {
    const Location& where = list[i].request.where;
    if (where.bank == own_bank || held(where.bank) || timing_.open_row(where.bank) != where.row) continue;
    if (timing_.column_ready(where.bank, direction_) <= now_) return serve_column(i), true;
  }
  for (const Entry& entry : list) {
    const int bank = entry.request.where.bank;
    if (bank != own_bank && !held(bank) && serve_row(entry, row_wanted(bank))) return true;
  }
  return false;
}

bool ClockwiseChannel::serve_row(const Entry& entry, bool hit_waits) {
  const Location where = entry.request.where;
  if (timing_.is_open(where.bank)) {
    if (hit_waits || timing_.precharge_ready(where.bank) > now_) return false;
    commands.push_back({now_, CommandKind::precharge, where.bank, timing_.open_row(where.bank), -1, 0});
    timing_.precharge(where.bank, now_);
    return true;
  }
  if (timing_.activate_ready(where.bank) > now_) return false;
  commands.push_back({now_, CommandKind::activate, where.bank, where.row, -1, 0});
  timing_.activate(where.bank, where.row, now_);
  return true;
}

void ClockwiseChannel::serve_column(std::size_t position) {
  List& list = active();
  const Request request = list[position].request;
  const int bank = request.where.bank;
  list.erase(list.begin() + static_cast<std::ptrdiff_t>(position));
  if (batch_ > 0) --batch_;
  timing_.column(bank, direction_, now_);
  const bool others =
      std::any_of(list.begin(), list.end(), [&](const Entry& e) { return e.request.where.bank == bank; });
  const bool closing = config_.policy.page == PagePolicy::closed ||
                       (config_.policy.page == PagePolicy::adaptive && others && !row_wanted(bank));
  const bool reading = direction_ == Direction::read;
  const CommandKind kind = closing ? (reading ? CommandKind::read_auto_precharge : CommandKind::write_auto_precharge)
                                   : (reading ? CommandKind::read : CommandKind::write);
  commands.push_back({now_, kind, bank, request.where.row, request.where.column, request.token});
  if (closing) timing_.auto_precharge(bank, direction_, now_);
}

}  // namespace systole::dram
