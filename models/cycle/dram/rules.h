#pragma once

#include "models/cycle/dram/types.h"

namespace systole::dram {

/// Distances between commands in memory clocks, from the first clock of one to the first clock of the other: what the
/// data sheet's parameters (configs/memory.proto) come to once command lengths and latencies are put in. See
/// docs/dram.md for the formula of each. `same` means the same bank, `_s` another bank group, `_l` the same bank group.
struct Rules {
  // Command bus occupancy.
  Clock activate_length = 1, column_length = 1, precharge_length = 1, refresh_length = 1;
  bool split_bus = false;     ///< column commands have a bus of their own
  Clock activate_offset = 0;  ///< the clock of ACT from which its timings count

  // Same bank.
  Clock activate_to_column[2] = {0, 0};   ///< tRCD, by direction
  Clock activate_to_precharge = 0;        ///< tRAS
  Clock activate_to_activate = 0;         ///< tRC
  Clock column_to_precharge[2] = {0, 0};  ///< tRTP; WL + BL/2 + tWR
  Clock precharge_to_activate = 0;        ///< tRP
  Clock precharge_all_to_activate = 0;    ///< tRPab
  Clock activate_to_refresh = 0;          ///< tRC
  Clock precharge_to_refresh = 0, precharge_all_to_refresh = 0;

  // Same rank.
  Clock activate_to_activate_s = 0, activate_to_activate_l = 0;        ///< tRRD
  Clock four_activates = 0;                                            ///< tFAW
  Clock precharge_to_precharge = 0;                                    ///< tPPD
  Clock column_to_column_s[2][2] = {}, column_to_column_l[2][2] = {};  ///< by direction of the first, then the second
  // Another rank on the same data bus.
  Clock column_to_column_rank[2][2] = {};

  // Refresh.
  Clock refresh_to_activate = 0, refresh_to_refresh = 0;  ///< tRFC
  Clock refresh_interval = kNever;                        ///< tREFI of the refresh in use
  Clock bank_refresh_to_activate_same = 0, bank_refresh_to_activate_other = 0;
  Clock bank_refresh_to_bank_refresh = 0, activate_to_bank_refresh = 0;

  Clock data_start[2] = {0, 0};  ///< first beat after a column command, by direction
  Clock burst_clocks = 0;        ///< BL/2
  [[nodiscard]] Clock data_end(Direction direction) const { return data_start[index(direction)] + burst_clocks; }
};

enum class PagePolicy { open, closed, adaptive, ideal };

/// What the controller may choose; see DramController in configs/memory.proto.
struct Policy {
  int read_entries = 32;
  int write_entries = 32;
  int write_high = 26;
  int write_low = 6;
  Clock age_cap = 2000;
  PagePolicy page = PagePolicy::open;
  bool refreshes = true;  ///< false: an idealization
  bool per_bank_refresh = false;
  int banks_per_refresh = 1;
  int max_postponed = 0;
};

/// Everything one channel needs.
struct ChannelConfig {
  Geometry geometry;
  Rules rules;
  Policy policy;
};

}  // namespace systole::dram
