#include "models/energy/area.h"

#include <gtest/gtest.h>

#include <cmath>

#include "test/models/energy/machine_with.h"

namespace systole {
namespace {

using test::machine_with;

double component(const config::Machine& machine, const std::string& name) {
  return area_of(machine).value().by_component.at(name);
}

/// inference_16x16: 8-bit operands, so an element is 282 + 137 um2 of arithmetic and 49 flip-flops of 4.522 um2; each
/// of 16 columns ends in an adder of 137, and has a lane of 137 + 137 + 3495 + 4384 + 7264 + 6576 um2 and 96
/// flip-flops.
TEST(Area, of_the_units_is_that_of_their_arithmetic_and_registers) {
  const config::Machine machine = machine_with("inference_16x16");
  EXPECT_NEAR(component(machine, "systolic_array"), (256 * (419 + 49 * 4.522) + 16 * 137) * 1e-6, 1e-9);
  EXPECT_NEAR(component(machine, "simd_unit"), 16 * (21993 + 96 * 4.522) * 1e-6, 1e-9);
}

/// training_16x16: 16-bit operands, single-precision sums.
TEST(Area, of_a_machine_in_float_has_float_units) {
  const config::Machine machine = machine_with("training_16x16");
  const double lane = 137 + 4184 + 7700 + 7700 + 23768 + 11550 + 96 * 4.522;
  EXPECT_NEAR(component(machine, "simd_unit"), 16 * lane * 1e-6, 1e-9);
}

/// 16 banks of 2 kB are a point of the table; 16 of 3 kB lie between two, in log-log scale; 256 scratchpads of 128 B
/// are the smallest point.
TEST(Area, of_a_memory_is_that_of_its_banks) {
  EXPECT_NEAR(component(machine_with("inference_16x16", {"buffers.ibuf_bits=262144"}), "IBUF"), 16 * 0.0072172, 1e-9);
  const double between = 7217.2 * std::pow(14116.4 / 7217.2, std::log2(1.5));
  EXPECT_NEAR(component(machine_with("inference_16x16", {"buffers.ibuf_bits=393216"}), "IBUF"), 16 * between * 1e-6,
              1e-9);
  EXPECT_NEAR(component(machine_with("inference_16x16", {"buffers.wbuf_bits=262144"}), "WBUF"), 256 * 0.0014542, 1e-9);
}

TEST(Area, is_the_sum_of_its_parts_and_grows_with_each) {
  const double plain = area_mm2(machine_with("inference_16x16"));
  for (const char* const change :
       {"buffers.wbuf_bits=1048576", "buffers.ibuf_bits=4194304", "buffers.obuf_bits=4194304",
        "buffers.bbuf_bits=4194304", "buffers.vmem_bits=8388608", "buffers.imm_bits=65536",
        "systolic_array.weight_bits=16", "simd_unit.number_format=float32"}) {
    EXPECT_GT(area_mm2(machine_with("inference_16x16", {change})), plain) << change;
  }
  const AreaReport report = area_of(machine_with("inference_16x16")).value();
  double sum = 0;
  for (const auto& [name, area] : report.by_component) sum += area;
  EXPECT_DOUBLE_EQ(sum, plain);
  EXPECT_EQ(area_mm2(machine_with("inference_16x16", {"ports.ibuf=512"})), plain) << "what has no source is left out";
}

/// The published floorplans of GeneSys designs 1 and 9, in 12 nm: their macros cover 0.902 and 9.424 mm2. Another
/// process than the table's, so it is the ratio that says whether banks of either kind are right.
TEST(Area, of_memories_grows_from_machine_to_machine_as_in_published_floorplans) {
  const auto memories = [](const config::Machine& machine) {
    const AreaReport report = area_of(machine).value();
    return report.total() - report.by_component.at("systolic_array") - report.by_component.at("simd_unit");
  };
  const config::Machine design1 = machine_with(
      "inference_16x16",
      {"systolic_array.weight_bits=4", "systolic_array.activation_bits=4", "buffers.wbuf_bits=131072",
       "buffers.ibuf_bits=131072", "buffers.obuf_bits=524288", "buffers.bbuf_bits=16384", "buffers.vmem_bits=524288"});
  const config::Machine design9 = machine_with("inference_64x64");
  EXPECT_NEAR(memories(design9) / memories(design1), 9.424 / 0.902, 0.05 * 9.424 / 0.902);
}

TEST(Area, is_not_told_of_a_table_without_areas) {
  config::Machine machine = machine_with("inference_16x16");
  machine.mutable_energy_table()->clear_area();
  EXPECT_FALSE(area_of(machine));
  EXPECT_EQ(area_mm2(machine), 0);
}

}  // namespace
}  // namespace systole
