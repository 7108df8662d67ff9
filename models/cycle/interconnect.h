#pragma once

#include <tlm_utils/multi_passthrough_target_socket.h>
#include <array>
#include <deque>
#include <systemc>
#include <tlm>

#include "models/cycle/accelerator_clock.h"
#include "models/cycle/accounting.h"
#include "models/cycle/cycle_end.h"
#include "models/cycle/failure.h"

namespace systole {

struct InterconnectParameters {
  int request_latency = 4;   ///< cycles, 0..1000: from a port to the memory
  int response_latency = 4;  ///< cycles, 0..1000: from the memory back to a port
  /// No interconnect: requests reach the memory in the cycle of their issue, and it answers at once.
  bool transparent = false;

  /// Throws InternalError naming the field; the configuration has been checked before.
  void validate() const;
};

/// The way from the ports to the memory: each cycle one burst, round robin over the ports that have one, a fixed
/// latency in each direction, and back-pressure while the memory does not take a burst. Responses cross to the
/// accelerator's clock here. It does not model the width of its links (the ports do) nor limits on responses. It also
/// keeps the memory's cycles: busy while a burst is there. Source: models/cycle/timing.md section 4.
class Interconnect : public sc_core::sc_module, private tlm::tlm_bw_transport_if<> {
 public:
  /// Bind the ports in the order of isa::Port.
  tlm_utils::multi_passthrough_target_socket<Interconnect> ports;
  tlm::tlm_initiator_socket<> memory;

  Interconnect(const sc_core::sc_module_name& name, const InterconnectParameters& parameters,
               const AcceleratorClock& clock, CycleEnd& cycle_end, Failure& failure);

  /// The memory's account.
  [[nodiscard]] UnitAccount& account() { return account_; }

  /// From now on tells of bursts that wait, that the memory takes and that it has; nullptr: nobody.
  void watch(RunObserver* observer) { observer_ = observer; }

  /// Tells a newcomer how many there are.
  void introduce(RunObserver& newcomer) const {
    for (int port = 0; port < kPorts; ++port) tell(newcomer, port);
  }

  /// Some burst has not been answered by the memory.
  [[nodiscard]] bool memory_works() const { return at_memory_ > 0; }

  /// Queues, for a deadlock report.
  void dump(std::ostream& out) const;

 private:
  struct Request {
    tlm::tlm_generic_payload* burst;
    Cycles ready;  ///< when it reaches the memory's side
  };
  static constexpr int kPorts = 5;

  tlm::tlm_sync_enum from_port(int port, tlm::tlm_generic_payload& burst, tlm::tlm_phase& phase,
                               sc_core::sc_time& delay);
  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& burst, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) override;
  void invalidate_direct_mem_ptr(sc_dt::uint64, sc_dt::uint64) override {}

  void ask_to_pass() { cycle_end_.ask(passing_); }
  void pass();
  void send(Request& request);
  void respond(tlm::tlm_generic_payload& burst);
  void schedule(Cycles cycle);
  void schedule_next();
  void tell(RunObserver& observer, int port) const;

  InterconnectParameters parameters_;
  AcceleratorClock clock_;
  CycleEnd& cycle_end_;
  std::size_t passing_;  ///< decision of the cycle's end
  Failure& failure_;
  UnitAccount account_{Unit::dram};
  std::array<std::deque<Request>, kPorts> queues_;
  int waiting_ = 0;                              ///< in the queues
  int at_memory_ = 0;                            ///< sent and not answered
  std::array<std::int64_t, kPorts> accepted_{};  ///< bursts that the memory has taken
  int turn_ = 0;                                 ///< the port that is asked first
  Cycles next_pass_;                             ///< the memory's side is taken before
  tlm::tlm_generic_payload* not_accepted_ = nullptr;
  sc_core::sc_event pass_;
  RunObserver* observer_ = nullptr;
};

}  // namespace systole
