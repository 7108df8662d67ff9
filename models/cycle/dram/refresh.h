#pragma once

#include <array>

#include "models/cycle/dram/rules.h"

namespace systole::dram {

/// When each rank must be refreshed, and which banks next.
///
/// The k-th refresh of a rank (k from 1) is due at k * tREFI and may be put off by max_postponed intervals while
/// requests wait; two refreshes are never more than 9 * tREFI apart (JEDEC's limit for 8 postponed ones). Closing the
/// banks takes time, so a refresh starts `lead` clocks ahead: REF itself is on the command bus in time, whatever was
/// going on. Ranks are staggered by tREFI / ranks. Per-bank refresh counts its own interval; each bank has its turn
/// once in a round, banks without requests first.
class RefreshSchedule {
 public:
  RefreshSchedule(const ChannelConfig& config);

  [[nodiscard]] bool active(int rank) const { return ranks_[rank].targets != 0; }
  [[nodiscard]] bool any_active() const { return blocked_ != 0; }
  /// Banks that are being closed for, or wait for, their refresh command: nothing else may go to them.
  [[nodiscard]] BankSet blocked() const { return blocked_; }
  [[nodiscard]] BankSet targets(int rank) const { return ranks_[rank].targets; }
  [[nodiscard]] Clock started(int rank) const { return ranks_[rank].started; }

  /// Starts what must start at `now`, given the banks that have requests; returns the next clock at which asking again
  /// could differ.
  Clock update(Clock now, BankSet wanted) {
    const bool quiet = now < quiet_until_ && (!postponing_ || wanted == quiet_wanted_);
    return quiet ? quiet_until_ : look(now, wanted);
  }
  /// The refresh command of the rank went at `t`.
  void issued(int rank, Clock t);

 private:
  struct Rank {
    std::int64_t next = 1;  ///< number of the next refresh
    Clock last = 0;
    Clock started = 0;
    BankSet targets = 0;  ///< not empty: in progress
    BankSet done = 0;     ///< banks refreshed in this round
  };

  Clock look(Clock now, BankSet wanted);
  [[nodiscard]] Clock due(int rank) const;
  [[nodiscard]] Clock deadline(int rank) const;
  [[nodiscard]] BankSet choose(int rank, BankSet wanted) const;

  Geometry geometry_;
  bool refreshes_;
  Clock interval_;
  Clock lead_;
  bool per_bank_;
  int banks_per_refresh_;
  int max_postponed_;
  std::array<Rank, kMaxRanks> ranks_{};
  BankSet blocked_ = 0;
  Clock quiet_until_ = 0;     ///< update() has nothing to do before this clock ...
  bool postponing_ = false;   ///< ... and, when a refresh is being put off, ...
  BankSet quiet_wanted_ = 0;  ///< ... as long as the wanted banks are these
};

/// Clocks from the decision to refresh until REF can surely go: the longest way to close the banks.
Clock refresh_lead(const ChannelConfig& config);

}  // namespace systole::dram
