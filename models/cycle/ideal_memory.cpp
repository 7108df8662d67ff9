#include "models/cycle/ideal_memory.h"

#include <algorithm>
#include <cmath>
#include <ostream>

#include "base/errors.h"

namespace systole {

namespace {

/// Whole picoseconds, as every time of the model.
sc_core::sc_time picoseconds(double value) {
  return {std::round(value), sc_core::SC_PS};
}

}  // namespace

void IdealMemoryParameters::validate() const {
  check(gbytes_per_second >= 0.0, "ideal_memory", "gbytes_per_second must not be negative");
  check(latency_ns >= 0.0, "ideal_memory", "latency_ns must not be negative");
}

IdealMemory::IdealMemory(const sc_core::sc_module_name& name, const IdealMemoryParameters& parameters)
    : Memory(name), parameters_(parameters), latency_(picoseconds(parameters.latency_ns * 1e3)) {
  parameters.validate();
  socket.bind(*this);
  SC_HAS_PROCESS(IdealMemory);
  SC_METHOD(respond);
  sensitive << response_;
  dont_initialize();
}

tlm::tlm_sync_enum IdealMemory::nb_transport_fw(tlm::tlm_generic_payload& burst, tlm::tlm_phase& phase,
                                                sc_core::sc_time& delay) {
  check(phase == tlm::BEGIN_REQ, name(), "unexpected phase");
  b_transport(burst, delay);
  if (answers_at_once()) return tlm::TLM_COMPLETED;
  bus_free_ = std::max(bus_free_, sc_core::sc_time_stamp() + latency_) + transfer_time(burst);
  if (parameters_.posted_writes && burst.is_write()) return tlm::TLM_COMPLETED;
  burst.acquire();
  flights_.push_back({bus_free_, &burst});
  if (flights_.size() == 1) response_.notify(bus_free_ - sc_core::sc_time_stamp());
  phase = tlm::END_REQ;
  return tlm::TLM_UPDATED;
}

void IdealMemory::b_transport(tlm::tlm_generic_payload& burst, sc_core::sc_time&) {
  const auto end = static_cast<std::int64_t>(burst.get_address()) + burst.get_data_length();
  check(end <= capacity().count(), name(),
        [&] { return "access up to byte " + std::to_string(end) + " is beyond it"; });
  (burst.is_read() ? counters_.read_bytes : counters_.write_bytes) += burst.get_data_length();
  burst.set_response_status(tlm::TLM_OK_RESPONSE);
}

void IdealMemory::respond() {
  while (!flights_.empty() && flights_.front().end <= sc_core::sc_time_stamp()) {
    tlm::tlm_generic_payload& burst = *flights_.front().burst;
    flights_.pop_front();
    tlm::tlm_phase phase = tlm::BEGIN_RESP;
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    socket->nb_transport_bw(burst, phase, delay);
    burst.release();
  }
  if (!flights_.empty()) response_.notify(flights_.front().end - sc_core::sc_time_stamp());
}

sc_core::sc_time IdealMemory::transfer_time(const tlm::tlm_generic_payload& burst) const {
  if (parameters_.gbytes_per_second == 0.0) return sc_core::SC_ZERO_TIME;
  return picoseconds(burst.get_data_length() * 1e3 / parameters_.gbytes_per_second);
}

void IdealMemory::dump(std::ostream& out) const {
  out << "  " << name() << ": " << flights_.size() << " bursts in flight\n";
}

}  // namespace systole
