#include "models/cycle/dram/refresh.h"

#include <algorithm>

#include "models/cycle/dram/bits.h"

namespace systole::dram {

namespace {

constexpr int kLongestGap = 9;  ///< tREFI between two refreshes, JEDEC

}  // namespace

Clock refresh_lead(const ChannelConfig& config) {
  const Rules& rules = config.rules;
  const Clock close =
      std::max({rules.activate_to_precharge, rules.column_to_precharge[0], rules.column_to_precharge[1]});
  // The last command to the rank went a clock ago at the latest.
  const Clock one_rank = close + std::max(rules.precharge_all_to_refresh, rules.precharge_to_refresh) - 1;
  const Clock longest = std::max({rules.activate_length, rules.column_length, rules.precharge_length});
  Clock lead = std::max(one_rank, rules.activate_to_refresh - 1);
  // Others keep the command bus: each of PRE and REF may find it taken by a command in progress.
  if (config.geometry.ranks > 1 || config.policy.per_bank_refresh) lead += 2 * longest;
  // Other banks of the rank go on: their precharges and activates may have come just before.
  if (config.policy.per_bank_refresh) lead += rules.precharge_to_precharge + rules.four_activates;
  return lead;
}

RefreshSchedule::RefreshSchedule(const ChannelConfig& config)
    : geometry_(config.geometry),
      refreshes_(config.policy.refreshes),
      interval_(config.rules.refresh_interval),
      lead_(refresh_lead(config)),
      per_bank_(config.policy.per_bank_refresh),
      banks_per_refresh_(config.policy.banks_per_refresh),
      max_postponed_(config.policy.max_postponed) {}

Clock RefreshSchedule::due(int rank) const {
  return ranks_[rank].next * interval_ - rank * interval_ / geometry_.ranks - lead_;
}

Clock RefreshSchedule::deadline(int rank) const {
  return std::min(due(rank) + max_postponed_ * interval_, ranks_[rank].last + kLongestGap * interval_ - lead_);
}

BankSet RefreshSchedule::choose(int rank, BankSet wanted) const {
  const BankSet all = geometry_.banks_of_rank(rank);
  if (!per_bank_) return all;
  const int first = rank * geometry_.banks_per_rank();
  const int half = geometry_.banks_per_rank() / banks_per_refresh_;
  BankSet fallback = 0;
  for (int bank = first; bank < first + half; ++bank) {
    BankSet targets = BankSet{1} << bank;
    if (banks_per_refresh_ == 2) targets |= BankSet{1} << (bank + half);
    if ((targets & ranks_[rank].done) != 0) continue;
    if ((targets & wanted) == 0) return targets;
    if (fallback == 0) fallback = targets;
  }
  return fallback;
}

Clock RefreshSchedule::look(Clock now, BankSet wanted) {
  if (!refreshes_) return kNever;
  Clock change = kNever;
  postponing_ = false;
  for (int rank = 0; rank < geometry_.ranks; ++rank) {
    Rank& state = ranks_[rank];
    if (state.targets != 0) continue;
    if (now < due(rank)) {
      change = std::min(change, due(rank));
      continue;
    }
    const BankSet targets = choose(rank, wanted);
    const bool idle = (targets & wanted) == 0;
    if (idle || now >= deadline(rank)) {
      state.targets = targets;
      state.started = now;
      blocked_ |= targets;
    } else {
      change = std::min(change, deadline(rank));
      postponing_ = true;
    }
  }
  quiet_until_ = change;
  quiet_wanted_ = wanted;
  return change;
}

void RefreshSchedule::issued(int rank, Clock t) {
  Rank& state = ranks_[rank];
  blocked_ &= ~state.targets;
  state.done |= state.targets;
  if (state.done == geometry_.banks_of_rank(rank)) state.done = 0;
  state.targets = 0;
  state.last = t;
  ++state.next;
  quiet_until_ = 0;
}

}  // namespace systole::dram
