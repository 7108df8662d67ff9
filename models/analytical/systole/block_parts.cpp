#include "models/analytical/systole/block_parts.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace systole::analytical {

std::int64_t address_period(const MachineModel& machine, const MemoryModel& memory) {
  return std::lcm(memory.period(), machine.burst_bytes);
}

BlockParts::BlockParts(const isa::Block& block, const MachineModel& machine, const MemoryModel& memory)
    : block_(block), machine_(machine), memory_(memory), period_(address_period(machine, memory)) {
  const auto used = [](const isa::Stream& stream) { return stream.used; };
  others_ = static_cast<int>(std::count_if(block_.streams.begin(), block_.streams.end(), used)) - 1;
  for (std::size_t s = 0; s < streams_.size(); ++s) {
    if (block_.streams[s].used) streams_[s].emplace(block_.streams[s], block_.tile_loops);
  }
  if (block_.array.used) array_.emplace(block_.array, machine_);
  if (block_.simd.used) simd_.emplace(block_.simd, machine_);
}

std::size_t BlockParts::Hash::operator()(const Way& way) const {
  constexpr std::size_t kOdd = 0x9e3779b97f4a7c15;  // 2^64 / the golden ratio spreads neighbours
  return (static_cast<std::size_t>(way.base) * kOdd ^ static_cast<std::size_t>(way.port_bits)) * kOdd;
}

BlockParts::Known& BlockParts::known(std::size_t stream, std::int64_t base, std::int64_t port_bits) {
  const Way way{(base % period_ + period_) % period_, port_bits};
  Stream& self = *streams_[stream];
  const auto known = self.ways.find(way);
  if (known != self.ways.end()) return known->second;
  Known made{TransferModel(self.classes, base, port_bits, machine_, memory_, others_),
             sample_banks(self.classes.stream(), way.base, block_.tile_loops, memory_)};
  return self.ways.emplace(way, std::move(made)).first->second;
}

TransferModel& BlockParts::transfers(std::size_t stream, std::int64_t base, std::int64_t port_bits) {
  return known(stream, base, port_bits).transfers;
}

const BankSamples& BlockParts::banks(std::size_t stream, std::int64_t base, std::int64_t port_bits) {
  return known(stream, base, port_bits).banks;
}

std::uint32_t BlockParts::kind(std::size_t stream, std::int64_t base, std::int64_t port_bits) {
  Stream& self = *streams_[stream];
  Known& asked = known(stream, base, port_bits);
  if (asked.classes < self.classes.known().size()) {
    const std::vector<Transfer>& all = asked.transfers.all();
    std::string bytes(reinterpret_cast<const char*>(all.data()), all.size() * sizeof(Transfer));
    const auto next = static_cast<std::uint32_t>(self.kinds.size());
    asked.kind = self.kinds.emplace(std::move(bytes), next).first->second;
    asked.classes = all.size();
  }
  return asked.kind;
}

}  // namespace systole::analytical
