#include "test/models/cycle/dram/checker/command_checker.h"

#include <algorithm>

namespace systole::checker {

namespace {

/// A refresh begins to close the banks so long before its time at most that REF itself is never late. The standard
/// would let eight be pulled in; earlier would be more refreshes than this controller promises.
constexpr std::int64_t kEarliestRefresh = 200;

}  // namespace

void SlackTable::note(const char* rule, std::int64_t slack, const Record& record) {
  std::int64_t*& place = places_[rule];
  if (place == nullptr) place = &smallest_.try_emplace(rule, slack).first->second;
  *place = std::min(*place, slack);
  if (slack >= 0) return;
  ++violations_;
  if (first_.size() < 10) {
    first_.push_back(std::string(rule) + " by " + std::to_string(-slack) + " at clock " + std::to_string(record.clock) +
                     ": " + record.command + " channel " + std::to_string(record.channel) + " rank " +
                     std::to_string(record.rank) + " bank group " + std::to_string(record.group) + " bank " +
                     std::to_string(record.bank));
  }
}

void SlackTable::merge(const SlackTable& other) {
  for (const auto& [rule, slack] : other.smallest_) {
    const auto place = smallest_.try_emplace(rule, slack).first;
    place->second = std::min(place->second, slack);
  }
  violations_ += other.violations_;
  first_.insert(first_.end(), other.first_.begin(), other.first_.end());
}

std::string SlackTable::report() const {
  std::string text = std::to_string(violations_) + " violations";
  for (const std::string& line : first_) text += "\n  " + line;
  return text;
}

CommandChecker::CommandChecker(const DataSheet& sheet, bool per_bank, int postponed)
    : s_(sheet),
      per_bank_(per_bank),
      postponed_(postponed),
      banks_(static_cast<std::size_t>(sheet.ranks * sheet.groups * sheet.banks_per_group)),
      ranks_(static_cast<std::size_t>(sheet.ranks)) {}

void CommandChecker::check(const Record& r) {
  require("clock order", r.clock >= last_clock_, r);
  last_clock_ = r.clock;
  const std::string& c = r.command;
  if (c == "RD" || c == "RDA") return column(r, false, c == "RDA");
  if (c == "WR" || c == "WRA") return column(r, true, c == "WRA");
  if (c == "ACT") return activate(r);
  if (c == "PRE") return precharge(r, bank_of(r));
  if (c == "PREA") return precharge_all(r);
  if (c == "REF") return refresh_all(r);
  if (c == "REFPB") return refresh_bank(r);
  require("known command", false, r);
}

void CommandChecker::bus(const Record& r, int length, bool column) {
  std::int64_t& free = bus_free_[column && s_.two_buses ? 1 : 0];
  slack_.note(column ? "command bus, column" : "command bus, row", r.clock - free, r);
  free = r.clock + length;
}

void CommandChecker::fifth_activation(const Record& r, std::int64_t counted) {
  auto& recent = ranks_[static_cast<std::size_t>(r.rank)].activations;
  slack_.note("tFAW", counted - recent[0] - s_.tfaw, r);
  std::rotate(recent.begin(), recent.begin() + 1, recent.end());
  recent[3] = counted;
}

void CommandChecker::activate(const Record& r) {
  bus(r, s_.act_length, false);
  const int mine = bank_of(r);
  Bank& bank = banks_[static_cast<std::size_t>(mine)];
  Rank& rank = ranks_[static_cast<std::size_t>(r.rank)];
  const std::int64_t t = r.clock + s_.act_counts_from;
  require("ACT to a closed bank", bank.row < 0, r);
  slack_.note("tRC", t - bank.act - s_.trc, r);
  slack_.note("tRP", t - bank.pre - s_.trp, r);
  slack_.note("tRPab", t - bank.pre_all - s_.trp_all, r);
  slack_.note("tRFC, REF to ACT", t - rank.ref - s_.trfc, r);
  if (per_bank_) {
    slack_.note("tRFCpb, REFPB to ACT", t - bank.refresh - s_.trfc_bank, r);
    if (bank.refresh != rank.bank_refresh)
      slack_.note("REFPB to ACT of another bank", t - rank.bank_refresh - s_.bank_refresh_to_act, r);
  }
  std::int64_t near = kLongAgo, far = kLongAgo;  // last ACT of another bank in the same bank group, in others
  for (int other = r.rank * per_rank(); other < (r.rank + 1) * per_rank(); ++other) {
    if (other == mine) continue;
    std::int64_t& last = group_of(other) == group_of(mine) ? near : far;
    last = std::max(last, banks_[static_cast<std::size_t>(other)].act);
  }
  slack_.note("tRRD_L", t - near - s_.trrd_l, r);
  if (s_.groups > 1) slack_.note("tRRD_S", t - far - s_.trrd_s, r);
  fifth_activation(r, t);
  bank.act = t;
  bank.row = r.row;
}

void CommandChecker::precharge(const Record& r, int mine) {
  bus(r, s_.pre_length, false);
  Bank& bank = banks_[static_cast<std::size_t>(mine)];
  require("PRE to an open bank", bank.row >= 0, r);
  slack_.note("tRAS", r.clock - bank.act - s_.tras, r);
  slack_.note("tRTP", r.clock - bank.read - s_.trtp, r);
  slack_.note("tWR", r.clock - bank.write - s_.write_recovery_from - s_.twr, r);
  slack_.note("tPPD", r.clock - ranks_[static_cast<std::size_t>(r.rank)].pre - s_.tppd, r);
  bank.pre = r.clock;
  bank.row = -1;
  ranks_[static_cast<std::size_t>(r.rank)].pre = r.clock;
}

void CommandChecker::precharge_all(const Record& r) {
  bus(r, s_.pre_length, false);
  slack_.note("tPPD", r.clock - ranks_[static_cast<std::size_t>(r.rank)].pre - s_.tppd, r);
  for (int b = r.rank * per_rank(); b < (r.rank + 1) * per_rank(); ++b) {
    Bank& bank = banks_[static_cast<std::size_t>(b)];
    bank.pre_all = r.clock;
    if (bank.row < 0) continue;
    slack_.note("tRAS", r.clock - bank.act - s_.tras, r);
    slack_.note("tRTP", r.clock - bank.read - s_.trtp, r);
    slack_.note("tWR", r.clock - bank.write - s_.write_recovery_from - s_.twr, r);
    bank.row = -1;
  }
  ranks_[static_cast<std::size_t>(r.rank)].pre = r.clock;
}

void CommandChecker::column(const Record& r, bool write, bool closing) {
  bus(r, s_.column_length, true);
  const int mine = bank_of(r);
  Bank& bank = banks_[static_cast<std::size_t>(mine)];
  require("RD or WR to the open row", bank.row >= 0 && bank.row == r.row, r);
  require("column within the row", r.column >= 0 && r.column < s_.columns, r);
  const std::int64_t t = r.clock;
  slack_.note(write ? "tRCD of writes" : "tRCD of reads", t - bank.act - (write ? s_.trcd_write : s_.trcd_read), r);
  struct Last {
    std::int64_t read = kLongAgo, write = kLongAgo;
  };
  Last near, far;  // in the same bank group, in others
  for (int other = r.rank * per_rank(); other < (r.rank + 1) * per_rank(); ++other) {
    const Bank& o = banks_[static_cast<std::size_t>(other)];
    Last& last = group_of(other) == group_of(mine) ? near : far;
    last = {std::max(last.read, o.read), std::max(last.write, o.write)};
  }
  slack_.note("tCCD_L", t - (write ? near.write : near.read) - s_.tccd_l, r);
  if (s_.groups > 1) slack_.note("tCCD_S", t - (write ? far.write : far.read) - s_.tccd_s, r);
  if (write) {
    slack_.note("RD to WR", t - std::max(near.read, far.read) - s_.read_to_write, r);
  } else {
    slack_.note("tWTR_L", t - near.write - s_.write_recovery_from - s_.twtr_l, r);
    if (s_.groups > 1) slack_.note("tWTR_S", t - far.write - s_.write_recovery_from - s_.twtr_s, r);
  }
  data_bus(r, write);
  (write ? bank.write : bank.read) = t;
  if (!closing) return;
  // The device precharges by itself as soon as tRAS and tRTP or tWR allow.
  const std::int64_t own = write ? t + s_.write_recovery_from + s_.twr : t + s_.trtp;
  bank.pre = std::max({own, bank.act + s_.tras, bank.read + s_.trtp, bank.write + s_.write_recovery_from + s_.twr});
  bank.row = -1;
}

void CommandChecker::data_bus(const Record& r, bool write) {
  const std::int64_t start = r.clock + (write ? s_.write_latency : s_.read_latency);
  if (data_end_ != kLongAgo) {
    const bool switched = r.rank != data_rank_;
    slack_.note(switched ? "data bus, another rank" : "data bus", start - data_end_ - (switched ? s_.rank_gap : 0), r);
  }
  data_end_ = start + s_.burst;
  data_rank_ = r.rank;
}

void CommandChecker::before_refresh(const Record& r, int b) {
  const Bank& bank = banks_[static_cast<std::size_t>(b)];
  require("refresh of a closed bank", bank.row < 0, r);
  slack_.note("tRP before refresh", r.clock - bank.pre - s_.trp, r);
  slack_.note("tRPab before refresh", r.clock - bank.pre_all - s_.trp_all, r);
  slack_.note("tRC before refresh", r.clock - bank.act - s_.trc, r);
}

void CommandChecker::refresh_is_timely(const Record& r, std::int64_t previous, std::int64_t interval, int rank) {
  Rank& state = ranks_[static_cast<std::size_t>(rank)];
  ++state.refreshes;
  const std::int64_t stagger = rank * interval / s_.ranks;
  slack_.note("refresh not late", (state.refreshes + postponed_) * interval - r.clock, r);
  require("refresh not ahead of time", r.clock >= state.refreshes * interval - stagger - kEarliestRefresh, r);
  if (previous != kLongAgo) slack_.note("refresh within 9 tREFI", previous + 9 * interval - r.clock, r);
}

void CommandChecker::refresh_all(const Record& r) {
  bus(r, s_.ref_length, false);
  require("REF only without per-bank refresh", !per_bank_, r);
  Rank& rank = ranks_[static_cast<std::size_t>(r.rank)];
  for (int b = r.rank * per_rank(); b < (r.rank + 1) * per_rank(); ++b) before_refresh(r, b);
  slack_.note("tRFC, REF to REF", r.clock - rank.ref - s_.trfc, r);
  refresh_is_timely(r, rank.ref, s_.trefi, r.rank);
  rank.ref = r.clock;
}

void CommandChecker::refresh_bank(const Record& r) {
  bus(r, s_.ref_length, false);
  require("REFPB only with per-bank refresh", per_bank_, r);
  Rank& rank = ranks_[static_cast<std::size_t>(r.rank)];
  const int mine = bank_of(r);
  for (int i = 0; i < s_.banks_per_refresh; ++i) {
    const int b = mine + i * per_rank() / 2;
    before_refresh(r, b);
    Bank& bank = banks_[static_cast<std::size_t>(b)];
    slack_.note("tRFCpb, REFPB to REFPB", r.clock - bank.refresh - s_.trfc_bank, r);
    const std::uint64_t bit = std::uint64_t{1} << b;
    require("each bank once in a round", (rank.round & bit) == 0, r);
    rank.round |= bit;
  }
  const std::uint64_t all = ((std::uint64_t{1} << per_rank()) - 1) << (r.rank * per_rank());
  if (rank.round == all) rank.round = 0;
  for (int other = r.rank * per_rank(); other < (r.rank + 1) * per_rank(); ++other) {
    if (other % (per_rank() / s_.banks_per_refresh) == mine % (per_rank() / s_.banks_per_refresh)) continue;
    slack_.note("ACT to REFPB of another bank",
                r.clock - banks_[static_cast<std::size_t>(other)].act - s_.act_to_bank_refresh, r);
  }
  slack_.note("REFPB to REFPB of another bank", r.clock - rank.bank_refresh - s_.bank_refresh_to_bank_refresh, r);
  fifth_activation(r, r.clock);
  refresh_is_timely(r, rank.bank_refresh, s_.trefi_bank, r.rank);
  for (int i = 0; i < s_.banks_per_refresh; ++i)
    banks_[static_cast<std::size_t>(mine + i * per_rank() / 2)].refresh = r.clock;
  rank.bank_refresh = r.clock;
}

void CommandChecker::finish(std::int64_t clock) {
  const std::int64_t interval = per_bank_ ? s_.trefi_bank : s_.trefi;
  Record end;
  end.clock = clock;
  end.command = "end of the trace";
  for (const Rank& rank : ranks_)
    slack_.note("refresh not late", (rank.refreshes + 1 + postponed_) * interval - clock, end);
}

}  // namespace systole::checker
