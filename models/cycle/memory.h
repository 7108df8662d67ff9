#pragma once

#include <systemc>
#include <tlm>

#include "base/units.h"
#include "traces/memory_counters.h"
#include "traces/run_observer.h"

namespace systole {

/// The off-chip memory as the interconnect sees it: one TLM-2.0 target socket that speaks the approximately timed base
/// protocol.
///
/// One payload is one AXI burst: TLM_READ_COMMAND or TLM_WRITE_COMMAND, a byte address, a contiguous length from 1 byte
/// up to the DMA engines' burst limit (4096 at most, never across a 4096-byte boundary). The data pointer may be null:
/// bytes are then timed, not moved. Phases, in the order of the base protocol:
///   BEGIN_REQ  (initiator)  the burst arrives. The target answers TLM_UPDATED with END_REQ when its queues take it at
///   once, or
///                           TLM_ACCEPTED and sends END_REQ later: that is the back-pressure. One BEGIN_REQ at a time
///                           on the socket. A memory without latency may answer TLM_COMPLETED: request and response in
///                           one call.
///   BEGIN_RESP (target)     read: the last byte left the memory. Write: the memory has posted the burst (a later read
///   sees it).
///                           Responses may overtake one another. The initiator returns TLM_COMPLETED (END_RESP is
///                           implied).
/// Delays on both paths are SC_ZERO_TIME: targets and initiators call at the time of the event itself.
class Memory : public sc_core::sc_module {
 public:
  tlm::tlm_target_socket<> socket;

  /// Events counted so far.
  [[nodiscard]] virtual MemoryCounters counters() const = 0;

  /// Every burst is answered in the call that brings it: the machine then needs no interconnect.
  [[nodiscard]] virtual bool answers_at_once() const { return false; }

  /// Bytes a second that the data buses of all channels could carry; 0: unlimited (ideal memory).
  [[nodiscard]] virtual double peak_bytes_per_second() const = 0;

  /// Capacity of the device; an access beyond it is a bug of ours (the loader checks the program's memory plan first).
  [[nodiscard]] virtual Bytes capacity() const = 0;

  /// True when a read or write is queued or on its way; posted writes that still wait to be drained count.
  [[nodiscard]] virtual bool busy() const = 0;

  /// From now on tells of commands, in accelerator cycles of `cycle_ps` picoseconds; nullptr: nobody. The ideal memory
  /// has none.
  virtual void watch(RunObserver* /*observer*/, std::int64_t /*cycle_ps*/) {}

  /// Tells a newcomer which rows are open; settle() has been called.
  virtual void introduce(RunObserver& /*newcomer*/, Cycles /*now*/) const {}

  /// Decides and tells everything up to now: between bursts a memory may put off what nobody waits for (refreshes).
  virtual void settle() {}

  /// For a deadlock report: each queue, bank and deadline, a line each.
  virtual void dump(std::ostream& out) const = 0;

 protected:
  explicit Memory(const sc_core::sc_module_name& name) : sc_module(name), socket("socket") {}
};

}  // namespace systole
