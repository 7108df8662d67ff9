#pragma once

#include <optional>
#include <systemc>
#include <vector>

#include "models/cycle/accelerator_clock.h"
#include "models/cycle/failure.h"
#include "models/cycle/running_block.h"
#include "models/cycle/simd_timing.h"

namespace systole {

/// The SIMD unit with its sequencer: at every tile of the running block it waits for operands, for OBUF and for room
/// for results, issues the nests whose condition holds, and gives back the slots whose generation ends. Cycle by cycle
/// it models when a tile starts and ends and why it waited; within a tile the exact count of simd_timing.h. Values
/// ride along (values/value_model.h). Source: isa/manual.md section 4, models/cycle/timing.md section 6.
class SimdUnit : public sc_core::sc_module {
 public:
  SimdUnit(const sc_core::sc_module_name& name, const SimdParameters& parameters, const AcceleratorClock& clock,
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
    const SimdTile* work;
    Cycles arrived;
    Cycles from;
  };
  void run();
  void run_block();
  void prepare();
  void acquire(const TileWalker& tile);
  void wait_for(const SlotGate& gate, Stall reason);
  void execute(const SimdTile& tile, Cycles waited_since);
  void release(const TileWalker& tile);
  void tell(RunObserver& observer) const;
  void tell_instructions(RunObserver& observer) const;
  [[nodiscard]] int layer_of(int nest) const;
  [[nodiscard]] const isa::Stream& stream(int index) const;

  AcceleratorClock clock_;
  RunningBlock& block_;
  Ledger& ledger_;
  Failure& failure_;
  std::int64_t lanes_;
  SimdTiming timing_;
  UnitAccount account_{Unit::simd_unit};
  std::vector<int> loads_;
  std::vector<int> stores_;
  std::optional<Present> present_;
  std::int64_t tiles_done_ = 0;
  std::int64_t first_tile_ = 0;  ///< tiles done before the running block
};

}  // namespace systole
