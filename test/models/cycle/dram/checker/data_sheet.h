#pragma once

#include <cstdint>
#include <string>

namespace systole::checker {

/// A device as its data sheet has it, typed in a second time: the checker must share nothing with the controller,
/// neither numbers nor formulas. Times in memory clocks.
struct DataSheet {
  std::string name;
  int ranks, groups, banks_per_group, columns;  ///< columns in bursts
  std::int64_t burst;                           ///< clocks that a burst keeps the data bus
  std::int64_t read_latency, write_latency;     ///< first clock of RD or WR to the first beat
  std::int64_t write_recovery_from;             ///< first clock of WR to where tWR and tWTR begin to count
  std::int64_t trcd_read, trcd_write, trp, trp_all, tras, trc;
  std::int64_t trrd_s, trrd_l, tfaw, tccd_s, tccd_l;
  std::int64_t twr, twtr_s, twtr_l, trtp, tppd, rank_gap;
  std::int64_t read_to_write;  ///< RD to WR in a rank, first clock to first clock
  std::int64_t trfc, trefi;
  std::int64_t trfc_bank, trefi_bank, bank_refresh_to_bank_refresh, bank_refresh_to_act, act_to_bank_refresh;
  int banks_per_refresh;
  std::int64_t act_counts_from;  ///< clock of ACT from which its times run
  int act_length, column_length, pre_length, ref_length;
  bool two_buses;  ///< row and column commands apart
  std::int64_t
      unloaded_read;  ///< clocks from a request to the end of its data when its bank is closed and nothing else goes on
};

/// Clocks between two REFPB of lpddr5_close_refreshes.
constexpr int kCloseRefreshes = 10;

/// ddr4_2400, ddr4_3200, lpddr4_3200, hbm2, lpddr5_6400 or, for the tests, lpddr5_close_refreshes; throws
/// std::out_of_range for others.
DataSheet data_sheet(const std::string& name);

}  // namespace systole::checker
