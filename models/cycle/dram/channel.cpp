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

void Channel::advance(Clock until) {
  while (now_ < until) {
    if (!settled_) {
      change_ = prepare();
      choice_ = choose();
      settled_ = true;
    }
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
  // Behind another request to its bank it changes nothing yet, unless it is the bank's first hit or makes writes too
  // many.
  const bool changes = direction == direction_
                           ? mine.hit(bank) != hit
                           : direction == Direction::write && mine.size() >= config_.policy.write_high;
  settled_ = settled_ && wanted && !changes;
  return true;
}

void Channel::drain() {
  while (busy()) advance(next_event() + 1);
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
/// waits.
void Channel::choose_direction() {
  const RequestQueue& reads = queue(Direction::read);
  const RequestQueue& writes = queue(Direction::write);
  if (writes.empty()) flush_ = false;
  if (batch_ > 0 && !queue(direction_).empty()) return;
  const bool want_writes = !writes.empty() && (reads.empty() || flush_ || writes.size() >= config_.policy.write_high ||
                                               expired(Direction::write));
  const Direction wanted = direction_ == Direction::write && !reads.empty() ? Direction::read
                           : want_writes                                    ? Direction::write
                           : reads.empty()                                  ? direction_
                                                                            : Direction::read;
  if (wanted == direction_) return;
  direction_ = wanted;
  batch_ = wanted == Direction::read ? reads.size()
           : flush_                  ? writes.size()
                                     : std::max(1, writes.size() - config_.policy.write_low);
}

void Channel::consider(Choice& best, Choice candidate) const {
  candidate.time = std::max(candidate.time, now_);
  if (candidate.time < best.time || (candidate.time == best.time && candidate.rank < best.rank)) best = candidate;
}

/// The command that goes next, and when: the earliest legal one; at the same clock refreshes first, then the request
/// whose age is over the cap, then column commands, then row commands, the older request first.
Channel::Choice Channel::choose() const {
  Choice best;
  consider_refreshes(best);
  const RequestQueue& q = queue(direction_);
  BankSet banks = q.banks() & ~refresh_.blocked() & ~held_back();
  if (expired(direction_)) {
    // Its bank works for it alone, so that hits to another row cannot hold it up.
    const int slot = q.oldest();
    const int bank = q[slot].request.where.bank;
    if ((banks >> bank & 1) != 0) {
      const bool hit = timing_.open_row(bank) == q[slot].request.where.row;
      Choice command = next_command(bank, hit ? slot : RequestQueue::kNone);
      command.rank = kExpired | q[slot].order;
      consider(best, command);
      banks &= ~(BankSet{1} << bank);
    }
  }
  for_each_bank(banks, [&](int bank) { consider(best, next_command(bank, q.hit(bank))); });
  return best;
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
  if (!refresh_.any_active()) return;
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

/// What the bank needs for its oldest request, or for the queued hit `slot` of its open row.
Channel::Choice Channel::next_command(int bank, int slot) const {
  const RequestQueue& q = queue(direction_);
  const auto b = static_cast<std::int16_t>(bank);
  if (slot != RequestQueue::kNone) {
    const CommandKind kind = direction_ == Direction::read ? CommandKind::read : CommandKind::write;
    return {timing_.column_ready(bank, direction_), kColumn | q[slot].order, kind, b, static_cast<std::int16_t>(slot)};
  }
  const int first = q.oldest_in_bank(bank);
  const bool open = timing_.is_open(bank);
  return {open ? timing_.precharge_ready(bank) : timing_.activate_ready(bank), kRow | q[first].order,
          open ? CommandKind::precharge : CommandKind::activate, b, static_cast<std::int16_t>(first)};
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
