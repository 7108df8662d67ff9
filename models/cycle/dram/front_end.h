#pragma once

#include <functional>
#include <iosfwd>
#include <memory>
#include <queue>
#include <vector>

#include "models/cycle/dram/channel.h"
#include "models/cycle/dram/config.h"

namespace systole::dram {

/// The memory's door in memory clocks, without SystemC: bursts of the accelerator come in one after the other, are cut
/// into device bursts that enter the channels' queues as there is room, and are answered. A read is answered when its
/// last device burst has left the data bus, a write when its last one is posted.
///
/// Channels are advanced late: nobody sees a command, only that a burst has entered and that it is answered. due() says
/// until when a channel may be left alone so that both are known in time. What happens is the same at whatever clocks
/// the caller advances.
class FrontEnd : private ChannelListener {
 public:
  using Token = std::size_t;

  explicit FrontEnd(const DramConfig& config);

  /// A burst arrives that may enter from clock `now` on; the channels are advanced there. Only when none is entering.
  Token begin(std::uint64_t address, std::uint64_t bytes, Direction direction, Clock now);
  /// A burst has not yet entered completely.
  [[nodiscard]] bool entering() const { return entering_; }
  /// Clock at which the last burst's last device burst entered.
  [[nodiscard]] Clock entered_at() const { return entry_.clock; }
  /// The channel that the entering burst waits for.
  [[nodiscard]] int entering_channel() const { return entry_.request.where.channel; }

  /// Decides all clocks before `until` for the channel, and enters what finds room by then.
  void advance(int channel, Clock until);
  /// The same for all channels.
  void advance_all(Clock until);
  /// Latest clock that may pass before the channel must be advanced beyond it; kNever: it has nothing to do that is
  /// seen outside (posted writes are not).
  [[nodiscard]] Clock due(int channel);
  /// Channels, as a bit mask, that something has entered since the last call.
  std::uint64_t take_touched();

  struct Answer {
    Clock clock = 0;
    std::uint64_t order = 0;  ///< answers of one clock go in the order of their requests
    Token token = 0;
    bool operator>(const Answer& other) const {
      return clock != other.clock ? clock > other.clock : order > other.order;
    }
  };
  [[nodiscard]] bool answers() const { return !answers_.empty(); }
  [[nodiscard]] const Answer& next_answer() const { return answers_.top(); }
  /// Takes the next answer; its token may be given out again.
  Token take_answer();

  /// From now on `sink` hears every command when it is decided, which may be after its clock; an empty one: nobody.
  using Sink = std::function<void(int channel, const Command& command)>;
  void tell_commands(Sink sink);

  /// As of the clock up to which the channel has been advanced.
  [[nodiscard]] std::vector<OpenRow> open_rows(int channel) const {
    return channels_[static_cast<std::size_t>(channel)]->open_rows();
  }
  [[nodiscard]] bool busy() const;
  [[nodiscard]] DramCounters counters() const;
  void dump(std::ostream& out) const;

 private:
  /// A burst on its way.
  struct Flight {
    std::uint64_t order = 0;
    int bursts = 0;  ///< device bursts still to come back, one more while the burst is entering
    Clock done = 0;
  };
  /// The burst that enters: its device bursts from address `next` to `end` have not found room.
  struct Entry {
    Token token = 0;
    Direction direction = Direction::read;
    std::uint64_t next = 0;
    std::uint64_t end = 0;
    Clock clock = 0;  ///< the next device burst may enter from here on
    Request request;  ///< that device burst
  };

  void read_done(std::uint64_t token, Clock done) override;
  void command(int channel, const Command& command) override { sink_(channel, command); }

  void locate();
  void enter(Clock until);
  bool enter_one(Clock until);
  void land(Token token);
  [[nodiscard]] int columns_needed(const Channel& channel, int most) const;

  DramConfig config_;
  Clock answer_lead_;      ///< a read's last beat comes more than this after its command
  Clock column_distance_;  ///< least clocks between two column commands of a channel
  std::vector<std::unique_ptr<Channel>> channels_;
  std::vector<Flight> flights_;
  std::vector<Token> free_flights_;
  Sink sink_;
  std::uint64_t order_ = 0;
  bool entering_ = false;
  Entry entry_;
  std::uint64_t touched_ = 0;
  std::priority_queue<Answer, std::vector<Answer>, std::greater<>> answers_;
};

}  // namespace systole::dram
