#pragma once

#include <random>
#include <vector>

#include "models/cycle/memory.h"

namespace systole::test {

/// A memory whose times are fixed and whose order is not: a burst is taken at once or taking() later and answered
/// service() after it came, but several of one instant in any order, each some delta cycles later. The seed decides.
class JitteryMemory : public Memory, private tlm::tlm_fw_transport_if<> {
 public:
  SC_HAS_PROCESS(JitteryMemory);
  explicit JitteryMemory(unsigned seed) : Memory("memory"), random_(seed) {
    socket.bind(*this);
    SC_METHOD(step);
    sensitive << next_;
    dont_initialize();
  }

  [[nodiscard]] MemoryCounters counters() const override { return counters_; }
  [[nodiscard]] double peak_bytes_per_second() const override { return 1e9; }
  [[nodiscard]] Bytes capacity() const override { return Bytes{std::int64_t{1} << 40}; }
  [[nodiscard]] bool busy() const override { return !calls_.empty(); }
  void dump(std::ostream&) const override {}

 private:
  struct Call {
    tlm::tlm_generic_payload* burst;
    tlm::tlm_phase phase;
    sc_core::sc_time time;
    int deltas;  ///< cycles of this time still to wait
  };
  static sc_core::sc_time taking() { return {4.0, sc_core::SC_NS}; }

  /// Longer bursts are answered later, so that answers of different bursts meet.
  static sc_core::sc_time service(const tlm::tlm_generic_payload& burst) {
    return {4.0 * (4 + burst.get_data_length() / 16 % 5), sc_core::SC_NS};
  }

  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& burst, tlm::tlm_phase& phase,
                                     sc_core::sc_time&) override {
    (burst.is_read() ? counters_.read_bytes : counters_.write_bytes) += burst.get_data_length();
    const sc_core::sc_time now = sc_core::sc_time_stamp();
    const bool taken_late = burst.get_address() % 3 == 0;
    if (taken_late) plan({&burst, tlm::END_REQ, now + taking(), deltas()});
    plan({&burst, tlm::BEGIN_RESP, now + service(burst), deltas()});
    if (taken_late) return tlm::TLM_ACCEPTED;
    phase = tlm::END_REQ;
    return tlm::TLM_UPDATED;
  }

  int deltas() { return static_cast<int>(random_() % 6); }

  void plan(const Call& call) {
    calls_.push_back(call);
    next_.notify(call.time - sc_core::sc_time_stamp());
  }

  /// Makes the calls whose delta cycle has come, the last planned first.
  void step() {
    const sc_core::sc_time now = sc_core::sc_time_stamp();
    std::vector<Call> due;
    for (std::size_t c = calls_.size(); c-- > 0;) {
      if (calls_[c].time > now || calls_[c].deltas-- > 0) continue;
      due.push_back(calls_[c]);
      calls_.erase(calls_.begin() + static_cast<std::ptrdiff_t>(c));
    }
    for (Call& call : due) {
      sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
      socket->nb_transport_bw(*call.burst, call.phase, delay);
    }
    for (const Call& call : calls_) next_.notify(call.time > now ? call.time - now : sc_core::SC_ZERO_TIME);
  }

  void b_transport(tlm::tlm_generic_payload&, sc_core::sc_time&) override {}
  bool get_direct_mem_ptr(tlm::tlm_generic_payload&, tlm::tlm_dmi&) override { return false; }
  unsigned transport_dbg(tlm::tlm_generic_payload&) override { return 0; }

  std::mt19937 random_;
  MemoryCounters counters_;
  std::vector<Call> calls_;
  sc_core::sc_event next_;
};

/// Wakes at random edges of the accelerator's clock and does nothing: the kernel then takes events of one instant in
/// another order.
class Noise : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(Noise);
  Noise(const sc_core::sc_module_name& name, unsigned seed, std::int64_t period_ps)
      : sc_module(name), random_(seed), period_ps_(period_ps) {
    SC_METHOD(step);
    sensitive << next_;
  }

 private:
  void step() {
    next_.notify(sc_core::sc_time(static_cast<double>((1 + random_() % 20) * period_ps_), sc_core::SC_PS));
  }

  std::mt19937 random_;
  std::int64_t period_ps_;
  sc_core::sc_event next_;
};

}  // namespace systole::test
