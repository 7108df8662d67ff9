// The second half of the channel: what issuing a command does to its state and counters.
#include <algorithm>

#include "models/cycle/dram/bits.h"
#include "models/cycle/dram/channel.h"

namespace systole::dram {

void Channel::issue(const Choice& choice) {
  switch (choice.kind) {
    case CommandKind::activate:
      return issue_activate(choice.bank, queue(direction_)[choice.slot].request.where.row);
    case CommandKind::precharge:
      return issue_precharge(choice.bank, choice.slot != RequestQueue::kNone);
    case CommandKind::precharge_all:
      return issue_precharge_all(config_.geometry.rank_of(choice.bank));
    case CommandKind::refresh_all:
    case CommandKind::refresh_bank:
      return issue_refresh(choice.kind, choice.bank);
    default:
      return issue_column(choice.bank, choice.slot);
  }
}

void Channel::tell(CommandKind kind, int bank, int row, int column, std::uint64_t token) {
  ++counters_.commands[static_cast<std::size_t>(kind)];
  if (tell_commands_) listener_.command(number_, {now_, kind, bank, row, column, token});
}

void Channel::row_changed(int bank, int row) {
  for (RequestQueue& q : queues_) q.row_changed(bank, row);
}

void Channel::issue_activate(int bank, int row) {
  const int rank = config_.geometry.rank_of(bank);
  Activity& activity = activity_[rank];
  const bool asleep = (timing_.open_banks() & config_.geometry.banks_of_rank(rank)) == 0;
  if (asleep && now_ >= activity.until) {
    activity.total += activity.until - activity.since;
    activity.since = now_;
  }
  timing_.activate(bank, row, now_);
  row_changed(bank, row);
  access_[bank] = replaced_[bank] ? Access::conflict : Access::miss;
  replaced_[bank] = false;
  ++counters_.memory.activates;
  tell(CommandKind::activate, bank, row);
}

void Channel::closed(int bank, Clock at) {
  Activity& activity = activity_[config_.geometry.rank_of(bank)];
  activity.until = std::max(activity.until, at);
  row_changed(bank, -1);
  ++counters_.memory.precharges;
}

void Channel::issue_precharge(int bank, bool for_another_row) {
  tell(CommandKind::precharge, bank, timing_.open_row(bank));
  timing_.precharge(bank, now_);
  replaced_[bank] = for_another_row;
  closed(bank, now_);
}

void Channel::issue_precharge_all(int rank) {
  const BankSet banks = config_.geometry.banks_of_rank(rank);
  tell(CommandKind::precharge_all, __builtin_ctzll(banks));
  for_each_bank(banks & timing_.open_banks(), [&](int bank) { closed(bank, now_); });
  timing_.precharge_all(rank, now_);
}

/// Whether the column command that just went carries auto-precharge.
bool Channel::closes_row(int bank) const {
  const RequestQueue& q = queue(direction_);
  switch (config_.policy.page) {
    case PagePolicy::closed:
      return true;
    case PagePolicy::adaptive:
      return q.hit(bank) == RequestQueue::kNone && q.oldest_in_bank(bank) != RequestQueue::kNone;
    case PagePolicy::open:
    case PagePolicy::ideal:
      break;
  }
  return false;
}

void Channel::issue_column(int bank, int slot) {
  RequestQueue& q = queue(direction_);
  const Request& request = q[slot].request;  // stays in its place until the next push
  MemoryCounters& count = counters_.memory;
  count.turnaround_clocks += timing_.turnaround_wait(bank, direction_, q[slot].arrival);
  timing_.column(bank, direction_, now_);
  q.remove(slot, request.where.row);
  if (batch_ > 0) --batch_;

  const Clock done = now_ + config_.rules.data_end(direction_);
  last_data_ = std::max(last_data_, done);
  const bool reading = direction_ == Direction::read;
  ++(reading ? count.reads : count.writes);
  if (access_[bank] != Access::hit) {
    ++(access_[bank] == Access::miss ? count.row_misses : count.row_conflicts);
    access_[bank] = Access::hit;
  }

  const bool closing = closes_row(bank);
  const CommandKind plain = reading ? CommandKind::read : CommandKind::write;
  const CommandKind with_precharge = reading ? CommandKind::read_auto_precharge : CommandKind::write_auto_precharge;
  tell(closing ? with_precharge : plain, bank, request.where.row, request.where.column, request.token);
  if (closing) {
    replaced_[bank] = config_.policy.page == PagePolicy::adaptive;  // it was closed because another row is waited for
    closed(bank, timing_.auto_precharge(bank, direction_, now_));
  }
  if (reading) listener_.read_done(request.token, done);
}

void Channel::issue_refresh(CommandKind kind, int bank) {
  const int rank = config_.geometry.rank_of(bank);
  const BankSet targets = refresh_.targets(rank);
  const bool one_bank = kind == CommandKind::refresh_bank;
  const Clock until =
      now_ + (one_bank ? config_.rules.bank_refresh_to_activate_same : config_.rules.refresh_to_activate);
  if (one_bank) {
    timing_.refresh_bank(targets, rank, now_);
  } else {
    timing_.refresh_all(rank, now_);
  }
  ++counters_.memory.refreshes;

  Clock waiting_since = kNever;
  for_each_bank(targets, [&](int target) {
    refreshed_until_[target] = until;
    replaced_[target] = false;
    for (const RequestQueue& q : queues_) {
      const int first = q.oldest_in_bank(target);
      if (first != RequestQueue::kNone) waiting_since = std::min(waiting_since, q[first].arrival);
    }
  });
  if (waiting_since != kNever) count_refresh_wait(std::max(waiting_since, refresh_.started(rank)), until);
  refresh_.issued(rank, now_);
  tell(kind, bank);
}

/// Intervals of several banks overlap; each clock counts once.
void Channel::count_refresh_wait(Clock from, Clock to) {
  from = std::max(from, refresh_counted_until_);
  if (to <= from) return;
  counters_.memory.refresh_clocks += to - from;
  refresh_counted_until_ = to;
}

DramCounters Channel::counters() const {
  DramCounters result = counters_;
  MemoryCounters& memory = result.memory;
  const std::int64_t bursts = memory.reads + memory.writes;
  memory.row_hits = bursts - memory.row_misses - memory.row_conflicts;
  memory.read_bytes = memory.reads * config_.geometry.burst_bytes;
  memory.write_bytes = memory.writes * config_.geometry.burst_bytes;
  memory.busy_clocks = bursts * config_.rules.burst_clocks;
  for (int rank = 0; rank < config_.geometry.ranks; ++rank) {
    const Activity& activity = activity_[rank];
    const bool open = (timing_.open_banks() & config_.geometry.banks_of_rank(rank)) != 0;
    const Clock end = open ? now_ : std::min(now_, activity.until);
    memory.active_clocks += activity.total + (end - activity.since);
  }
  return result;
}

}  // namespace systole::dram
