#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "models/cycle/memory.h"

namespace systole {

/// Sends bursts at given times, each as soon as the one before it was accepted, and notes when each was accepted and
/// answered.
class TlmInitiator : public sc_core::sc_module, private tlm::tlm_bw_transport_if<> {
 public:
  SC_HAS_PROCESS(TlmInitiator);
  struct Burst {
    bool write = false;
    std::uint64_t address = 0;
    unsigned length = 64;
    std::uint64_t send_ps = 0;
    std::uint64_t accepted_ps = 0;
    std::uint64_t answered_ps = 0;
  };

  TlmInitiator(const sc_core::sc_module_name& name, Memory& memory) : sc_module(name), socket_("socket") {
    socket_.bind(*this);
    socket_.bind(memory.socket);
    SC_METHOD(send);
    sensitive << next_;
  }

  /// Before sc_start.
  void add(const Burst& burst) { bursts.push_back(burst); }

  std::vector<Burst> bursts;

 private:
  static std::uint64_t now() { return sc_core::sc_time_stamp().value(); }

  void send() {
    while (sent_ < bursts.size() && !waiting_) {
      Burst& burst = bursts[sent_];
      if (burst.send_ps > now()) return next_.notify(sc_core::sc_time::from_value(burst.send_ps - now()));
      auto payload = std::make_unique<tlm::tlm_generic_payload>();
      payload->set_command(burst.write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
      payload->set_address(burst.address);
      payload->set_data_length(burst.length);
      payload->set_streaming_width(burst.length);
      payloads_.push_back(std::move(payload));
      ++sent_;
      tlm::tlm_phase phase = tlm::BEGIN_REQ;
      sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
      waiting_ = socket_->nb_transport_fw(*payloads_.back(), phase, delay) == tlm::TLM_ACCEPTED;
      if (!waiting_) burst.accepted_ps = now();
    }
  }

  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& /*delay*/) override {
    if (phase == tlm::END_REQ) {
      bursts[sent_ - 1].accepted_ps = now();
      waiting_ = false;
      next_.notify(sc_core::SC_ZERO_TIME);
      return tlm::TLM_ACCEPTED;
    }
    for (std::size_t i = 0; i < payloads_.size(); ++i) {
      if (payloads_[i].get() == &payload) bursts[i].answered_ps = now();
    }
    return tlm::TLM_COMPLETED;
  }
  void invalidate_direct_mem_ptr(sc_dt::uint64 /*begin*/, sc_dt::uint64 /*end*/) override {}

  tlm::tlm_initiator_socket<> socket_;
  sc_core::sc_event next_;
  std::vector<std::unique_ptr<tlm::tlm_generic_payload>> payloads_;
  std::size_t sent_ = 0;
  bool waiting_ = false;
};

}  // namespace systole
