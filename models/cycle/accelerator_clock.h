#pragma once

#include <systemc>

#include "base/units.h"

namespace systole {

/// The accelerator's clock as a grid on simulated time. No process toggles it: units ask for the time of an edge and
/// sleep until then. All arithmetic is in integers of the kernel's time resolution.
class AcceleratorClock {
 public:
  explicit AcceleratorClock(std::int64_t period_ps)
      : period_(sc_core::sc_time(static_cast<double>(period_ps), sc_core::SC_PS).value()) {}

  /// The cycle that begins now; the present must be an edge, as it is for every event of a unit.
  [[nodiscard]] Cycles now() const { return Cycles{static_cast<std::int64_t>(ticks() / period_)}; }

  /// The cycle in which something that happens now, on or off an edge, takes effect.
  [[nodiscard]] Cycles next_edge() const {
    return Cycles{static_cast<std::int64_t>((ticks() + period_ - 1) / period_)};
  }

  /// The cycle that begins at `time`, an edge.
  [[nodiscard]] Cycles at(const sc_core::sc_time& time) const {
    return Cycles{static_cast<std::int64_t>(time.value() / period_)};
  }

  [[nodiscard]] sc_core::sc_time duration(Cycles cycles) const {
    return sc_core::sc_time::from_value(static_cast<sc_dt::uint64>(cycles.count()) * period_);
  }

  /// From the present to the beginning of `cycle`, which must not be past.
  [[nodiscard]] sc_core::sc_time until(Cycles cycle) const {
    return sc_core::sc_time::from_value(static_cast<sc_dt::uint64>(cycle.count()) * period_ - ticks());
  }

 private:
  static sc_dt::uint64 ticks() { return sc_core::sc_time_stamp().value(); }

  sc_dt::uint64 period_;
};

}  // namespace systole
