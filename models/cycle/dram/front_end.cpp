#include "models/cycle/dram/front_end.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <utility>

#include "base/errors.h"

namespace systole::dram {

namespace {

Clock least_column_distance(const Geometry& geometry, const Rules& rules) {
  Clock least = kNever;
  for (int first = 0; first < 2; ++first) {
    for (int second = 0; second < 2; ++second) {
      least = std::min(least, rules.column_to_column_s[first][second]);
      if (geometry.ranks > 1) least = std::min(least, rules.column_to_column_rank[first][second]);
    }
  }
  return std::max(least, rules.column_length);
}

}  // namespace

FrontEnd::FrontEnd(const DramConfig& config)
    : config_(config),
      answer_lead_(config.channel.rules.data_end(Direction::read) - 1),
      column_distance_(least_column_distance(config.channel.geometry, config.channel.rules)) {
  for (int number = 0; number < config_.channels; ++number) {
    channels_.push_back(
        std::make_unique<Channel>(config_.channel, number, static_cast<ChannelListener&>(*this), false));
  }
}

FrontEnd::Token FrontEnd::begin(std::uint64_t address, std::uint64_t bytes, Direction direction, Clock now) {
  check(!entering_, "dram front end", "a burst came before the one before it had entered");
  if (free_flights_.empty()) {
    free_flights_.push_back(flights_.size());
    flights_.emplace_back();
  }
  const Token token = free_flights_.back();
  free_flights_.pop_back();
  flights_[token] = {order_++, 1, 0};
  entry_ = {token, direction, address, address + bytes, now, {}};
  entering_ = true;
  locate();
  enter(now);
  return token;
}

/// The next device burst of the entry.
void FrontEnd::locate() {
  const auto burst_bytes = static_cast<std::uint64_t>(config_.channel.geometry.burst_bytes);
  const std::uint64_t start = entry_.next & ~(burst_bytes - 1);
  const std::uint64_t end = std::min(start + burst_bytes, entry_.end);
  entry_.request = {config_.map.decode(start), entry_.token, static_cast<std::uint16_t>(entry_.next - start),
                    static_cast<std::uint16_t>(end - start)};
}

/// Enters device bursts while they find room by clock `until`.
void FrontEnd::enter(Clock until) {
  const auto burst_bytes = static_cast<std::uint64_t>(config_.channel.geometry.burst_bytes);
  while (enter_one(until)) {
    entry_.next = (entry_.next & ~(burst_bytes - 1)) + burst_bytes;
    if (entry_.next >= entry_.end) {
      Flight& flight = flights_[entry_.token];
      flight.done = std::max(flight.done, entry_.clock);
      entering_ = false;
      return land(entry_.token);
    }
    locate();
  }
}

/// False when the device burst finds no room by clock `until`. Room comes only with a column command of its channel.
bool FrontEnd::enter_one(Clock until) {
  Channel& channel = *channels_[static_cast<std::size_t>(entry_.request.where.channel)];
  channel.advance(entry_.clock);
  int& bursts = flights_[entry_.token].bursts;
  const bool reading = entry_.direction == Direction::read;
  bursts += reading ? 1 : 0;  // before it enters: a posted write may answer it at once
  while (!channel.try_push(entry_.request, entry_.direction)) {
    const std::int64_t served = channel.served();
    while (channel.served() == served) {
      const Clock next = channel.settled_event();
      if (next >= until) {
        bursts -= reading ? 1 : 0;
        return false;
      }
      channel.advance(next + 1);
    }
    entry_.clock = channel.now();
  }
  touched_ |= std::uint64_t{1} << entry_.request.where.channel;
  return true;
}

void FrontEnd::advance(int channel, Clock until) {
  if (entering_) enter(until);
  channels_[static_cast<std::size_t>(channel)]->advance(until);
}

void FrontEnd::advance_all(Clock until) {
  if (entering_) enter(until);
  for (const auto& channel : channels_) channel->advance(until);
}

Clock FrontEnd::due(int number) {
  Channel& channel = *channels_[static_cast<std::size_t>(number)];
  // Posted writes are answered already: they wait for whoever looks next.
  const Clock lead = channel.waits(Direction::read) ? channel.next_event() + answer_lead_ : kNever;
  if (!entering_ || entry_.request.where.channel != number) return lead;
  const int most = static_cast<int>(answer_lead_ / column_distance_) + 1;
  return std::min(lead, channel.settled_event() + (columns_needed(channel, most) - 1) * column_distance_);
}

/// Column commands, up to `most`, that must go in the channel before all of the entry can be in: with a full queue, one
/// for each device burst that no posted write answers.
int FrontEnd::columns_needed(const Channel& channel, int most) const {
  if (!channel.full(entry_.direction)) return 1;
  const auto burst_bytes = static_cast<std::uint64_t>(config_.channel.geometry.burst_bytes);
  int needed = 1;
  for (std::uint64_t next = (entry_.next & ~(burst_bytes - 1)) + burst_bytes; next < entry_.end && needed < most;
       next += burst_bytes) {
    const Location where = config_.map.decode(next);
    if (where.channel == entry_.request.where.channel && !channel.posted(where)) ++needed;
  }
  return needed;
}

std::uint64_t FrontEnd::take_touched() {
  return std::exchange(touched_, 0);
}

/// One device burst of the burst, or its entering, is complete.
void FrontEnd::land(Token token) {
  Flight& flight = flights_[token];
  if (--flight.bursts > 0) return;
  answers_.push({flight.done, flight.order, token});
}

void FrontEnd::read_done(std::uint64_t token, Clock done) {
  Flight& flight = flights_[token];
  flight.done = std::max(flight.done, done);
  land(token);
}

FrontEnd::Token FrontEnd::take_answer() {
  const Token token = answers_.top().token;
  answers_.pop();
  free_flights_.push_back(token);
  return token;
}

void FrontEnd::tell_commands(Sink sink) {
  sink_ = std::move(sink);
  for (const auto& channel : channels_) channel->tell_commands(static_cast<bool>(sink_));
}

bool FrontEnd::busy() const {
  return entering_ || !answers_.empty() ||
         std::any_of(channels_.begin(), channels_.end(), [](const auto& channel) { return channel->busy(); });
}

DramCounters FrontEnd::counters() const {
  DramCounters sum;
  for (const auto& channel : channels_) sum += channel->counters();
  return sum;
}

void FrontEnd::dump(std::ostream& out) const {
  out << flights_.size() - free_flights_.size() << " bursts in flight, " << answers_.size() << " answers due";
  if (entering_) out << fmt::format(", bytes {:#x} to {:#x} wait for room", entry_.next, entry_.end);
  out << '\n';
  for (const auto& channel : channels_) channel->dump(out);
}

}  // namespace systole::dram
