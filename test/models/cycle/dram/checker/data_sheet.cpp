#include "test/models/cycle/dram/checker/data_sheet.h"

#include <map>

namespace systole::checker {

namespace {

DataSheet ddr4_2400() {
  DataSheet s{};
  s.ranks = 1, s.groups = 4, s.banks_per_group = 4, s.columns = 128;
  s.burst = 4, s.read_latency = 17, s.write_latency = 12, s.write_recovery_from = 16;
  s.trcd_read = 17, s.trcd_write = 17, s.trp = 17, s.trp_all = 17, s.tras = 39, s.trc = 56;
  s.trrd_s = 4, s.trrd_l = 6, s.tfaw = 26, s.tccd_s = 4, s.tccd_l = 6;
  s.twr = 18, s.twtr_s = 3, s.twtr_l = 9, s.trtp = 9, s.tppd = 1, s.rank_gap = 1, s.read_to_write = 11;
  s.trfc = 420, s.trefi = 9360;
  s.act_length = s.column_length = s.pre_length = s.ref_length = 1;
  s.unloaded_read = 38;
  return s;
}

DataSheet ddr4_3200() {
  DataSheet s = ddr4_2400();
  s.read_latency = 22, s.write_latency = 16, s.write_recovery_from = 20;
  s.trcd_read = 22, s.trcd_write = 22, s.trp = 22, s.trp_all = 22, s.tras = 52, s.trc = 74;
  s.trrd_s = 4, s.trrd_l = 8, s.tfaw = 34, s.tccd_s = 4, s.tccd_l = 8;
  s.twr = 24, s.twtr_s = 4, s.twtr_l = 12, s.trtp = 12, s.read_to_write = 12;
  s.trfc = 560, s.trefi = 12480;
  s.unloaded_read = 48;
  return s;
}

DataSheet lpddr4_3200() {
  DataSheet s{};
  s.ranks = 1, s.groups = 1, s.banks_per_group = 8, s.columns = 64;
  s.burst = 8, s.read_latency = 37, s.write_latency = 18, s.write_recovery_from = 23;
  s.trcd_read = 29, s.trcd_write = 29, s.trp = 29, s.trp_all = 34, s.tras = 68, s.trc = 97;
  s.trrd_s = 16, s.trrd_l = 16, s.tfaw = 64, s.tccd_s = 8, s.tccd_l = 8;
  s.twr = 29, s.twtr_s = 16, s.twtr_l = 16, s.trtp = 12, s.tppd = 4, s.rank_gap = 1, s.read_to_write = 30;
  s.trfc = 448, s.trefi = 6246;
  s.trfc_bank = 224, s.trefi_bank = 780, s.bank_refresh_to_bank_refresh = 224, s.bank_refresh_to_act = 16;
  s.act_to_bank_refresh = 16, s.banks_per_refresh = 1;
  s.act_counts_from = 2, s.act_length = 4, s.column_length = 4, s.pre_length = 2, s.ref_length = 2;
  s.unloaded_read = 2 + 29 + 3 + 28 + 6 + 8;
  return s;
}

DataSheet hbm2() {
  DataSheet s{};
  s.ranks = 1, s.groups = 4, s.banks_per_group = 4, s.columns = 32;
  s.burst = 2, s.read_latency = 14, s.write_latency = 5, s.write_recovery_from = 7;
  s.trcd_read = 14, s.trcd_write = 12, s.trp = 14, s.trp_all = 14, s.tras = 34, s.trc = 48;
  s.trrd_s = 4, s.trrd_l = 6, s.tfaw = 16, s.tccd_s = 2, s.tccd_l = 4;
  s.twr = 16, s.twtr_s = 6, s.twtr_l = 8, s.trtp = 5, s.tppd = 1, s.rank_gap = 1, s.read_to_write = 13;
  s.trfc = 260, s.trefi = 3900;
  s.trfc_bank = 160, s.trefi_bank = 243, s.bank_refresh_to_bank_refresh = 8, s.bank_refresh_to_act = 8;
  s.act_to_bank_refresh = 8, s.banks_per_refresh = 1;
  s.act_counts_from = 1, s.act_length = 2, s.column_length = 1, s.pre_length = 1, s.ref_length = 1;
  s.two_buses = true;
  s.unloaded_read = 1 + 14 + 14 + 2;
  return s;
}

DataSheet lpddr5_6400() {
  DataSheet s{};
  s.ranks = 1, s.groups = 4, s.banks_per_group = 4, s.columns = 64;
  s.burst = 2, s.read_latency = 17, s.write_latency = 10, s.write_recovery_from = 12;
  s.trcd_read = 15, s.trcd_write = 15, s.trp = 15, s.trp_all = 17, s.tras = 34, s.trc = 49;
  s.trrd_s = 4, s.trrd_l = 4, s.tfaw = 16, s.tccd_s = 2, s.tccd_l = 4;
  s.twr = 28, s.twtr_s = 5, s.twtr_l = 12, s.trtp = 8, s.tppd = 2, s.rank_gap = 1, s.read_to_write = 12;
  s.trfc = 168, s.trefi = 3125;
  s.trfc_bank = 96, s.trefi_bank = 390, s.bank_refresh_to_bank_refresh = 72, s.bank_refresh_to_act = 6;
  s.act_to_bank_refresh = 4, s.banks_per_refresh = 2;
  s.act_counts_from = 1, s.act_length = 2, s.column_length = 1, s.pre_length = 1, s.ref_length = 1;
  s.unloaded_read = 1 + 15 + 17 + 2;
  return s;
}

/// No device that is sold: its REFPB may follow one another so closely that tRFCpb of a bank outlasts a round.
DataSheet lpddr5_close_refreshes() {
  DataSheet s = lpddr5_6400();
  s.bank_refresh_to_bank_refresh = kCloseRefreshes;
  return s;
}

}  // namespace

DataSheet data_sheet(const std::string& name) {
  static const std::map<std::string, DataSheet (*)()> kSheets = {
      {"ddr4_2400", ddr4_2400}, {"ddr4_3200", ddr4_3200},     {"lpddr4_3200", lpddr4_3200},
      {"hbm2", hbm2},           {"lpddr5_6400", lpddr5_6400}, {"lpddr5_close_refreshes", lpddr5_close_refreshes}};
  DataSheet sheet = kSheets.at(name)();
  sheet.name = name;
  return sheet;
}

}  // namespace systole::checker
