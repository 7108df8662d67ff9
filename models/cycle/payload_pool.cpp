#include "models/cycle/payload_pool.h"

namespace systole {

tlm::tlm_generic_payload& PayloadPool::take(tlm::tlm_command command, std::int64_t address, std::int64_t bytes) {
  if (free_.empty()) {
    all_.push_back(std::make_unique<tlm::tlm_generic_payload>(this));
    all_.back()->set_extension(new BurstTag(port_));  // the payload deletes it
    free_.push_back(all_.back().get());
  }
  tlm::tlm_generic_payload& payload = *free_.back();
  free_.pop_back();
  payload.set_command(command);
  payload.set_address(static_cast<sc_dt::uint64>(address));
  payload.set_data_length(static_cast<unsigned>(bytes));
  payload.set_streaming_width(static_cast<unsigned>(bytes));
  payload.set_data_ptr(nullptr);
  payload.set_byte_enable_ptr(nullptr);
  payload.set_dmi_allowed(false);
  payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  payload.acquire();
  return payload;
}

}  // namespace systole
