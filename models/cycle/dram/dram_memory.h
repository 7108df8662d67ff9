#pragma once

#include <memory>
#include <vector>

#include "models/cycle/dram/front_end.h"
#include "models/cycle/memory.h"

namespace systole {

/// DRAM with its controller behind the Memory socket: FrontEnd in SystemC's time, one process a channel.
///
/// The memory lives on its own clock grid (tCK in integer picoseconds). A burst that arrives is cut into device bursts,
/// which enter the channels' queues at the next memory clock edge, as many as there is room for; END_REQ comes when all
/// of them have entered. A read is answered when its last device burst has left the data bus, a write when its last one
/// is posted. A channel's process wakes when something that is seen outside may have happened, not for every command.
/// Not modelled: the bytes themselves (the data pointer is not used), delays of the PHY, whatever Channel leaves out.
class DramMemory : public Memory, private tlm::tlm_fw_transport_if<> {
 public:
  SC_HAS_PROCESS(DramMemory);
  DramMemory(const sc_core::sc_module_name& name, const dram::DramConfig& config);
  ~DramMemory() override;

  [[nodiscard]] MemoryCounters counters() const override { return dram_counters().memory; }
  [[nodiscard]] double peak_bytes_per_second() const override { return config_.peak_bytes_per_second(); }
  [[nodiscard]] Bytes capacity() const override { return Bytes{static_cast<std::int64_t>(config_.map.capacity())}; }
  [[nodiscard]] bool busy() const override;
  void watch(RunObserver* observer, std::int64_t cycle_ps) override;
  void introduce(RunObserver& newcomer, Cycles now) const override;
  void settle() override;
  void dump(std::ostream& out) const override;

  [[nodiscard]] dram::DramCounters dram_counters() const;
  /// Energy from the start of the run until now.
  [[nodiscard]] dram::DramEnergy energy() const;

 private:
  class ChannelProcess;

  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) override;
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) override;
  bool get_direct_mem_ptr(tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi) override;
  unsigned int transport_dbg(tlm::tlm_generic_payload& payload) override;

  void check_burst(const tlm::tlm_generic_payload& payload) const;
  void step(int channel);
  void wake_touched();
  void accept_if_entered();
  void schedule_answer();
  void respond();
  /// The front end with every clock up to now decided.
  [[nodiscard]] dram::FrontEnd& up_to_date() const;
  [[nodiscard]] dram::Clock next_edge() const;
  [[nodiscard]] sc_core::sc_time until(dram::Clock clock) const;

  dram::DramConfig config_;
  std::unique_ptr<dram::FrontEnd> front_;
  std::vector<std::unique_ptr<ChannelProcess>> channels_;
  std::vector<tlm::tlm_generic_payload*> payloads_;   ///< by the front end's token
  tlm::tlm_generic_payload* not_accepted_ = nullptr;  ///< the one whose END_REQ is owed
  sc_core::sc_event answer_;
};

/// A DRAM memory from its description; throws UserError when its parameters contradict one another.
std::unique_ptr<DramMemory> make_dram_memory(const char* name, const config::Memory& memory);

}  // namespace systole
