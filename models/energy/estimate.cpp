#include "models/energy/estimate.h"

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "models/energy/dram_energy.h"

namespace systole {

namespace {

constexpr std::int64_t kBitsPerByte = 8;

int log2_of(std::int64_t value) {
  int bits = 0;
  while ((std::int64_t{1} << bits) < value) ++bits;
  return bits;
}

/// Bits of a field of the address map, as column:1 or bankgroup; a field without a number has all that are left of it,
/// which only matters for those of groups of banks: others are longer than a burst.
int bits_of(const std::string& field, const config::DramOrganization& device) {
  constexpr int kBeyondABurst = 16;
  const std::size_t colon = field.find(':');
  if (colon != std::string::npos) return std::stoi(field.substr(colon + 1));
  return field == "bankgroup" ? log2_of(device.bank_groups()) : kBeyondABurst;
}

/// How many channels so many consecutive bytes, at least a burst, lie in: the fields of the address map below the
/// channel's hold what lies in one.
std::int64_t channels_of(std::int64_t bytes, const config::Dram& dram, std::int64_t burst_bytes) {
  std::vector<std::string> fields;
  std::stringstream text(dram.address_map().fields());
  for (std::string field; std::getline(text, field, '-');) fields.push_back(field);
  std::int64_t block = burst_bytes;
  for (auto field = fields.rbegin(); field != fields.rend() && block < bytes; ++field) {
    if (field->rfind("channel", 0) == 0) break;
    block <<= bits_of(*field, dram.organization());
  }
  return std::clamp<std::int64_t>(bytes / block, 1, dram.organization().channels());
}

/// Of one rank, in memory clocks; 0: none.
double refresh_distance(const config::Dram& dram) {
  if (dram.controller().refresh() == config::all_bank) return dram.timing().trefi();
  return dram.controller().refresh() == config::per_bank ? dram.per_bank_refresh().trefi() : 0;
}

/// 0 for a memory without a device. `cycles` of the accelerator.
Picojoules dram_energy(double read_bytes, double write_bytes, double cycles, const config::Machine& machine) {
  if (!machine.memory_description().has_dram()) return Picojoules{0};
  const config::Dram& dram = machine.memory_description().dram();
  const config::DramOrganization& device = dram.organization();
  const std::int64_t burst = std::int64_t{device.channel_bits()} * device.burst_length() / kBitsPerByte;
  const std::int64_t port_burst = machine.dma().max_burst_bytes();
  const auto touched = static_cast<double>(channels_of(port_burst, dram, burst));
  const double clocks = cycles / machine.clock_mhz() * 1e6 / dram.timing().clock_ps();
  const dram::Prices prices = dram::make_prices(dram);

  const bool rows = dram.controller().page_policy() != config::ideal_page;
  const double activates = rows ? (read_bytes + write_bytes) / static_cast<double>(port_burst) * touched : 0;
  const double distance = refresh_distance(dram);
  const double rank_clocks = clocks * prices.ranks;
  const bool open = dram.controller().page_policy() != config::closed_page;
  const double active = open ? rank_clocks : std::min(rank_clocks, activates * dram.timing().tras());
  return Picojoules{prices.activate_pj * activates + prices.read_pj * read_bytes / static_cast<double>(burst) +
                    prices.write_pj * write_bytes / static_cast<double>(burst) +
                    (distance > 0 ? prices.refresh_pj * rank_clocks / distance : 0) + prices.active_clock_pj * active +
                    prices.precharged_clock_pj * (rank_clocks - active)};
}

}  // namespace

EnergyReport estimated_energy(const Work& work, const config::Machine& machine) {
  const auto cycles = static_cast<double>(work.events.cycles);
  return EnergyModel(machine).price(work.events, dram_energy(work.read_bytes, work.write_bytes, cycles, machine));
}

}  // namespace systole
