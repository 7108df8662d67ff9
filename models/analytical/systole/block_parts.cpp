#include "models/analytical/systole/block_parts.h"

#include <algorithm>
#include <numeric>

namespace systole::analytical {

std::int64_t address_period(const MachineModel& machine, const MemoryModel& memory) {
  return std::lcm(memory.period(), machine.burst_bytes);
}

BlockParts::BlockParts(const isa::Block& block, const MachineModel& machine, const MemoryModel& memory)
    : block_(block), machine_(machine), memory_(memory), period_(address_period(machine, memory)) {
  const auto used = [](const isa::Stream& stream) { return stream.used; };
  others_ = static_cast<int>(std::count_if(block_.streams.begin(), block_.streams.end(), used)) - 1;
  if (block_.array.used) array_.emplace(block_.array, machine_);
  if (block_.simd.used) simd_.emplace(block_.simd, machine_);
}

std::size_t BlockParts::Hash::operator()(const Way& way) const {
  constexpr std::size_t kOdd = 0x9e3779b97f4a7c15;  // 2^64 / the golden ratio spreads neighbours
  return (static_cast<std::size_t>(way.base) * kOdd ^ static_cast<std::size_t>(way.port_bits)) * kOdd;
}

TransferModel& BlockParts::transfers(std::size_t stream, std::int64_t base, std::int64_t port_bits) {
  const Way way{(base % period_ + period_) % period_, port_bits};
  const auto known = transfers_[stream].find(way);
  if (known != transfers_[stream].end()) return known->second;
  const TransferModel made(block_.streams[stream], block_.tile_loops, base, port_bits, machine_, memory_, others_);
  return transfers_[stream].emplace(way, made).first->second;
}

}  // namespace systole::analytical
