#pragma once

#include <array>
#include <map>
#include <string>

#include "base/units.h"
#include "configs/machine.pb.h"
#include "traces/event_counts.h"

namespace systole {

/// Energy by component: systolic_array, simd_unit, controller, interconnect, each SRAM by its name in results, clock,
/// leakage, dram.
struct EnergyReport {
  std::map<std::string, Picojoules> by_component;

  [[nodiscard]] Picojoules total() const;
  /// W over a number of cycles of a clock; 0 for no cycles.
  [[nodiscard]] double average_power_w(std::int64_t cycles, double clock_mhz) const;
};

/// Prices counted events with the energy table of a machine: the sum over events of count x energy, plus the clock of
/// the registers (running or gated), plus leakage over the time. Linear in the counts: the prices of two intervals add
/// up to the price of their sum.
///
/// Not in it: the clock and leakage of the controller, the DMA engines and the interconnect (small beside the array's
/// and the lanes'), glitches, and the dependence of switching on the data: figures are averages.
class EnergyModel {
 public:
  /// The machine must be resolved (load_machine): every field set, energy table included.
  explicit EnergyModel(const config::Machine& machine);

  /// `dram` is the memory's energy in the same interval, which the memory's own model computes.
  [[nodiscard]] EnergyReport price(const EventCounts& counts, Picojoules dram) const;

 private:
  /// One on-chip memory: pJ of an access to a bank, mW of all banks.
  struct MemoryPrice {
    double read_pj = 0;
    double write_pj = 0;
    double leakage_mw = 0;
  };

  void price_memories(const config::Machine& machine);
  void price_units(const config::Machine& machine);

  std::array<MemoryPrice, kSrams> memories_{};
  std::array<double, kSimdOperations> simd_pj_{};
  double mac_pj_ = 0;          ///< arithmetic and the registers of one element
  double psum_add_pj_ = 0;     ///< one 32-bit addition outside the elements
  double decode_pj_ = 0;       ///< one instruction word
  double address_pj_ = 0;      ///< one addition of an address walker
  double port_byte_pj_ = 0;    ///< one byte through the interconnect
  double array_clock_pj_ = 0;  ///< whole array, one cycle, working
  double array_gated_pj_ = 0;  ///< whole array, one cycle, idle
  double simd_clock_pj_ = 0;
  double simd_gated_pj_ = 0;
  double leakage_pj_ = 0;  ///< whole chip, one cycle
};

}  // namespace systole
