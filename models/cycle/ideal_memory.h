#pragma once

#include <deque>

#include "models/cycle/memory.h"

namespace systole {

struct IdealMemoryParameters {
  double gbytes_per_second = 0.0;  ///< 10^9 bytes a second, reads and writes together; 0: no limit
  double latency_ns = 0.0;         ///< from a burst's request to its first byte
  bool posted_writes = false;      ///< a write is answered in the call that brings it
  Bytes capacity{std::int64_t{1} << 40};

  /// Throws InternalError naming the field; the configuration has been checked before.
  void validate() const;
};

/// A memory that is only bandwidth and latency: one data bus, first come first served, that never refuses a burst.
/// Without limit and latency it answers every burst in the call that brings it, so that only the ports' widths take
/// time: what the analytical model assumes. It counts bytes; commands, rows, banks and refresh it does not have. It
/// does not model values.
class IdealMemory : public Memory, private tlm::tlm_fw_transport_if<> {
 public:
  explicit IdealMemory(const sc_core::sc_module_name& name, const IdealMemoryParameters& parameters = {});

  [[nodiscard]] MemoryCounters counters() const override { return counters_; }
  [[nodiscard]] bool answers_at_once() const override {
    return parameters_.gbytes_per_second == 0.0 && parameters_.latency_ns == 0.0;
  }
  [[nodiscard]] double peak_bytes_per_second() const override { return parameters_.gbytes_per_second * 1e9; }
  [[nodiscard]] Bytes capacity() const override { return parameters_.capacity; }
  [[nodiscard]] bool busy() const override { return !flights_.empty(); }
  void dump(std::ostream& out) const override;

 private:
  struct Flight {
    sc_core::sc_time end;
    tlm::tlm_generic_payload* burst;
  };

  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& burst, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) override;
  void b_transport(tlm::tlm_generic_payload& burst, sc_core::sc_time& delay) override;
  bool get_direct_mem_ptr(tlm::tlm_generic_payload&, tlm::tlm_dmi&) override { return false; }
  unsigned transport_dbg(tlm::tlm_generic_payload&) override { return 0; }

  void respond();
  [[nodiscard]] sc_core::sc_time transfer_time(const tlm::tlm_generic_payload& burst) const;

  IdealMemoryParameters parameters_;
  sc_core::sc_time latency_;
  sc_core::sc_time bus_free_;
  std::deque<Flight> flights_;  ///< in order of their ends
  sc_core::sc_event response_;
  MemoryCounters counters_;
};

}  // namespace systole
