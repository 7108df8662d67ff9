#include "models/cycle/dram/trace_run.h"

#include <algorithm>
#include <cmath>

namespace systole::dram {

namespace {

constexpr std::size_t kShortLatency = 4096;
constexpr std::size_t kCommandBatch = 1 << 16;

}  // namespace

double TraceResult::mean_latency() const {
  double sum = 0;
  std::int64_t count = 0;
  for (const auto& [latency, n] : latencies) {
    sum += static_cast<double>(latency) * static_cast<double>(n);
    count += n;
  }
  return count == 0 ? 0.0 : sum / static_cast<double>(count);
}

Clock TraceResult::latency_percentile(double percent) const {
  const auto wanted = static_cast<std::int64_t>(std::ceil(percent / 100 * static_cast<double>(reads)));
  std::int64_t seen = 0;
  for (const auto& [latency, n] : latencies) {
    seen += n;
    if (seen >= wanted) return latency;
  }
  return 0;
}

TraceRun::TraceRun(const DramConfig& config, Sink sink)
    : config_(config), sink_(std::move(sink)), short_latencies_(kShortLatency) {
  for (int channel = 0; channel < config.channels; ++channel) {
    channels_.push_back(std::make_unique<Channel>(config.channel, channel, static_cast<ChannelListener&>(*this),
                                                  static_cast<bool>(sink_)));
  }
}

void TraceRun::enter(const TraceRequest& request) {
  clock_ = std::max(clock_, request.clock);
  const int burst_bytes = config_.channel.geometry.burst_bytes;
  const int bursts = std::max(1, kRequestBytes / burst_bytes);
  const std::uint64_t first = request.address & ~static_cast<std::uint64_t>(kRequestBytes - 1);
  const auto bytes = static_cast<std::uint16_t>(std::min(burst_bytes, kRequestBytes));

  ++result_.requests;
  ++(request.direction == Direction::read ? result_.reads : result_.writes);
  if (first != request.address) ++result_.unaligned;
  if (free_flights_.empty()) {
    free_flights_.push_back(flights_.size());
    flights_.emplace_back();
  }
  const std::uint64_t token = free_flights_.back();
  free_flights_.pop_back();
  flights_[token] = {0, 0, request.direction == Direction::read ? bursts + 1 : 1};
  for (int i = 0; i < bursts; ++i) {
    const std::uint64_t address = first + static_cast<std::uint64_t>(i * burst_bytes);
    const auto offset = static_cast<std::uint16_t>(address & static_cast<std::uint64_t>(burst_bytes - 1));
    const Location where = config_.map.decode(address);
    enter_burst(*channels_[where.channel], {where, token, offset, static_cast<std::uint16_t>(offset + bytes)},
                request.direction);
  }
  flights_[token].entered = clock_;
  ++clock_;
  land(token);
  if (commands_.size() >= kCommandBatch) flush_commands(clock_);
}

void TraceRun::enter_burst(Channel& channel, const Request& burst, Direction direction) {
  channel.advance(clock_);
  while (!channel.try_push(burst, direction)) {
    const std::int64_t served = channel.served();
    while (channel.served() == served) channel.advance(channel.next_event() + 1);
    clock_ = channel.now();
  }
}

/// One of the request's bursts, or its entering, is complete.
void TraceRun::land(std::uint64_t token) {
  Flight& flight = flights_[token];
  if (--flight.bursts > 0) return;
  free_flights_.push_back(token);
  if (flight.done == 0) return;  // a write: posted as it entered
  const Clock latency = flight.done - flight.entered;
  if (latency < static_cast<Clock>(kShortLatency)) {
    ++short_latencies_[static_cast<std::size_t>(latency)];
  } else {
    ++result_.latencies[latency];
  }
}

void TraceRun::read_done(std::uint64_t token, Clock done) {
  Flight& flight = flights_[token];
  flight.done = std::max(flight.done, done);
  result_.clocks = std::max(result_.clocks, done);
  land(token);
}

void TraceRun::command(int channel, const Command& command) {
  commands_.push_back({channel, command});
}

/// Hands on what was issued before `until`, in order, after bringing every channel there.
void TraceRun::flush_commands(Clock until) {
  for (const auto& channel : channels_) channel->advance(until);
  const auto earlier = [](const ChannelCommand& a, const ChannelCommand& b) {
    return a.command.clock != b.command.clock ? a.command.clock < b.command.clock : a.channel < b.channel;
  };
  std::stable_sort(commands_.begin(), commands_.end(), earlier);
  for (const ChannelCommand& command : commands_) sink_(command);
  commands_.clear();
}

TraceResult TraceRun::finish() {
  for (const auto& channel : channels_) {
    channel->drain();
    result_.clocks = std::max(result_.clocks, channel->last_data());
  }
  if (sink_) flush_commands(result_.clocks);
  for (const auto& channel : channels_) {
    channel->advance(result_.clocks);
    result_.counters += channel->counters();
  }
  for (std::size_t latency = 0; latency < short_latencies_.size(); ++latency) {
    if (short_latencies_[latency] != 0) result_.latencies[static_cast<Clock>(latency)] += short_latencies_[latency];
  }
  return result_;
}

TraceResult run_trace(const DramConfig& config, TraceReader& reader, TraceRun::Sink sink) {
  TraceRun run(config, std::move(sink));
  TraceRequest request;
  while (reader.next(request)) run.enter(request);
  reader.finish();
  return run.finish();
}

}  // namespace systole::dram
