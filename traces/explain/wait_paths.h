#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "traces/run_observer.h"

namespace systole {

/// What a unit did while somebody waited for it.
struct Wait {
  Unit unit = Unit::systolic_array;
  UnitState state = kIdleState;
};

/// Who waited for whom in a cycle, down to the unit that was at work or that waited for nobody of the chip. The first
/// is the array, or when that is idle the SIMD unit, or else a DMA engine with work, or the controller.
using WaitPath = std::vector<Wait>;

/// `systolic_array ibuf_load <- dma_ibuf memory`.
std::string text_of(const WaitPath& path);

/// The cause that a path ends at: `array`, `SIMD unit`, `port ibuf`, `memory`, `hazards`, `bank conflicts`, `transfer
/// set-up`, `instruction fetch`, or `hand-over`: a result is on its way from one unit to the next.
std::string cause_of(const WaitPath& path);

/// Finds the chain of waits of every cycle while a run goes on, and counts them by block. A unit is followed to the one
/// that its reason names (models/cycle/timing.md, section 7), in the same cycle; a unit that was met already ends the
/// path. Every cycle of the run is in exactly one path, so a block's paths add up to its length, counted from the end
/// of the block before.
class WaitPaths : public RunObserver {
 public:
  using Key = std::pair<int, std::int64_t>;  ///< block, and the path as a number

  void state(const StateSpan& span) override;
  void block_ends(const BlockSpan& block) override;
  void settled(Cycles until) override;

  /// The run has ended.
  void finish(Cycles end) { settled(end); }

  /// Cycles by block and path.
  [[nodiscard]] const std::map<Key, std::int64_t>& cycles() const { return cycles_; }

  static WaitPath path_of(std::int64_t number);

 private:
  using States = std::array<UnitState, kUnits>;
  [[nodiscard]] Cycles take_states(Cycles until, States& states);

  std::array<std::deque<StateSpan>, kUnits> spans_;
  std::deque<std::pair<Cycles, int>> ends_;  ///< of blocks that are not counted to their end
  int block_ = 0;
  Cycles counted_until_;
  std::map<Key, std::int64_t> cycles_;
};

}  // namespace systole
