#include "models/energy/dram_energy.h"

namespace systole::dram {

DramEnergy Prices::of(const MemoryCounters& counters, std::int64_t clocks) const {
  const auto times = [](double price, std::int64_t count) { return price * static_cast<double>(count); };
  DramEnergy energy;
  energy.activate_pj = times(activate_pj, counters.activates);
  energy.read_pj = times(read_pj, counters.reads);
  energy.write_pj = times(write_pj, counters.writes);
  energy.refresh_pj = times(refresh_pj, counters.refreshes);
  energy.active_standby_pj = times(active_clock_pj, counters.active_clocks);
  energy.precharged_standby_pj = times(precharged_clock_pj, clocks * ranks - counters.active_clocks);
  return energy;
}

Prices make_prices(const config::Dram& dram) {
  const config::DramOrganization& o = dram.organization();
  const config::DramTiming& t = dram.timing();
  const double devices = static_cast<double>(o.channel_bits()) / o.device_bits();
  const double clock_ns = t.clock_ps() / 1000.0;  // V * mA * ns = pJ
  const double burst = static_cast<double>(o.burst_length()) / o.beats_per_clock();
  const bool per_bank = dram.controller().refresh() == config::per_bank;
  Prices prices;
  for (const config::DramRail& rail : dram.rail()) {
    const double scale = devices * rail.volts() * clock_ns;
    prices.activate_pj +=
        scale * (rail.idd0() * t.trc() - rail.idd3n() * t.tras() - rail.idd2n() * (t.trc() - t.tras()));
    prices.read_pj += scale * (rail.idd4r() - rail.idd3n()) * burst;
    prices.write_pj += scale * (rail.idd4w() - rail.idd3n()) * burst;
    prices.refresh_pj += per_bank ? scale * (rail.idd5_bank() - rail.idd2n()) * dram.per_bank_refresh().trfc()
                                  : scale * (rail.idd5() - rail.idd2n()) * t.trfc();
    prices.active_clock_pj += scale * rail.idd3n();
    prices.precharged_clock_pj += scale * rail.idd2n();
  }
  prices.ranks = o.channels() * o.ranks();
  return prices;
}

}  // namespace systole::dram
