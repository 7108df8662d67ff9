#pragma once

#include "configs/memory.pb.h"
#include "traces/memory_counters.h"

namespace systole::dram {

/// Energy by what it was spent on, in picojoules.
struct DramEnergy {
  double activate_pj = 0;  ///< ACT and PRE pairs
  double read_pj = 0;
  double write_pj = 0;
  double refresh_pj = 0;             ///< above standby
  double active_standby_pj = 0;      ///< a bank open
  double precharged_standby_pj = 0;  ///< all banks closed
  [[nodiscard]] double total_pj() const {
    return activate_pj + read_pj + write_pj + refresh_pj + active_standby_pj + precharged_standby_pj;
  }
};

/// What one event, or one clock of standby of one rank, costs: from the data sheet's currents, all devices of a rank
/// and all rails together. The form is that of Micron's power calculator (TN-40-07), which takes the standby current
/// off each command's own:
///   activate   V * (IDD0 * tRC - IDD3N * tRAS - IDD2N * (tRC - tRAS))
///   read       V * (IDD4R - IDD3N) * burst clocks, write alike
///   refresh    V * (IDD5 - IDD2N) * tRFC: banks are closed then, and standby is counted apart
/// Not in it: termination and data-line energy (unless a rail gives it), power-down.
struct Prices {
  double activate_pj = 0, read_pj = 0, write_pj = 0, refresh_pj = 0;
  double active_clock_pj = 0, precharged_clock_pj = 0;
  int ranks = 1;  ///< over all channels: ranks * clocks of standby

  /// Energy of what was counted in an interval of `clocks` memory clocks; a difference of two snapshots gives the
  /// part of a layer.
  [[nodiscard]] DramEnergy of(const MemoryCounters& counters, std::int64_t clocks) const;
};

Prices make_prices(const config::Dram& dram);

}  // namespace systole::dram
