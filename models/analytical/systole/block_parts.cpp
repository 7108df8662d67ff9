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

std::size_t BlockParts::Hash::operator()(const Place& place) const {
  constexpr std::size_t kOdd = 0x9e3779b97f4a7c15;  // 2^64 / the golden ratio spreads neighbours
  return (static_cast<std::size_t>(place.base) * kOdd ^ static_cast<std::size_t>(place.port_bits)) * kOdd;
}

BlockParts::Setting BlockParts::setting(const MachineModel& machine) {
  Setting setting{};
  for (std::size_t s = 0; s < streams_.size(); ++s) {
    if (!streams_[s]) continue;
    setting[s] = &way(s, machine.port_bits[static_cast<std::size_t>(isa::port_of(block_.streams[s].buffer))]);
  }
  return setting;
}

BlockParts::Way& BlockParts::way(std::size_t stream, std::int64_t port_bits) {
  const std::int64_t base = block_.streams[stream].base;
  const Place place{(base % period_ + period_) % period_, port_bits};
  Stream& self = *streams_[stream];
  const auto known = self.ways.find(place);
  if (known != self.ways.end()) return known->second;
  Way made{TransferModel(self.classes, base, port_bits, machine_, memory_, others_),
           sample_banks(self.classes.stream(), place.base, block_.tile_loops, memory_)};
  return self.ways.emplace(place, std::move(made)).first->second;
}

std::pmr::string BlockParts::name_of(const Setting& setting) {
  std::pmr::string name;
  name.reserve(static_cast<std::size_t>(others_ + 1) * sizeof(std::uint32_t));
  for (std::size_t s = 0; s < streams_.size(); ++s) {
    if (!streams_[s]) continue;
    const std::uint32_t number = kind(s, *setting[s]);
    name.append(reinterpret_cast<const char*>(&number), sizeof number);
  }
  return name;
}

std::uint32_t BlockParts::kind(std::size_t stream, Way& way) {
  Stream& self = *streams_[stream];
  if (way.classes < self.classes.known().size()) {
    const std::vector<Transfer>& all = way.transfers.all();
    std::string bytes(reinterpret_cast<const char*>(all.data()), all.size() * sizeof(Transfer));
    bytes.append(reinterpret_cast<const char*>(&way.banks), sizeof way.banks);
    const auto next = static_cast<std::uint32_t>(self.kinds.size());
    way.kind = self.kinds.emplace(std::move(bytes), next).first->second;
    way.classes = all.size();
  }
  return way.kind;
}

}  // namespace systole::analytical
