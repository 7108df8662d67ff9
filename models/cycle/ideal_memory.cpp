#include "models/cycle/ideal_memory.h"

#include <ostream>

#include "base/errors.h"

namespace systole {

IdealMemory::IdealMemory(const sc_core::sc_module_name& name, Bytes capacity) : Memory(name), capacity_(capacity) {
  socket.bind(*this);
}

tlm::tlm_sync_enum IdealMemory::nb_transport_fw(tlm::tlm_generic_payload& burst, tlm::tlm_phase& phase,
                                                sc_core::sc_time& delay) {
  check(phase == tlm::BEGIN_REQ, name(), "unexpected phase");
  b_transport(burst, delay);
  return tlm::TLM_COMPLETED;
}

void IdealMemory::b_transport(tlm::tlm_generic_payload& burst, sc_core::sc_time&) {
  const auto end = static_cast<std::int64_t>(burst.get_address()) + burst.get_data_length();
  check(end <= capacity_.count(), name(), [&] { return "access up to byte " + std::to_string(end) + " is beyond it"; });
  (burst.is_read() ? counters_.read_bytes : counters_.write_bytes) += burst.get_data_length();
  burst.set_response_status(tlm::TLM_OK_RESPONSE);
}

void IdealMemory::dump(std::ostream& out) const {
  out << "  " << name() << ": answers at once\n";
}

}  // namespace systole
