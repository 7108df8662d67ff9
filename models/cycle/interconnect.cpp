#include "models/cycle/interconnect.h"

#include <algorithm>
#include <ostream>

#include "base/errors.h"
#include "models/cycle/payload_pool.h"

namespace systole {

void InterconnectParameters::validate() const {
  check(request_latency >= 0 && response_latency >= 0, "interconnect", "latencies must not be negative");
}

Interconnect::Interconnect(const sc_core::sc_module_name& name, const InterconnectParameters& parameters,
                           const AcceleratorClock& clock, CycleEnd& cycle_end, Failure& failure)
    : sc_module(name),
      ports("ports"),
      memory("memory"),
      parameters_(parameters),
      clock_(clock),
      cycle_end_(cycle_end),
      passing_(cycle_end.add(CycleEnd::Stage::interconnect, [this] { pass(); })),
      failure_(failure) {
  parameters.validate();
  ports.register_nb_transport_fw(this, &Interconnect::from_port);
  memory.bind(*this);
  SC_HAS_PROCESS(Interconnect);
  SC_METHOD(ask_to_pass);
  sensitive << pass_;
  dont_initialize();
}

tlm::tlm_sync_enum Interconnect::from_port(int port, tlm::tlm_generic_payload& burst, tlm::tlm_phase& phase,
                                           sc_core::sc_time& delay) {
  if (parameters_.transparent) return memory->nb_transport_fw(burst, phase, delay);
  check(phase == tlm::BEGIN_REQ, "interconnect", "unexpected phase from a port");
  const Cycles ready = clock_.now() + Cycles{parameters_.request_latency};
  queues_[static_cast<std::size_t>(port)].push_back({&burst, ready});
  ++waiting_;
  if (observer_ != nullptr) tell(*observer_, port);
  if (not_accepted_ == nullptr) schedule(std::max(ready, next_pass_));
  phase = tlm::END_REQ;
  return tlm::TLM_UPDATED;
}

void Interconnect::pass() {
  failure_.guard([this] {
    const Cycles now = clock_.now();
    for (int i = 0; i < kPorts && not_accepted_ == nullptr && now >= next_pass_; ++i) {
      const int port = (turn_ + i) % kPorts;
      auto& queue = queues_[static_cast<std::size_t>(port)];
      if (queue.empty() || queue.front().ready > now) continue;
      turn_ = (port + 1) % kPorts;
      next_pass_ = now + Cycles{1};
      Request request = queue.front();
      queue.pop_front();
      --waiting_;
      ++accepted_[static_cast<std::size_t>(port)];
      send(request);
      if (observer_ != nullptr) tell(*observer_, port);
    }
    schedule_next();
  });
}

void Interconnect::send(Request& request) {
  if (at_memory_++ == 0) account_.rest(clock_.now(), Activity::busy());
  not_accepted_ = request.burst;
  tlm::tlm_phase phase = tlm::BEGIN_REQ;
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  const tlm::tlm_sync_enum status = memory->nb_transport_fw(*request.burst, phase, delay);
  if (status == tlm::TLM_COMPLETED) {
    not_accepted_ = nullptr;
    respond(*request.burst);
  } else if (status == tlm::TLM_UPDATED) {
    check(phase == tlm::END_REQ, "interconnect", "unexpected phase from the memory");
    not_accepted_ = nullptr;
  }
}

tlm::tlm_sync_enum Interconnect::nb_transport_bw(tlm::tlm_generic_payload& burst, tlm::tlm_phase& phase,
                                                 sc_core::sc_time&) {
  if (not_accepted_ == &burst) {
    not_accepted_ = nullptr;
    schedule_next();
  }
  if (phase == tlm::END_REQ) return tlm::TLM_ACCEPTED;
  check(phase == tlm::BEGIN_RESP, "interconnect", "unexpected phase from the memory");
  respond(burst);
  return tlm::TLM_COMPLETED;
}

void Interconnect::respond(tlm::tlm_generic_payload& burst) {
  const Cycles edge = clock_.next_edge();
  if (--at_memory_ == 0) account_.rest(edge, Activity::idle());
  if (observer_ != nullptr) observer_->level({Level::memory, 0, edge, at_memory_});
  tlm::tlm_phase phase = tlm::BEGIN_RESP;
  sc_core::sc_time delay = clock_.until(edge + Cycles{parameters_.response_latency});
  const int port = static_cast<int>(burst.get_extension<BurstTag>()->port);
  ports[port]->nb_transport_bw(burst, phase, delay);
}

void Interconnect::tell(RunObserver& observer, int port) const {
  const auto p = static_cast<std::size_t>(port);
  const Cycles now = clock_.now();
  observer.level({Level::waiting, port, now, static_cast<std::int64_t>(queues_[p].size())});
  observer.level({Level::accepted, port, now, accepted_[p]});
  observer.level({Level::memory, 0, now, at_memory_});
}

/// The next burst goes when one has reached this side and the cycle of the last one is over.
void Interconnect::schedule_next() {
  if (waiting_ == 0 || not_accepted_ != nullptr) return;
  bool any = false;
  Cycles earliest;
  for (const auto& queue : queues_) {
    if (queue.empty() || (any && queue.front().ready >= earliest)) continue;
    earliest = queue.front().ready;
    any = true;
  }
  schedule(std::max({earliest, next_pass_, clock_.next_edge()}));
}

void Interconnect::schedule(Cycles cycle) {
  pass_.notify(clock_.until(cycle));
}

void Interconnect::dump(std::ostream& out) const {
  out << "  interconnect: " << waiting_ << " bursts wait, " << at_memory_ << " at the memory";
  if (not_accepted_ != nullptr) out << ", one not accepted";
  out << '\n';
}

}  // namespace systole
