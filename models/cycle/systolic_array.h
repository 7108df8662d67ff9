#pragma once

#include <optional>
#include <systemc>
#include <vector>

#include "models/cycle/accelerator_clock.h"
#include "models/cycle/array_timing.h"
#include "models/cycle/failure.h"
#include "models/cycle/running_block.h"

namespace systole {

/// The systolic array with its sequencer: it takes the tiles of the running block in order, waits for the slots that a
/// tile needs, computes, and gives back the slots whose generation ends. Cycle by cycle it models when a tile starts
/// and ends and why it waited; within a tile the closed form of array_timing.h. Values ride along
/// (values/value_model.h). Source:
/// isa/manual.md sections 2 and 3, models/cycle/timing.md section 5.
class SystolicArray : public sc_core::sc_module {
 public:
  SystolicArray(const sc_core::sc_module_name& name, const ArrayParameters& parameters, const AcceleratorClock& clock,
                RunningBlock& block, Ledger& ledger, Failure& failure);

  [[nodiscard]] UnitAccount& account() { return account_; }
  [[nodiscard]] std::int64_t tiles_done() const { return tiles_done_; }

  /// Tells a newcomer of the tile at work.
  void introduce(RunObserver& newcomer) const;

  /// What it does and waits for, a line, for a deadlock report.
  void dump(std::ostream& out) const;

 private:
  /// The tile that it computes.
  struct Present {
    const TileWalker* tile;
    const ArrayTile* work;
    Cycles arrived;
    Cycles from;
  };
  struct Load {
    int stream;
    Stall reason;
  };

  void run();
  void run_block();
  void find_loads();
  void wait_for(const SlotGate& gate, Stall reason);
  void wait_for_obuf();
  void compute(const ArrayTile& tile);
  void tell(RunObserver& observer) const;
  void release(const TileWalker& tile);

  AcceleratorClock clock_;
  RunningBlock& block_;
  Ledger& ledger_;
  Failure& failure_;
  std::int64_t columns_;
  ArrayTiming timing_;
  UnitAccount account_{Unit::systolic_array};
  std::vector<Load> loads_;  ///< streams that the array reads, in the order in which it waits for them
  std::optional<Present> present_;
  std::int64_t tiles_done_ = 0;
  std::int64_t first_tile_ = 0;  ///< tiles done before the running block
};

}  // namespace systole
