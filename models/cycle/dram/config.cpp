#include "models/cycle/dram/config.h"

#include <fmt/format.h>

#include <algorithm>

#include "models/cycle/dram/refresh.h"

namespace systole::dram {

namespace {

Geometry make_geometry(const config::DramOrganization& o) {
  Geometry g;
  g.ranks = o.ranks();
  g.groups = o.bank_groups();
  g.banks_per_group = o.banks_per_group();
  g.rows = o.rows();
  g.columns = o.columns() / o.burst_length();
  g.burst_bytes = o.channel_bits() / 8 * o.burst_length();
  return g;
}

Policy make_policy(const config::Dram& dram) {
  const config::DramController& c = dram.controller();
  Policy p;
  p.read_entries = c.read_entries();
  p.write_entries = c.write_entries();
  p.write_high = c.write_high();
  p.write_low = c.write_low();
  p.age_cap = c.age_cap();
  p.page = static_cast<PagePolicy>(c.page_policy());
  p.refreshes = c.refresh() != config::no_refresh;
  p.per_bank_refresh = c.refresh() == config::per_bank;
  p.banks_per_refresh = p.per_bank_refresh ? dram.per_bank_refresh().banks() : 1;
  p.max_postponed = c.max_postponed_refreshes();
  return p;
}

std::vector<XorBit> make_hashing(const config::DramAddressMap& map, std::vector<std::string>& faults) {
  std::vector<XorBit> hashing;
  for (const config::DramXor& x : map.xor_()) {
    const auto* const found = std::find(kFieldNames.begin(), kFieldNames.begin() + 4, x.field());
    if (found == kFieldNames.begin() + 4) {
      faults.push_back(
          fmt::format("the address map hashes '{}'; channel, rank, bankgroup and bank can be hashed", x.field()));
      continue;
    }
    hashing.push_back({static_cast<Field>(found - kFieldNames.begin()), x.bit(), x.row_bit()});
  }
  return hashing;
}

/// Collects faults at fields of the description.
class Checker {
 public:
  Checker(const config::Dram& dram, const Source& source, std::string prefix, Diagnostics& diagnostics)
      : dram_(dram), source_(source), prefix_(std::move(prefix)), diagnostics_(diagnostics) {}

  void organization() {
    const config::DramOrganization& o = dram_.organization();
    if (o.device_bits() > o.channel_bits()) {
      add("organization.device_bits",
          fmt::format("a device of {} bits does not fit a channel of {}", o.device_bits(), o.channel_bits()),
          "device_bits is at most channel_bits");
    }
    const std::int64_t bits =
        std::int64_t{o.bank_groups()} * o.banks_per_group() * o.rows() * o.columns() * o.device_bits();
    if (bits != o.device_megabits() << 20) {
      add("organization.columns",
          fmt::format(
              "{} bank groups x {} banks x {} rows x {} columns x {} bits are {} Mbit, not the device's {} Mbit",
              o.bank_groups(), o.banks_per_group(), o.rows(), o.columns(), o.device_bits(), bits / (1 << 20),
              o.device_megabits()),
          "correct the row or column count, the width, or device_megabits");
    }
    if (o.columns() < o.burst_length()) {
      add("organization.burst_length",
          fmt::format("a burst of {} beats is longer than a row of {} columns", o.burst_length(), o.columns()));
    }
    if (o.burst_length() < o.beats_per_clock()) {
      add("organization.burst_length", fmt::format("a burst of {} beats is shorter than a clock, which moves {}",
                                                   o.burst_length(), o.beats_per_clock()));
    }
    // A device fetches what its data bus moves in tCCD_S; a burst that is cut short (DDR4's burst chop) still moves
    // half of it.
    if (2 * o.burst_length() < o.beats_per_clock() * dram_.timing().tccd_s()) {
      add("organization.burst_length",
          fmt::format("a burst of {} beats is less than half of the {} that the device fetches in tCCD_S",
                      o.burst_length(), o.beats_per_clock() * dram_.timing().tccd_s()));
    }
    if (o.channel_bits() / 8 * o.burst_length() > 4096)
      add("organization.burst_length", "a burst is longer than 4096 bytes");
    if (o.ranks() * o.bank_groups() * o.banks_per_group() > kMaxBanks || o.ranks() * o.bank_groups() > kMaxGroups) {
      add("organization.banks_per_group",
          fmt::format("a channel has at most {} banks in {} bank groups, over all ranks", kMaxBanks, kMaxGroups));
    }
  }

  void timing() {
    const config::DramTiming& t = dram_.timing();
    at_least("trc", t.trc(), "tRAS + tRP", t.tras() + t.trp());
    at_least("tras", t.tras(), "tRCD of reads", t.trcd_read());
    at_least("trp_all", t.trp_all(), "tRP", t.trp());
    at_least("trrd_l", t.trrd_l(), "tRRD_S", t.trrd_s());
    at_least("tccd_l", t.tccd_l(), "tCCD_S", t.tccd_s());
    at_least("twtr_l", t.twtr_l(), "tWTR_S", t.twtr_s());
    at_least("tfaw", t.tfaw(), "4 x tRRD_S", 4 * t.trrd_s());
    at_least("tccd_s", t.tccd_s(), "the clocks of a burst",
             dram_.organization().burst_length() / dram_.organization().beats_per_clock());
    if (dram_.organization().bank_groups() == 1) {
      same("trrd_s", t.trrd_s(), "trrd_l", t.trrd_l());
      same("tccd_s", t.tccd_s(), "tccd_l", t.tccd_l());
      same("twtr_s", t.twtr_s(), "twtr_l", t.twtr_l());
    }
    at_least("rl", t.rl() + t.tdqsck(), "WL + tDQSS: no write may overtake a read on the data bus", t.wl() + t.tdqss());
    const config::DramCommandBus& bus = dram_.command_bus();
    if (bus.activate_reference() >= bus.activate_clocks())
      add("command_bus.activate_reference", "lies beyond the end of the command");
    if (bus.column_reference() >= bus.column_clocks())
      add("command_bus.column_reference", "lies beyond the end of the command");
  }

  void refresh() {
    const bool per_bank = dram_.controller().refresh() == config::per_bank;
    if (per_bank && !dram_.has_per_bank_refresh()) {
      add("controller.refresh", "the device has no per-bank refresh", "give per_bank_refresh or use refresh: all_bank");
      return;
    }
    const config::DramPerBankRefresh& pb = dram_.per_bank_refresh();
    const config::DramOrganization& o = dram_.organization();
    if (dram_.has_per_bank_refresh()) {
      const int banks = o.bank_groups() * o.banks_per_group();
      if (banks % pb.banks() != 0) {
        add("per_bank_refresh.banks", fmt::format("{} banks are not refreshed {} at a time", banks, pb.banks()));
        return;
      }
      const std::int64_t round = std::int64_t{pb.trefi()} * (banks / pb.banks());
      if (round > dram_.timing().trefi()) {
        add("per_bank_refresh.trefi",
            fmt::format("a round over all banks takes {} clocks, more than tREFI ({})", round, dram_.timing().trefi()));
      }
    }
    ChannelConfig channel{make_geometry(o), make_rules(dram_), make_policy(dram_)};
    const Clock needed = refresh_lead(channel) + (per_bank ? pb.trfc() : dram_.timing().trfc());
    if (needed >= channel.rules.refresh_interval) {
      add(per_bank ? "per_bank_refresh.trefi" : "timing.trefi",
          fmt::format("closing the banks and refreshing takes {} clocks; nothing is left of an interval of {}", needed,
                      channel.rules.refresh_interval));
    }
  }

  void controller() {
    const config::DramController& c = dram_.controller();
    if (c.write_high() > c.write_entries()) {
      add("controller.write_high",
          fmt::format("{} is above write_entries ({}): writing would never begin", c.write_high(), c.write_entries()));
    }
    if (c.write_low() >= c.write_high()) {
      add("controller.write_low", fmt::format("{} is not below write_high ({})", c.write_low(), c.write_high()));
    }
  }

  void add(const std::string& path, std::string message, std::string hint = "") {
    diagnostics_.add(source_.fault(prefix_ + path, std::move(message), std::move(hint)));
  }

 private:
  void at_least(const char* key, int value, const char* what, int bound) {
    if (value < bound)
      add(std::string("timing.") + key, fmt::format("{} is {} clocks, less than {} ({})", key, value, what, bound));
  }

  void same(const char* key, int value, const char* other, int bound) {
    if (value == bound) return;
    add(std::string("timing.") + key,
        fmt::format("{} ({}) and {} ({}) differ although the device has one bank group", key, value, other, bound),
        "give both the same value");
  }

  const config::Dram& dram_;
  const Source& source_;
  std::string prefix_;
  Diagnostics& diagnostics_;
};

}  // namespace

double DramConfig::peak_bytes_per_second() const {
  const double bursts_per_second = 1e12 / static_cast<double>(clock_ps * channel.rules.burst_clocks);
  return bursts_per_second * channel.geometry.burst_bytes * channels;
}

Rules make_rules(const config::Dram& dram) {
  const config::DramTiming& t = dram.timing();
  const config::DramCommandBus& bus = dram.command_bus();
  const Clock burst = dram.organization().burst_length() / dram.organization().beats_per_clock();
  const Clock act = bus.activate_reference();
  const Clock write_end = t.wl() + t.tdqss() + burst;
  const auto fill = [](Clock(&table)[2][2], Clock read_read, Clock read_write, Clock write_read, Clock write_write) {
    table[0][0] = read_read, table[0][1] = read_write, table[1][0] = write_read, table[1][1] = write_write;
  };
  Rules r;
  r.activate_length = bus.activate_clocks();
  r.column_length = bus.column_clocks();
  r.precharge_length = bus.precharge_clocks();
  r.refresh_length = bus.refresh_clocks();
  r.split_bus = bus.split_row_column();
  r.activate_offset = act;
  r.burst_clocks = burst;
  r.data_start[0] = bus.column_reference() + t.rl() + t.tdqsck();
  r.data_start[1] = bus.column_reference() + t.wl() + t.tdqss();

  r.activate_to_column[0] = act + t.trcd_read();
  r.activate_to_column[1] = act + t.trcd_write();
  r.activate_to_precharge = act + t.tras();
  r.activate_to_activate = t.trc();
  r.column_to_precharge[0] = t.trtp();
  r.column_to_precharge[1] = write_end + t.twr();
  r.precharge_to_activate = t.trp() - act;
  r.precharge_all_to_activate = t.trp_all() - act;
  r.activate_to_refresh = act + t.trc();
  r.precharge_to_refresh = t.trp();
  r.precharge_all_to_refresh = t.trp_all();

  r.activate_to_activate_s = t.trrd_s();
  r.activate_to_activate_l = t.trrd_l();
  r.four_activates = t.tfaw();
  r.precharge_to_precharge = t.tppd();
  const Clock ccd_s = std::max<Clock>(burst, t.tccd_s());
  const Clock ccd_l = std::max<Clock>(burst, t.tccd_l());
  const Clock read_to_write = t.rl() + t.tdqsck() + burst - t.wl() + t.read_to_write();
  fill(r.column_to_column_s, ccd_s, read_to_write, write_end + t.twtr_s(), ccd_s);
  fill(r.column_to_column_l, ccd_l, read_to_write, write_end + t.twtr_l(), ccd_l);
  const Clock switched = burst + t.trtrs();
  fill(r.column_to_column_rank, switched, r.data_start[0] + switched - r.data_start[1],
       r.data_start[1] + switched - r.data_start[0], switched);

  r.refresh_to_activate = t.trfc() - act;
  r.refresh_to_refresh = t.trfc();
  r.refresh_interval = t.trefi();
  const config::DramPerBankRefresh& pb = dram.per_bank_refresh();
  r.bank_refresh_to_activate_same = pb.trfc() - act;
  r.bank_refresh_to_activate_other = pb.to_activate() - act;
  r.bank_refresh_to_bank_refresh = pb.to_refresh();
  r.activate_to_bank_refresh = act + pb.from_activate();
  if (dram.controller().refresh() == config::per_bank) r.refresh_interval = pb.trefi();
  return r;
}

DramConfig make_dram_config(const config::Memory& memory, const Source& source, const std::string& prefix,
                            Diagnostics& diagnostics) {
  const config::Dram& dram = memory.dram();
  Diagnostics faults;
  Checker checker(dram, source, prefix + "dram.", faults);
  checker.organization();
  checker.timing();
  checker.controller();
  if (faults.empty()) checker.refresh();

  DramConfig result;
  if (faults.empty()) {
    result.name = memory.name();
    result.channels = dram.organization().channels();
    result.clock_ps = dram.timing().clock_ps();
    result.channel = {make_geometry(dram.organization()), make_rules(dram), make_policy(dram)};
    result.prices = make_prices(dram);
    std::vector<std::string> map_faults;
    const std::vector<XorBit> hashing = make_hashing(dram.address_map(), map_faults);
    result.map = AddressMap(dram.address_map().fields(), hashing, result.channel.geometry, result.channels, map_faults);
    for (const std::string& fault : map_faults) checker.add("address_map.fields", fault);
  }
  for (const Diagnostic& fault : faults.items()) diagnostics.add(fault);
  return result;
}

}  // namespace systole::dram
