#pragma once

#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "models/cycle/dram/channel.h"
#include "models/cycle/dram/config.h"
#include "models/cycle/dram/trace_reader.h"

namespace systole::dram {

/// Bytes of one trace request.
constexpr int kRequestBytes = 64;

/// What a trace came to.
struct TraceResult {
  std::int64_t requests = 0, reads = 0, writes = 0;
  std::int64_t unaligned = 0;  ///< requests whose address is not a multiple of 64; they count as the 64 bytes around it
  Clock clocks = 0;            ///< until the last beat of the last burst, posted writes included
  DramCounters counters;
  /// Reads by latency in clocks, from the clock at which the request entered to its last beat.
  std::map<Clock, std::int64_t> latencies;

  [[nodiscard]] double mean_latency() const;
  /// The smallest latency that at least `percent` of the reads do not exceed.
  [[nodiscard]] Clock latency_percentile(double percent) const;
};

/// A command of one of the channels.
struct ChannelCommand {
  int channel = 0;
  Command command;
};

/// The controller alone on a request trace: requests enter in order, at most one a clock, each retried until it is
/// accepted. Requests longer than a burst are split. Channels advance only when a request or the end needs them: they
/// share nothing.
class TraceRun : private ChannelListener {
 public:
  using Sink = std::function<void(const ChannelCommand&)>;

  /// `sink` receives every command by clock, then channel; it may be empty.
  explicit TraceRun(const DramConfig& config, Sink sink = {});

  void enter(const TraceRequest& request);
  /// Serves what waits, brings all channels to the same clock and returns the result.
  TraceResult finish();

 private:
  struct Flight {
    Clock entered = 0;
    Clock done = 0;
    int bursts = 0;  ///< still to come, one more while the request is entering
  };

  void read_done(std::uint64_t token, Clock done) override;
  void command(int channel, const Command& command) override;
  void enter_burst(Channel& channel, const Request& burst, Direction direction);
  void land(std::uint64_t token);
  void flush_commands(Clock until);

  const DramConfig& config_;
  Sink sink_;
  std::vector<std::unique_ptr<Channel>> channels_;
  Clock clock_ = 0;  ///< earliest clock of the next entry
  std::vector<Flight> flights_;
  std::vector<std::uint64_t> free_flights_;
  std::vector<std::int64_t> short_latencies_;  ///< counts by latency below its size; result_ has the longer ones
  std::vector<ChannelCommand> commands_;
  TraceResult result_;
};

/// Runs a whole trace.
TraceResult run_trace(const DramConfig& config, TraceReader& reader, TraceRun::Sink sink = {});

}  // namespace systole::dram
