#include "models/analytical/systole/fetch.h"

#include <algorithm>

#include "base/units.h"

namespace systole::analytical {

namespace {
constexpr std::int64_t kWordBytes = 4;
constexpr std::int64_t kWordBits = 32;
}  // namespace

Fetch::Fetch(std::int64_t words, std::int64_t address, const MachineModel& machine, const MemoryModel& memory)
    : machine_(machine), memory_(memory), address_(address), to_fetch_(words) {}

double Fetch::decode(std::int64_t count, double now) {
  if (!machine_.fetches) return now;
  while (count > 0) {
    if (half_left_ == 0) fetch_half();
    const std::int64_t taken = std::min(count, half_left_);
    now = std::max(now, half_ready_) + static_cast<double>(ceil_div(taken, machine_.decode_words));
    count -= taken;
    half_left_ -= taken;
    if (half_left_ == 0) decoded_ = {decoded_[1], now};
  }
  return now;
}

void Fetch::fetch_half() {
  half_left_ = std::min(machine_.half_words, to_fetch_);
  const double start = std::max(fetched_, decoded_[0]);
  const auto port = static_cast<std::size_t>(isa::Port::instruction);
  const auto bus = static_cast<double>(ceil_div(half_left_ * kWordBits, machine_.port_bits[port]));
  const auto bursts = static_cast<double>(ceil_div(half_left_ * kWordBytes, machine_.burst_bytes));
  double end = start + bus;
  if (!memory_.ideal()) {
    AccessPattern pattern;
    pattern.base = address_;
    pattern.bytes = half_left_ * kWordBytes;
    pattern.segments = 1;
    pattern.step = 0;
    const double work = memory_.work(pattern, bursts);
    end = start + memory_.read_request(1) + memory_.response() + std::max(work / bursts + bus, work + bus / bursts);
  }
  address_ += half_left_ * kWordBytes;
  to_fetch_ -= half_left_;
  half_ready_ = fetched_ = end;
}

}  // namespace systole::analytical
