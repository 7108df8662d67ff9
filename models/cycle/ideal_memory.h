#pragma once

#include "models/cycle/memory.h"

namespace systole {

/// A memory without latency or limit: it answers every burst in the call that brings it (TLM_COMPLETED), so that only
/// the ports' widths take time. It is what the analytical model assumes. It counts bytes; commands, rows and refresh it
/// does not have.
class IdealMemory : public Memory, private tlm::tlm_fw_transport_if<> {
 public:
  explicit IdealMemory(const sc_core::sc_module_name& name, Bytes capacity = Bytes{std::int64_t{1} << 40});

  [[nodiscard]] MemoryCounters counters() const override { return counters_; }
  [[nodiscard]] double peak_bytes_per_second() const override { return 0.0; }
  [[nodiscard]] Bytes capacity() const override { return capacity_; }
  [[nodiscard]] bool busy() const override { return false; }
  void dump(std::ostream& out) const override;

 private:
  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& burst, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) override;
  void b_transport(tlm::tlm_generic_payload& burst, sc_core::sc_time& delay) override;
  bool get_direct_mem_ptr(tlm::tlm_generic_payload&, tlm::tlm_dmi&) override { return false; }
  unsigned transport_dbg(tlm::tlm_generic_payload&) override { return 0; }

  Bytes capacity_;
  MemoryCounters counters_;
};

}  // namespace systole
