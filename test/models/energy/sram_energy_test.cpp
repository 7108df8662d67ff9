#include "models/energy/sram_energy.h"

#include <gtest/gtest.h>

#include <cmath>

#include "configs/machine.h"

namespace systole {
namespace {

/// Two points a factor of four apart: 2 and 4 pJ to read, 1 and 3 pJ to write, 1 and 4 mW.
config::SramEnergy two_points() {
  config::SramEnergy table;
  Diagnostics diagnostics;
  parse_text(
      "source: \"made up\" technology_nm: 45 voltage: 1 evidence: literature width_bits: 32\n"
      "point { capacity_bytes: 1024 read_pj: 2 write_pj: 1 leakage_mw: 1 }\n"
      "point { capacity_bytes: 4096 read_pj: 4 write_pj: 3 leakage_mw: 4 }\n",
      "test", table, diagnostics);
  diagnostics.throw_if_any();
  return table;
}

TEST(SramEnergy, the_tables_points_are_met_and_between_them_lines_are_straight_in_log_log) {
  const SramEnergy sram(two_points(), 0);
  EXPECT_DOUBLE_EQ(sram.read_pj(1024, 32), 2);
  EXPECT_DOUBLE_EQ(sram.read_pj(4096, 32), 4);
  EXPECT_DOUBLE_EQ(sram.read_pj(2048, 32), 2 * std::sqrt(2.0));
  EXPECT_DOUBLE_EQ(sram.write_pj(2048, 32), std::sqrt(3.0));
  EXPECT_DOUBLE_EQ(sram.leakage_mw(2048), 2);
}

TEST(SramEnergy, beyond_the_ends_the_lines_go_on) {
  const SramEnergy sram(two_points(), 0);
  EXPECT_DOUBLE_EQ(sram.read_pj(256, 32), 1);
  EXPECT_DOUBLE_EQ(sram.read_pj(16384, 32), 8);
}

TEST(SramEnergy, a_narrow_word_costs_in_proportion_but_never_less_than_registers) {
  EXPECT_DOUBLE_EQ(SramEnergy(two_points(), 0).read_pj(1024, 8), 0.5);
  EXPECT_DOUBLE_EQ(SramEnergy(two_points(), 0.01).read_pj(1024, 8), 0.5);
  EXPECT_DOUBLE_EQ(SramEnergy(two_points(), 0.25).read_pj(1024, 8), 2);
}

TEST(SramEnergy, the_shipped_table_never_falls_with_capacity) {
  Diagnostics diagnostics;
  const auto machine = load_machine({"inference_64x64", "", {}, false}, diagnostics).message;
  diagnostics.throw_if_any();
  const SramEnergy sram(machine.energy_table().sram(), 0.009);
  for (double bytes = 16; bytes < 16e6; bytes *= 1.1) {
    EXPECT_LE(sram.read_pj(bytes, 8), sram.read_pj(bytes * 1.1, 8)) << bytes;
    EXPECT_LE(sram.write_pj(bytes, 32), sram.write_pj(bytes * 1.1, 32)) << bytes;
    EXPECT_LT(sram.leakage_mw(bytes), sram.leakage_mw(bytes * 1.1)) << bytes;
  }
}

}  // namespace
}  // namespace systole
