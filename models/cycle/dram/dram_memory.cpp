#include "models/cycle/dram/dram_memory.h"

#include <fmt/format.h>

#include <ostream>
#include <utility>

#include "base/errors.h"
#include "models/cycle/dram/bits.h"

namespace systole {

using dram::Clock;

namespace {

constexpr const char* kModule = "dram memory";
constexpr std::uint64_t kLongestBurst = 4096;

}  // namespace

/// Runs one channel: wakes when it is due.
class DramMemory::ChannelProcess : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(ChannelProcess);
  ChannelProcess(const sc_core::sc_module_name& name, DramMemory& memory, int number)
      : sc_module(name), memory_(memory), number_(number) {
    SC_METHOD(step);
    sensitive << wake_;
    dont_initialize();
  }

  /// Wakes at the clock's edge unless it does so before.
  void wake_at(Clock clock) {
    if (clock >= wakes_at_) return;
    wakes_at_ = clock;
    wake_.notify(memory_.until(clock));
  }

 private:
  void step() {
    wakes_at_ = dram::kNever;
    memory_.step(number_);
  }

  DramMemory& memory_;
  int number_;
  Clock wakes_at_ = dram::kNever;
  sc_core::sc_event wake_;
};

DramMemory::DramMemory(const sc_core::sc_module_name& name, const dram::DramConfig& config)
    : Memory(name), config_(config), front_(std::make_unique<dram::FrontEnd>(config_)) {
  check(sc_core::sc_get_time_resolution() == sc_core::sc_time(1, sc_core::SC_PS), kModule,
        "the time resolution must be 1 ps");
  socket.bind(*this);
  for (int number = 0; number < config_.channels; ++number) {
    channels_.push_back(std::make_unique<ChannelProcess>(fmt::format("channel{}", number).c_str(), *this, number));
  }
  SC_METHOD(respond);
  sensitive << answer_;
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
  check(not_accepted_ == nullptr, kModule, "BEGIN_REQ before the END_REQ of the one before");
  check_burst(payload);
  if (payload.has_mm()) payload.acquire();
  const dram::FrontEnd::Token token =
      front_->begin(payload.get_address(), payload.get_data_length(),
                    payload.is_read() ? dram::Direction::read : dram::Direction::write, next_edge());
  if (token >= payloads_.size()) payloads_.resize(token + 1);
  payloads_[token] = &payload;
  wake_touched();
  schedule_answer();
  if (!front_->entering()) {
    phase = tlm::END_REQ;
    return tlm::TLM_UPDATED;
  }
  not_accepted_ = &payload;
  return tlm::TLM_ACCEPTED;
}

void DramMemory::check_burst(const tlm::tlm_generic_payload& payload) const {
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
  check(payload.is_read() || payload.is_write(), kModule, "a payload neither reads nor writes");
}

void DramMemory::step(int channel) {
  front_->advance(channel, next_edge());
  channels_[static_cast<std::size_t>(channel)]->wake_at(front_->due(channel));
  wake_touched();
  schedule_answer();
  accept_if_entered();
}

/// Channels that something has entered, and the one that a burst waits for, may have to be looked at sooner.
void DramMemory::wake_touched() {
  const std::uint64_t waited_for = front_->entering() ? std::uint64_t{1} << front_->entering_channel() : 0;
  dram::for_each_bank(front_->take_touched() | waited_for, [&](int channel) {
    channels_[static_cast<std::size_t>(channel)]->wake_at(front_->due(channel));
  });
}

void DramMemory::accept_if_entered() {
  if (not_accepted_ == nullptr || front_->entering()) return;
  check(front_->entered_at() == next_edge(), kModule, "a burst that had entered was seen too late");
  tlm::tlm_generic_payload& payload = *std::exchange(not_accepted_, nullptr);
  tlm::tlm_phase phase = tlm::END_REQ;
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  socket->nb_transport_bw(payload, phase, delay);
}

void DramMemory::schedule_answer() {
  if (!front_->answers()) return;
  const Clock clock = front_->next_answer().clock;
  check(clock >= next_edge() - 1, kModule, "an answer was found too late");
  answer_.notify(until(clock));
}

void DramMemory::watch(RunObserver* observer, std::int64_t cycle_ps) {
  settle();
  if (observer == nullptr) return front_->tell_commands({});
  front_->tell_commands([this, observer, cycle_ps](int channel, const dram::Command& command) {
    const bool all_banks =
        command.kind == dram::CommandKind::precharge_all || command.kind == dram::CommandKind::refresh_all;
    const int banks = all_banks ? config_.channel.geometry.banks_per_rank() : 1;
    const auto cycle = static_cast<std::int64_t>(command.clock * config_.clock_ps / cycle_ps);
    observer->dram(
        {channel, dram::name_of(command.kind), command.bank, banks, command.row, Cycles{cycle}, command.clock});
  });
}

void DramMemory::introduce(RunObserver& newcomer, Cycles now) const {
  for (int number = 0; number < config_.channels; ++number) {
    for (const dram::OpenRow& open : front_->open_rows(number)) {
      newcomer.open_row({number, open.bank, open.row, open.used, now});
    }
  }
}

void DramMemory::settle() {
  front_->advance_all(next_edge());
}

void DramMemory::respond() {
  while (front_->answers() && until(front_->next_answer().clock) == sc_core::SC_ZERO_TIME) {
    tlm::tlm_generic_payload& payload = *payloads_[front_->take_answer()];
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
    tlm::tlm_phase phase = tlm::BEGIN_RESP;
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    check(socket->nb_transport_bw(payload, phase, delay) == tlm::TLM_COMPLETED, kModule,
          "the initiator did not complete a response at once");
    if (payload.has_mm()) payload.release();
  }
  schedule_answer();
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

dram::FrontEnd& DramMemory::up_to_date() const {
  front_->advance_all(next_edge());
  return *front_;
}

bool DramMemory::busy() const {
  return not_accepted_ != nullptr || up_to_date().busy();
}

dram::DramCounters DramMemory::dram_counters() const {
  return up_to_date().counters();
}

dram::DramEnergy DramMemory::energy() const {
  return config_.prices.of(counters(), next_edge());
}

void DramMemory::dump(std::ostream& out) const {
  out << name() << ": ";
  up_to_date().dump(out);
}

std::unique_ptr<DramMemory> make_dram_memory(const char* name, const config::Memory& memory) {
  Diagnostics diagnostics;
  const dram::DramConfig config = dram::make_dram_config(memory, Source(memory.name()), "", diagnostics);
  diagnostics.throw_if_any();
  return std::make_unique<DramMemory>(name, config);
}

}  // namespace systole
