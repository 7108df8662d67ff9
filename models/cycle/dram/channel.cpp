#include "models/cycle/dram/channel.h"

#include <algorithm>
#include <ostream>
#include <string>

#include "base/errors.h"
#include "models/cycle/dram/bits.h"

namespace systole::dram {

namespace {

/// Priorities, above the age in Choice::rank.
constexpr std::uint64_t kRefresh = 0;
constexpr std::uint64_t kExpired = std::uint64_t{1} << 60;
constexpr std::uint64_t kColumn = std::uint64_t{2} << 60;
constexpr std::uint64_t kRow = std::uint64_t{3} << 60;

}  // namespace

Channel::Channel(const ChannelConfig& config, int number, ChannelListener& listener, bool tell_commands)
    : config_(config),
      number_(number),
      listener_(listener),
      tell_commands_(tell_commands),
      timing_(config.geometry, config.rules),
      refresh_(config),
      queues_{RequestQueue(config.policy.read_entries), RequestQueue(config.policy.write_entries)} {}

void Channel::decide(Clock until) {
  while (now_ < until) {
    settle();
    const Clock next = std::min(change_, choice_.time);
    if (next >= until) break;
    now_ = next;
    settled_ = false;
    if (choice_.time < change_) issue(choice_);
  }
  now_ = std::max(now_, until);
}

bool Channel::try_push(const Request& request, Direction direction) {
  const int bank = request.where.bank;
  RequestQueue& mine = queue(direction);
  const RequestQueue& other = queue(opposite(direction));
  const int match = other.find(request.where);
  if (match != RequestQueue::kNone) {
    if (direction == Direction::write) return false;  // the read before it must see the old data
    const Request& written = other[match].request;
    if (request.first_byte < written.first_byte || request.end_byte > written.end_byte) {
      settled_ = settled_ && flush_;
      flush_ = true;
      return false;
    }
    ++counters_.forwarded_reads;
    listener_.read_done(request.token, now_ + 1);
    return true;
  }
  if (mine.full()) return false;
  const bool wanted = (mine.banks() >> bank & 1) != 0;
  const int hit = mine.hit(bank);
  mine.push(request, now_, arrivals_++, timing_.open_row(bank));
  if (refreshed_until_[bank] > now_) count_refresh_wait(now_, refreshed_until_[bank]);
  // Behind another request to its bank it changes nothing yet, unless it is the bank's first hit; in the direction that
  // is not served, unless its bank had nothing to do or there are too many writes.
  if (direction == direction_) {
    if (!wanted || mine.hit(bank) != hit) touched_ |= BankSet{1} << bank;
  } else {
    settled_ = settled_ && wanted && !(direction == Direction::write && mine.size() >= config_.policy.write_high);
  }
  return true;
}

void Channel::drain() {
  while (busy()) advance(next_event() + 1);
}

/// Finds choice_ and change_ for this clock. When only a few banks' next commands are other ones than before, they
/// alone are compared with the choice there was.
void Channel::settle() {
  if (settled_ && touched_ == 0) return;
  const Direction direction = direction_;
  const BankSet blocked = refresh_.blocked();
  change_ = prepare();
  const BankSet chosen = BankSet{1} << choice_.bank;
  const bool comparable = settled_ && direction == direction_ && blocked == refresh_.blocked() &&
                          (choice_.time == kNever || (touched_ & chosen) == 0) && !expired(direction_);
  if (comparable) {
    consider_banks(choice_, touched_ & ~blocked & ~held_back());
  } else if (!choose_in_stream()) {
    choice_ = choose();
  }
  settled_ = true;
  touched_ = 0;
}

/// Refreshes that begin and the direction, as they stand at this clock. Returns the next clock at which they, or the
/// age of a request, could stand differently although no command went and no request entered.
Clock Channel::prepare() {
  Clock change = refresh_.update(now_, queues_[0].banks() | queues_[1].banks());
  choose_direction();
  for (const RequestQueue& q : queues_) {
    if (q.empty()) continue;
    const Clock expiry = q[q.oldest()].arrival + config_.policy.age_cap;
    if (expiry > now_) change = std::min(change, expiry);
  }
  return change;
}

bool Channel::expired(Direction direction) const {
  const RequestQueue& q = queue(direction);
  return !q.empty() && now_ - q[q.oldest()].arrival >= config_.policy.age_cap;
}

/// A direction keeps the bus for a batch: all reads that waited when it turned, or writes down to the low watermark.
/// Then reads go on until writes are many, old, or alone; after a batch of writes, reads have their turn whenever one
/// waits. Once a write is old, all that wait go: one by one they would each cost a turn.
void Channel::choose_direction() {
  const RequestQueue& reads = queue(Direction::read);
  const RequestQueue& writes = queue(Direction::write);
  if (writes.empty()) flush_ = false;
  if (batch_ > 0 && !queue(direction_).empty()) return;
  const bool many = reads.empty() || writes.size() >= config_.policy.write_high;
  const bool want_writes = !writes.empty() && (many || flush_ || expired(Direction::write));
  const Direction wanted = direction_ == Direction::write && !reads.empty() ? Direction::read
                           : want_writes                                    ? Direction::write
                           : reads.empty()                                  ? direction_
                                                                            : Direction::read;
  if (wanted == direction_) return;
  direction_ = wanted;
  batch_ = wanted == Direction::read ? reads.size()
           : many && !flush_         ? std::max(1, writes.size() - config_.policy.write_low)
                                     : writes.size();
}

void Channel::consider(Choice& best, const Choice& candidate) const {
  const Clock time = std::max(candidate.time, now_);
  if (time > best.time || (time == best.time && candidate.rank >= best.rank)) return;
  best = candidate;
  best.time = time;
}

/// Most decisions end here. Without a refresh under way, either nothing waits, or, in a stream, the oldest request hits
/// and is legal as soon as any column command can be, and no other bank needs a row. choose() would say the same.
bool Channel::choose_in_stream() {
  const RequestQueue& q = queue(direction_);
  if (q.banks() != q.hit_banks() || refresh_.any_active() || config_.geometry.ranks > 1) return false;
  if (q.empty()) {
    choice_ = {};
    return true;
  }
  const int slot = q.oldest();
  const RequestQueue::Entry& entry = q[slot];
  const int bank = entry.request.where.bank;
  const Clock soonest = std::max(now_, timing_.column_floor(0, direction_));
  const bool goes = q.hit(bank) == slot && timing_.column_ready(bank, direction_, soonest) == soonest &&
                    now_ - entry.arrival < config_.policy.age_cap;
  if (goes) {
    choice_ = {soonest, kColumn | entry.order, column_command(), static_cast<std::int16_t>(bank),
               static_cast<std::int16_t>(slot)};
  }
  return goes;
}

/// The command that goes next, and when: the earliest legal one; at the same clock refreshes first, then the request
/// whose age is over the cap, then column commands, then row commands, the older request first.
Channel::Choice Channel::choose() const {
  Choice best;
  const RequestQueue& q = queue(direction_);
  BankSet banks = q.banks();
  if (refresh_.any_active()) {
    consider_refreshes(best);
    banks &= ~refresh_.blocked() & ~held_back();
  }
  if (expired(direction_)) {
    // Its bank works for it alone, so that hits to another row cannot hold it up.
    const BankSet bank = BankSet{1} << q[q.oldest()].request.where.bank;
    if ((banks & bank) != 0) consider_old(best, q.oldest());
    banks &= ~bank;
  }
  consider_banks(best, banks);
  return best;
}

/// What the bank of the request over the age cap needs for it.
void Channel::consider_old(Choice& best, int slot) const {
  const RequestQueue::Entry& entry = queue(direction_)[slot];
  const int bank = entry.request.where.bank;
  Choice command;
  command.bank = static_cast<std::int16_t>(bank);
  command.slot = static_cast<std::int16_t>(slot);
  command.rank = kExpired | entry.order;
  if (rows_always_open()) {
    command.kind = column_command();
    command.time = ready_with_open_row(bank);
  } else if (!timing_.is_open(bank)) {
    command.kind = CommandKind::activate;
    command.time = timing_.activate_ready(bank);
  } else if (timing_.open_row(bank) == entry.request.where.row) {
    command.kind = column_command();
    command.time = timing_.column_ready(bank, direction_);
  } else {
    command.kind = CommandKind::precharge;
    command.time = timing_.precharge_ready(bank);
  }
  consider(best, command);
}

/// What each of the banks needs for its oldest hit or, without one, for its oldest request.
void Channel::consider_banks(Choice& best, BankSet banks) const {
  if (rows_always_open()) return consider_open_rows(best, banks);
  const BankSet hits = banks & queue(direction_).hit_banks();
  if (hits != 0) consider_columns(best, hits);
  if (banks == hits) return;
  const BankSet open = timing_.open_banks();
  consider_rows(best, banks & ~hits & open, CommandKind::precharge);
  consider_rows(best, banks & ~open, CommandKind::activate);
}

/// Of a bank that no ACT goes to, a refresh alone says when it may be used again.
Clock Channel::ready_with_open_row(int bank) const {
  return std::max(timing_.column_ready(bank, direction_), timing_.activate_ready(bank));
}

void Channel::consider_open_rows(Choice& best, BankSet banks) const {
  const RequestQueue& q = queue(direction_);
  for_each_bank(banks, [&](int bank) {
    const int slot = q.oldest_in_bank(bank);
    consider(best, {ready_with_open_row(bank), kColumn | q[slot].order, column_command(),
                    static_cast<std::int16_t>(bank), static_cast<std::int16_t>(slot)});
  });
}

void Channel::consider_columns(Choice& best, BankSet banks) const {
  const RequestQueue& q = queue(direction_);
  const CommandKind kind = column_command();
  for_each_rank(banks, [&](int rank, BankSet of_rank) {
    const Clock floor = timing_.column_floor(rank, direction_);
    if (floor > best.time) return;
    for_each_bank(of_rank, [&](int bank) {
      const Clock time = timing_.column_ready(bank, direction_, floor);
      if (time > best.time) return;
      const int slot = q.hit(bank);
      consider(best,
               {time, kColumn | q[slot].order, kind, static_cast<std::int16_t>(bank), static_cast<std::int16_t>(slot)});
    });
  });
}

/// `kind` is activate or precharge, the same for all of the banks.
void Channel::consider_rows(Choice& best, BankSet banks, CommandKind kind) const {
  const RequestQueue& q = queue(direction_);
  const bool opens = kind == CommandKind::activate;
  for_each_rank(banks, [&](int rank, BankSet of_rank) {
    const Clock floor = std::max(now_, opens ? timing_.activate_floor(rank) : timing_.precharge_floor(rank));
    // Every other kind of command goes before row commands.
    if (floor > best.time || (floor == best.time && best.rank < kRow)) return;
    for_each_bank(of_rank, [&](int bank) {
      const Clock time = opens ? timing_.activate_ready(bank, floor) : timing_.precharge_ready(bank, floor);
      if (time > best.time) return;
      const int slot = q.oldest_in_bank(bank);
      consider(best,
               {time, kRow | q[slot].order, kind, static_cast<std::int16_t>(bank), static_cast<std::int16_t>(slot)});
    });
  });
}

/// Closed banks of ranks whose refresh only waits to be legal: an ACT there would put it off, one after the other for
/// ever.
BankSet Channel::held_back() const {
  BankSet held = 0;
  for (int rank = 0; refresh_.any_active() && rank < config_.geometry.ranks; ++rank) {
    const bool waits = refresh_.active(rank) && (refresh_.targets(rank) & timing_.open_banks()) == 0;
    if (waits) held |= config_.geometry.banks_of_rank(rank) & ~timing_.open_banks();
  }
  return held;
}

void Channel::consider_refreshes(Choice& best) const {
  for (int rank = 0; rank < config_.geometry.ranks; ++rank) {
    if (!refresh_.active(rank)) continue;
    const BankSet targets = refresh_.targets(rank);
    const BankSet open = targets & timing_.open_banks();
    const bool per_bank = config_.policy.per_bank_refresh;
    const int bank = __builtin_ctzll(per_bank && open != 0 ? open : targets);
    Choice command;
    command.rank = kRefresh | static_cast<std::uint64_t>(rank);
    command.bank = static_cast<std::int16_t>(bank);
    if (per_bank) {
      command.kind = open != 0 ? CommandKind::precharge : CommandKind::refresh_bank;
      command.time = open != 0 ? timing_.precharge_ready(bank) : timing_.refresh_bank_ready(targets, rank);
    } else {
      command.kind = open != 0 ? CommandKind::precharge_all : CommandKind::refresh_all;
      command.time = open != 0 ? timing_.precharge_all_ready(rank) : timing_.refresh_all_ready(rank);
    }
    consider(best, command);
  }
}

std::vector<OpenRow> Channel::open_rows() const {
  std::vector<OpenRow> rows;
  for_each_bank(timing_.open_banks(), [&](int bank) {
    rows.push_back({bank, timing_.open_row(bank), access_[static_cast<std::size_t>(bank)] == Access::hit});
  });
  return rows;
}

void Channel::dump(std::ostream& out) const {
  out << "channel " << number_ << ": clock " << now_ << ", next event "
      << (next_event() == kNever ? std::string("none") : std::to_string(next_event())) << ", "
      << (direction_ == Direction::read ? "reading" : "writing") << ", batch " << batch_ << '\n';
  for (const Direction direction : {Direction::read, Direction::write}) {
    const RequestQueue& q = queue(direction);
    out << "  " << (direction == Direction::read ? "reads" : "writes") << " waiting: " << q.size();
    if (!q.empty())
      out << ", oldest since clock " << q[q.oldest()].arrival << " for bank " << q[q.oldest()].request.where.bank;
    out << '\n';
  }
  for_each_bank(timing_.open_banks(),
                [&](int bank) { out << "  bank " << bank << ": row " << timing_.open_row(bank) << " open\n"; });
  for (int rank = 0; rank < config_.geometry.ranks; ++rank) {
    if (refresh_.active(rank))
      out << "  rank " << rank << ": refreshing since clock " << refresh_.started(rank) << '\n';
  }
}

}  // namespace systole::dram
