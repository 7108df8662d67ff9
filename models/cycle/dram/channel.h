#pragma once

#include <algorithm>
#include <array>
#include <iosfwd>
#include <vector>

#include "models/cycle/dram/counters.h"
#include "models/cycle/dram/refresh.h"
#include "models/cycle/dram/request_queue.h"
#include "models/cycle/dram/timing_state.h"

namespace systole::dram {

/// A bank's open row.
struct OpenRow {
  int bank = 0;
  int row = 0;
  bool used = false;  ///< a column command has gone to it
};

/// Whom a channel tells what happened.
class ChannelListener {
 public:
  virtual ~ChannelListener() = default;
  /// The last beat of a read leaves the data bus at the end of clock `done` - 1.
  virtual void read_done(std::uint64_t token, Clock done) = 0;
  /// A command went; called only when the channel was made with `tell_commands`.
  virtual void command(int channel, const Command& command) = 0;
};

/// One DRAM channel and its controller, event-driven: FR-FCFS with an age cap, reads and posted writes in batches
/// between watermarks, refresh, page policy. Time is the caller's: advance() decides every clock before the one given,
/// jumping from one clock at which a command becomes legal to the next, which gives the same commands as deciding clock
/// by clock.
///
/// Within a clock: first requests enter (try_push), then commands go: one, or one row and one column command on a split
/// bus. Not modelled: power-down and self refresh, refresh ahead of time, data-bus errors, ZQ calibration.
class Channel {
 public:
  Channel(const ChannelConfig& config, int number, ChannelListener& listener, bool tell_commands);

  /// Whether the listener is told of commands from now on.
  void tell_commands(bool tell) { tell_commands_ = tell; }
  /// Decides all clocks before `until`.
  void advance(Clock until) {
    if (now_ < until) decide(until);
  }
  /// A burst enters at `now()`; false when it must wait: no entry is free, or an earlier access to the same burst is in
  /// the way. A write that enters is posted; a read that a posted write answers is done one clock later.
  bool try_push(const Request& request, Direction direction);
  /// Issues everything that waits, posted writes too.
  void drain();

  /// Clocks before this one are decided.
  [[nodiscard]] Clock now() const { return now_; }
  /// Earliest clock at which something waits to be decided; kNever when no request waits (refreshes are caught up
  /// later).
  [[nodiscard]] Clock next_event() const {
    if (!busy()) return kNever;
    return settled_ && touched_ == 0 ? std::min(choice_.time, change_) : now_;
  }
  /// next_event(), exact: only when nothing more enters at now().
  [[nodiscard]] Clock settled_event() {
    if (busy()) settle();
    return next_event();
  }
  [[nodiscard]] bool busy() const { return !queues_[0].empty() || !queues_[1].empty(); }
  [[nodiscard]] bool waits(Direction direction) const { return !queue(direction).empty(); }
  [[nodiscard]] bool full(Direction direction) const { return queue(direction).full(); }
  /// A queued write is for this burst.
  [[nodiscard]] bool posted(const Location& where) const {
    return queue(Direction::write).find(where) != RequestQueue::kNone;
  }
  /// Clock at which the last burst so far has left the data bus.
  [[nodiscard]] Clock last_data() const { return last_data_; }
  /// Bursts that left the queues so far: try_push of a burst that had to wait can only succeed after this has changed.
  [[nodiscard]] std::int64_t served() const { return counters_.memory.reads + counters_.memory.writes; }
  [[nodiscard]] DramCounters counters() const;
  /// As of now(), by bank.
  [[nodiscard]] std::vector<OpenRow> open_rows() const;
  void dump(std::ostream& out) const;

 private:
  struct Choice {
    Clock time = kNever;
    std::uint64_t rank = 0;  ///< the lower one goes first among commands legal at the same clock: priority, then age
    CommandKind kind = CommandKind::activate;
    std::int16_t bank = 0;
    std::int16_t slot = RequestQueue::kNone;
  };
  enum class Access : std::uint8_t { hit, miss, conflict };
  /// When at least one bank of a rank was open, for the background energy.
  struct Activity {
    Clock since = 0;
    Clock until = 0;
    Clock total = 0;  ///< of the intervals before `since`
  };

  RequestQueue& queue(Direction direction) { return queues_[index(direction)]; }
  [[nodiscard]] const RequestQueue& queue(Direction direction) const { return queues_[index(direction)]; }

  [[nodiscard]] bool rows_always_open() const { return config_.policy.page == PagePolicy::ideal; }

  void decide(Clock until);
  Clock prepare();
  [[nodiscard]] bool expired(Direction direction) const;
  void choose_direction();
  void settle();
  [[nodiscard]] CommandKind column_command() const {
    return direction_ == Direction::read ? CommandKind::read : CommandKind::write;
  }
  /// Calls `visit(rank, banks of the rank)` for each rank that has some of the banks.
  template <typename Visit>
  void for_each_rank(BankSet banks, Visit&& visit) const {
    if (banks == 0) return;
    if (config_.geometry.ranks == 1) return visit(0, banks);
    for (int rank = 0; rank < config_.geometry.ranks; ++rank) {
      const BankSet of_rank = banks & config_.geometry.banks_of_rank(rank);
      if (of_rank != 0) visit(rank, of_rank);
    }
  }
  bool choose_in_stream();
  [[nodiscard]] Choice choose() const;
  void consider(Choice& best, const Choice& candidate) const;
  [[nodiscard]] BankSet held_back() const;
  void consider_refreshes(Choice& best) const;
  void consider_old(Choice& best, int slot) const;
  void consider_banks(Choice& best, BankSet banks) const;
  void consider_open_rows(Choice& best, BankSet banks) const;
  [[nodiscard]] Clock ready_with_open_row(int bank) const;
  void consider_columns(Choice& best, BankSet banks) const;
  void consider_rows(Choice& best, BankSet banks, CommandKind kind) const;

  void issue(const Choice& choice);
  void issue_activate(int bank, int row);
  void issue_precharge(int bank, bool for_another_row);
  void issue_precharge_all(int rank);
  void issue_column(int bank, int slot);
  void issue_refresh(CommandKind kind, int bank);
  bool closes_row(int bank) const;
  void row_changed(int bank, int row);
  void closed(int bank, Clock at);
  void count_refresh_wait(Clock from, Clock to);
  void tell(CommandKind kind, int bank, int row = -1, int column = -1, std::uint64_t token = 0);

  ChannelConfig config_;
  int number_;
  ChannelListener& listener_;
  bool tell_commands_;

  TimingState timing_;
  RefreshSchedule refresh_;
  std::array<RequestQueue, 2> queues_;
  Clock now_ = 0;
  bool settled_ = false;   ///< choice_ and change_ hold, but for ...
  BankSet touched_ = 0;    ///< ... banks whose next command is another one since a request entered
  Choice choice_;          ///< the command that goes next unless something changes before
  Clock change_ = kNever;  ///< when something changes by time alone
  std::uint64_t arrivals_ = 0;
  Direction direction_ = Direction::read;
  int batch_ = 0;       ///< bursts the present direction may still serve before the other one gets its turn
  bool flush_ = false;  ///< a read waits for a posted write that it overlaps in part: write all

  DramCounters counters_;
  Clock last_data_ = 0;
  std::array<Access, kMaxBanks> access_{};  ///< what the next column access to the bank counts as
  std::array<bool, kMaxBanks> replaced_{};  ///< the bank was closed for another row
  std::array<Clock, kMaxBanks> refreshed_until_{};
  Clock refresh_counted_until_ = 0;
  std::array<Activity, kMaxRanks> activity_{};
};

}  // namespace systole::dram
