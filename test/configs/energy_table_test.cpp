#include "configs/energy_table.h"

#include <gmock/gmock.h>

#include <fstream>

#include "configs/machine.h"

namespace systole {
namespace {

using testing::HasSubstr;

config::EnergyTable shipped_table() {
  Diagnostics diagnostics;
  auto table = load_machine({"inference_64x64", "", {}, false}, diagnostics).message.energy_table();
  diagnostics.throw_if_any();
  return table;
}

std::string fault_of(const config::EnergyTable& table) {
  Diagnostics diagnostics;
  check_energy_table(table, Source("a"), diagnostics);
  return diagnostics.items().size() == 1 ? diagnostics.items()[0].message : "not exactly one fault";
}

TEST(EnergyTable, points_that_cannot_be_interpolated_are_refused) {
  const config::EnergyTable good = shipped_table();
  auto table = good;
  table.mutable_sram()->mutable_point()->DeleteSubrange(1, good.sram().point_size() - 1);
  EXPECT_EQ(fault_of(table), "an energy table needs at least two points of memory");
  table = good;
  table.mutable_sram()->mutable_point(3)->set_capacity_bytes(good.sram().point(2).capacity_bytes());
  EXPECT_EQ(fault_of(table), "capacity_bytes of point 3 is not above that of the point before");
  table = good;
  table.mutable_sram()->mutable_point(3)->set_read_pj(good.sram().point(2).read_pj() * 0.999);
  EXPECT_EQ(fault_of(table), "read_pj of point 3 is below that of the smaller bank before");
}

TEST(EnergyTable, areas_must_not_fall_with_the_capacity_and_need_not_be_there) {
  const config::EnergyTable good = shipped_table();
  auto table = good;
  table.mutable_area()->mutable_sram()->mutable_point(3)->set_um2(1);
  EXPECT_EQ(fault_of(table), "um2 of point 3 is below that of the smaller bank before");
  table.mutable_area()->mutable_sram()->clear_point();
  EXPECT_EQ(fault_of(table), "an energy table needs at least two points of memory's area");
  table.clear_area();
  Diagnostics none;
  check_energy_table(table, Source("a"), none);
  EXPECT_TRUE(none.items().empty());
}

TEST(EnergyTable, every_figure_must_name_its_source) {
  config::Figure figure;
  Diagnostics diagnostics;
  parse_text("value: 1 source: \"\" technology_nm: 45 voltage: 1 evidence: scaled", "a", figure, diagnostics);
  ASSERT_EQ(diagnostics.items().size(), 1U);
  EXPECT_EQ(diagnostics.items()[0].to_string(), "a:1:18: error: source must be a text in quotes, not empty, not \"\"");
}

TEST(EnergyTable, a_table_beside_the_machine_is_found_and_its_faults_name_its_own_file) {
  const std::string folder = testing::TempDir();
  auto table = shipped_table();
  table.mutable_mac()->mutable_int8()->set_value(-1);
  std::ofstream(folder + "mine.textproto") << to_text(table);
  Diagnostics diagnostics;
  auto machine = load_machine({"inference_16x16", "", {}, false}, diagnostics).message;
  machine.clear_energy_table();
  machine.set_energy("mine.textproto");
  std::ofstream(folder + "machine_with_table.textproto") << to_text(machine);
  load_machine({folder + "machine_with_table.textproto", "", {}, false}, diagnostics);
  ASSERT_EQ(diagnostics.items().size(), 1U);
  EXPECT_THAT(diagnostics.items()[0].to_string(), HasSubstr("mine.textproto:"));
  EXPECT_THAT(diagnostics.items()[0].message, HasSubstr("value must be a number from 0 to"));
}

TEST(EnergyTable, one_figure_can_be_overridden_on_the_command_line) {
  Diagnostics diagnostics;
  const auto machine =
      load_machine({"inference_16x16", "", {"energy_table.mac.int8.value=0.5"}, false}, diagnostics).message;
  diagnostics.throw_if_any();
  EXPECT_EQ(machine.energy_table().mac().int8().value(), 0.5);
  EXPECT_EQ(machine.energy_table().mac().int16().value(), shipped_table().mac().int16().value());
}

TEST(EnergyTable, an_unknown_name_points_at_where_it_was_said) {
  Diagnostics diagnostics;
  load_machine({"inference_16x16", "", {"energy=generic_54nm"}, false}, diagnostics);
  ASSERT_EQ(diagnostics.items().size(), 1U);
  EXPECT_THAT(diagnostics.items()[0].to_string(),
              HasSubstr("--set energy=generic_54nm: error: there is no energy table named 'generic_54nm'\n"
                        "  hint: did you mean 'generic_45nm'? shipped: generic_45nm"));
}

}  // namespace
}  // namespace systole
