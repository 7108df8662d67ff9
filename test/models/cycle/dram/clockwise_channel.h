#pragma once

#include <vector>

#include "models/cycle/dram/channel.h"

namespace systole::dram {

/// The controller's decisions made the slow way: at every clock, over every waiting request, from plain lists. It
/// shares with Channel only what is legal when (TimingState) and when refreshes are due (RefreshSchedule); Channel must
/// give the same commands at the same clocks.
class ClockwiseChannel {
 public:
  explicit ClockwiseChannel(const ChannelConfig& config)
      : config_(config), timing_(config.geometry, config.rules), refresh_(config) {}

  bool try_push(const Request& request, Direction direction);
  /// Decides the clock `now()`.
  void step();
  [[nodiscard]] Clock now() const { return now_; }
  [[nodiscard]] bool busy() const { return !waiting_[0].empty() || !waiting_[1].empty(); }

  std::vector<Command> commands;

 private:
  struct Entry {
    Request request;
    Clock arrival = 0;
  };
  using List = std::vector<Entry>;  ///< oldest first

  [[nodiscard]] bool old(const List& list) const {
    return !list.empty() && now_ - list.front().arrival >= config_.policy.age_cap;
  }
  void turn();
  bool refresh_something();
  bool serve_something();
  bool serve_row(const Entry& entry, bool hit_waits);
  void serve_column(std::size_t position);
  [[nodiscard]] bool row_wanted(int bank) const;
  [[nodiscard]] BankSet wanted() const;
  [[nodiscard]] bool held(int bank) const;
  List& active() { return waiting_[direction_ == Direction::read ? 0 : 1]; }
  [[nodiscard]] const List& active() const { return waiting_[direction_ == Direction::read ? 0 : 1]; }

  ChannelConfig config_;
  TimingState timing_;
  RefreshSchedule refresh_;
  List waiting_[2];
  Clock now_ = 0;
  Direction direction_ = Direction::read;
  int batch_ = 0;
  bool flush_ = false;
};

}  // namespace systole::dram
