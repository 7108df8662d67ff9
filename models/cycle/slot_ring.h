#pragma once

#include <cstdint>
#include <string>
#include <systemc>
#include <vector>

#include "models/cycle/accelerator_clock.h"
#include "traces/run_observer.h"

namespace systole {

/// The full/empty counters of a set of slots on chip. Generations go through the slots in order, and each passes a
/// chain of
/// **stages**: for a load stream the DMA engine, then the unit that reads; for a store stream the unit, then the DMA
/// engine; for OBUF the load of partial sums, the array, and several drains side by side. A stage may work on its next
/// generation when every stage of the step before has passed it; the first step may when a slot is free, that is, when
/// all stages of the last step have passed the generation `depth` before. The counters say who may go; data and time
/// are the units' own.
class SlotRing {
 public:
  struct Stage {
    int step = 0;  ///< 0-based place in the chain; stages with the same step work side by side
    std::vector<char>
        active;  ///< by generation: it has work there; empty: always. Where not, the generation passes by itself
    std::int64_t generations;  ///< how many will come; beyond them nothing passes by itself
  };

  SlotRing() = default;
  SlotRing(const SlotRing&) = delete;

  /// Empty slots and a chain of stages in order of their steps.
  void reset(int depth, std::vector<Stage> stages);

  /// The chain of a stream: one stage that fills, `readers` stages side by side that empty.
  void reset(int depth, int readers = 1);

  [[nodiscard]] bool ready(int stage) const;

  /// The stage has done its generation; those who wait are woken in this cycle.
  void pass(int stage);

  [[nodiscard]] const sc_core::sc_event& changed() const { return changed_; }

  /// Generations that the stage has passed, with and without work.
  [[nodiscard]] std::int64_t passed(int stage) const { return passed_[static_cast<std::size_t>(stage)]; }

  /// From now on tells how many slots are filled, as Level::slots_filled of `index`; nullptr: nobody.
  void watch(RunObserver* observer, const AcceleratorClock& clock, int index);

  /// Tells a newcomer how many are filled.
  void introduce(RunObserver& newcomer) const {
    if (!stages_.empty()) tell(newcomer);
  }

  /// `depth 2, passed 4 3`: for a deadlock report.
  [[nodiscard]] std::string to_string() const;

 private:
  void pass_idle_stages();
  [[nodiscard]] bool idle(std::size_t stage) const;
  [[nodiscard]] std::int64_t slowest(int step) const;
  void tell(RunObserver& observer) const;

  std::int64_t depth_ = 1;
  int last_step_ = 1;
  std::vector<Stage> stages_;
  std::vector<std::int64_t> passed_;
  sc_core::sc_event changed_;
  RunObserver* observer_ = nullptr;
  const AcceleratorClock* clock_ = nullptr;
  int index_ = 0;
};

/// A unit's place at a ring: the ring and the stage that the unit is. What a unit gets to see of slots.
struct SlotGate {
  SlotRing* ring = nullptr;
  int stage = 0;

  [[nodiscard]] bool ready() const { return ring->ready(stage); }
  [[nodiscard]] const sc_core::sc_event& changed() const { return ring->changed(); }
  void pass() const { ring->pass(stage); }
};

}  // namespace systole
