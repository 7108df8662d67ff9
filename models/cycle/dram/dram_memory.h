#pragma once

#include <memory>
#include <queue>
#include <vector>

#include "models/cycle/dram/channel.h"
#include "models/cycle/dram/config.h"
#include "models/cycle/memory.h"

namespace systole {

/// DRAM with its controller behind the Memory socket: one process a channel that wakes at the clocks at which a command
/// becomes legal.
///
/// The memory lives on its own clock grid (tCK in integer picoseconds). A burst that arrives is cut into device bursts,
/// which enter the channels' queues at the next memory clock edge, as many as there is room for; END_REQ comes when all
/// of them have entered. A read is answered when its last device burst has left the data bus, a write when its last one
/// is posted. Not modelled: the bytes themselves (the data pointer is not used), delays of the PHY, whatever Channel
/// leaves out.
class DramMemory : public Memory, private tlm::tlm_fw_transport_if<>, private dram::ChannelListener {
 public:
  SC_HAS_PROCESS(DramMemory);
  DramMemory(const sc_core::sc_module_name& name, const dram::DramConfig& config);
  ~DramMemory() override;

  [[nodiscard]] MemoryCounters counters() const override { return dram_counters().memory; }
  [[nodiscard]] double peak_bytes_per_second() const override { return config_.peak_bytes_per_second(); }
  [[nodiscard]] Bytes capacity() const override { return Bytes{static_cast<std::int64_t>(config_.map.capacity())}; }
  [[nodiscard]] bool busy() const override;
  void watch(RunObserver* observer, std::int64_t cycle_ps) override;
  void settle() override;
  void dump(std::ostream& out) const override;

  [[nodiscard]] dram::DramCounters dram_counters() const;
  /// Energy from the start of the run until now.
  [[nodiscard]] dram::DramEnergy energy() const;

 private:
  class ChannelProcess;

  /// One payload on its way.
  struct Flight {
    tlm::tlm_generic_payload* payload = nullptr;
    std::uint64_t next = 0;  ///< first byte that has not entered a channel
    std::uint64_t end = 0;
    int bursts = 0;  ///< device bursts still to come back, one more while the payload is entering
    dram::Clock done = 0;
  };
  struct Response {
    dram::Clock clock = 0;
    std::uint64_t order = 0;
    tlm::tlm_generic_payload* payload = nullptr;
    bool operator>(const Response& other) const {
      return clock != other.clock ? clock > other.clock : order > other.order;
    }
  };

  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) override;
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) override;
  bool get_direct_mem_ptr(tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi) override;
  unsigned int transport_dbg(tlm::tlm_generic_payload& payload) override;

  void read_done(std::uint64_t token, dram::Clock done) override;
  void command(int channel, const dram::Command& command) override;

  std::uint64_t accept(tlm::tlm_generic_payload& payload);
  bool enter(std::uint64_t token);
  void retry();
  void land(std::uint64_t token);
  void respond();
  [[nodiscard]] dram::Clock next_edge() const;
  [[nodiscard]] sc_core::sc_time until(dram::Clock clock) const;

  dram::DramConfig config_;
  std::vector<std::unique_ptr<ChannelProcess>> channels_;
  std::vector<Flight> flights_;
  std::vector<std::uint64_t> free_flights_;
  static constexpr std::uint64_t kNobody = ~std::uint64_t{0};
  std::uint64_t entering_ = kNobody;  ///< the flight that still waits for room; its END_REQ is owed
  std::priority_queue<Response, std::vector<Response>, std::greater<>> responses_;
  std::uint64_t response_order_ = 0;
  sc_core::sc_event respond_event_;
  RunObserver* observer_ = nullptr;
  std::int64_t watched_period_ps_ = 1;  ///< of an accelerator cycle
};

/// A DRAM memory from its description; throws UserError when its parameters contradict one another.
std::unique_ptr<DramMemory> make_dram_memory(const char* name, const config::Memory& memory);

}  // namespace systole
