#include "models/cycle/dram/dram_memory.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "base/errors.h"

namespace systole {

using dram::Clock;

namespace {

constexpr const char* kModule = "dram memory";
constexpr std::uint64_t kLongestBurst = 4096;

}  // namespace

/// Runs one channel: wakes at the next clock at which it has something to decide.
class DramMemory::ChannelProcess : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(ChannelProcess);
  ChannelProcess(const sc_core::sc_module_name& name, DramMemory& memory, int number)
      : sc_module(name), memory_(memory), channel_(memory.config_.channel, number, memory, false) {
    SC_METHOD(step);
    sensitive << wake_;
    dont_initialize();
  }

  /// The channel with every clock up to now decided.
  dram::Channel& up_to_date() {
    channel_.advance(memory_.next_edge());
    return channel_;
  }

  void wake_when_due() {
    const Clock next = channel_.next_event();
    if (next != dram::kNever) wake_.notify(memory_.until(next));
  }

  [[nodiscard]] const dram::Channel& channel() const { return channel_; }

 private:
  void step() {
    const std::int64_t served = channel_.served();
    up_to_date();
    if (channel_.served() != served) memory_.retry();
    wake_when_due();
  }

  DramMemory& memory_;
  dram::Channel channel_;
  sc_core::sc_event wake_;
};

DramMemory::DramMemory(const sc_core::sc_module_name& name, const dram::DramConfig& config)
    : Memory(name), config_(config) {
  check(sc_core::sc_get_time_resolution() == sc_core::sc_time(1, sc_core::SC_PS), kModule,
        "the time resolution must be 1 ps");
  socket.bind(*this);
  for (int number = 0; number < config_.channels; ++number) {
    channels_.push_back(std::make_unique<ChannelProcess>(fmt::format("channel{}", number).c_str(), *this, number));
  }
  SC_METHOD(respond);
  sensitive << respond_event_;
  dont_initialize();
}

DramMemory::~DramMemory() = default;

/// The first memory clock edge after now: what arrives at an edge is taken at the next one, whatever the order of
/// processes.
Clock DramMemory::next_edge() const {
  return static_cast<Clock>(sc_core::sc_time_stamp().value()) / config_.clock_ps + 1;
}

sc_core::sc_time DramMemory::until(Clock clock) const {
  const auto at = static_cast<std::uint64_t>(clock * config_.clock_ps);
  const std::uint64_t now = sc_core::sc_time_stamp().value();
  return sc_core::sc_time::from_value(at > now ? at - now : 0);
}

tlm::tlm_sync_enum DramMemory::nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                               sc_core::sc_time& delay) {
  check(phase == tlm::BEGIN_REQ, kModule, "only BEGIN_REQ may come forward: END_RESP is implied by TLM_COMPLETED");
  check(delay == sc_core::SC_ZERO_TIME, kModule, "a request came with a delay");
  check(entering_ == kNobody, kModule, "BEGIN_REQ before the END_REQ of the one before");
  const std::uint64_t token = accept(payload);
  if (enter(token)) {
    phase = tlm::END_REQ;
    return tlm::TLM_UPDATED;
  }
  entering_ = token;
  return tlm::TLM_ACCEPTED;
}

std::uint64_t DramMemory::accept(tlm::tlm_generic_payload& payload) {
  const std::uint64_t address = payload.get_address();
  const std::uint64_t length = payload.get_data_length();
  check(length >= 1 && length <= kLongestBurst && address % kLongestBurst + length <= kLongestBurst, kModule, [&] {
    return fmt::format("a burst of {} bytes at {:#x} is empty, too long or crosses a multiple of {}", length, address,
                       kLongestBurst);
  });
  check(address + length <= config_.map.capacity(), kModule, [&] {
    return fmt::format("a burst of {} bytes at {:#x} is beyond the device's {:#x} bytes", length, address,
                       config_.map.capacity());
  });
  check(!payload.is_read() || !payload.is_write(), kModule, "a payload reads and writes");
  if (payload.has_mm()) payload.acquire();
  if (free_flights_.empty()) {
    free_flights_.push_back(flights_.size());
    flights_.emplace_back();
  }
  const std::uint64_t token = free_flights_.back();
  free_flights_.pop_back();
  flights_[token] = {&payload, address, address + length, 1, 0};
  return token;
}

/// Enters device bursts while there is room; true when the whole payload is in.
bool DramMemory::enter(std::uint64_t token) {
  const auto burst_bytes = static_cast<std::uint64_t>(config_.channel.geometry.burst_bytes);
  const bool reading = flights_[token].payload->is_read();
  while (flights_[token].next < flights_[token].end) {
    const std::uint64_t next = flights_[token].next;
    const std::uint64_t start = next & ~(burst_bytes - 1);
    const std::uint64_t end = std::min(start + burst_bytes, flights_[token].end);
    const dram::Location where = config_.map.decode(start);
    ChannelProcess& process = *channels_[static_cast<std::size_t>(where.channel)];
    dram::Channel& channel = process.up_to_date();
    if (reading) ++flights_[token].bursts;
    const dram::Request request{where, token, static_cast<std::uint16_t>(next - start),
                                static_cast<std::uint16_t>(end - start)};
    const bool entered = channel.try_push(request, reading ? dram::Direction::read : dram::Direction::write);
    process.wake_when_due();
    if (!entered) {
      if (reading) --flights_[token].bursts;
      return false;
    }
    flights_[token].next = end;
  }
  flights_[token].done = std::max(flights_[token].done, next_edge());
  land(token);
  return true;
}

/// A channel has served something: perhaps there is room now for the payload that waits.
void DramMemory::retry() {
  if (entering_ == kNobody) return;
  const std::uint64_t token = entering_;
  tlm::tlm_generic_payload& payload = *flights_[token].payload;
  if (!enter(token)) return;
  entering_ = kNobody;
  tlm::tlm_phase phase = tlm::END_REQ;
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  socket->nb_transport_bw(payload, phase, delay);
}

/// One device burst of the payload, or its entering, is complete.
void DramMemory::land(std::uint64_t token) {
  Flight& flight = flights_[token];
  if (--flight.bursts > 0) return;
  responses_.push({flight.done, response_order_++, flight.payload});
  free_flights_.push_back(token);
  respond_event_.notify(until(responses_.top().clock));
}

void DramMemory::read_done(std::uint64_t token, Clock done) {
  flights_[token].done = std::max(flights_[token].done, done);
  land(token);
}

void DramMemory::watch(RunObserver* observer, std::int64_t cycle_ps) {
  settle();
  observer_ = observer;
  watched_period_ps_ = cycle_ps;
  for (const auto& process : channels_) process->up_to_date().tell_commands(observer != nullptr);
}

void DramMemory::settle() {
  for (const auto& process : channels_) process->up_to_date();
}

void DramMemory::command(int channel, const dram::Command& command) {
  const bool all_banks =
      command.kind == dram::CommandKind::precharge_all || command.kind == dram::CommandKind::refresh_all;
  const int banks = all_banks ? config_.channel.geometry.banks_per_rank() : 1;
  const auto cycle = static_cast<std::int64_t>(command.clock * config_.clock_ps / watched_period_ps_);
  observer_->dram(
      {channel, dram::name_of(command.kind), command.bank, banks, command.row, Cycles{cycle}, command.clock});
}

void DramMemory::respond() {
  while (!responses_.empty() && until(responses_.top().clock) == sc_core::SC_ZERO_TIME) {
    tlm::tlm_generic_payload& payload = *responses_.top().payload;
    responses_.pop();
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
    tlm::tlm_phase phase = tlm::BEGIN_RESP;
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    check(socket->nb_transport_bw(payload, phase, delay) == tlm::TLM_COMPLETED, kModule,
          "the initiator did not complete a response at once");
    if (payload.has_mm()) payload.release();
  }
  if (!responses_.empty()) respond_event_.notify(until(responses_.top().clock));
}

void DramMemory::b_transport(tlm::tlm_generic_payload& /*payload*/, sc_core::sc_time& /*delay*/) {
  fail_check(kModule, "blocking transport is not supported: the memory is approximately timed");
}

bool DramMemory::get_direct_mem_ptr(tlm::tlm_generic_payload& /*payload*/, tlm::tlm_dmi& /*dmi*/) {
  return false;
}

unsigned int DramMemory::transport_dbg(tlm::tlm_generic_payload& /*payload*/) {
  return 0;
}

bool DramMemory::busy() const {
  return entering_ != kNobody || !responses_.empty() ||
         std::any_of(channels_.begin(), channels_.end(), [](const auto& process) { return process->channel().busy(); });
}

dram::DramCounters DramMemory::dram_counters() const {
  dram::DramCounters sum;
  for (const auto& process : channels_) sum += process->up_to_date().counters();
  return sum;
}

dram::DramEnergy DramMemory::energy() const {
  return config_.prices.of(counters(), next_edge());
}

void DramMemory::dump(std::ostream& out) const {
  out << name() << ": " << flights_.size() - free_flights_.size() << " bursts in flight, " << responses_.size()
      << " responses due";
  if (entering_ != kNobody) {
    const Flight& flight = flights_[entering_];
    out << fmt::format(", bytes {:#x} to {:#x} wait for room", flight.next, flight.end);
  }
  out << '\n';
  for (const auto& process : channels_) process->channel().dump(out);
}

std::unique_ptr<DramMemory> make_dram_memory(const char* name, const config::Memory& memory) {
  Diagnostics diagnostics;
  const dram::DramConfig config = dram::make_dram_config(memory, Source(memory.name()), "", diagnostics);
  diagnostics.throw_if_any();
  return std::make_unique<DramMemory>(name, config);
}

}  // namespace systole
