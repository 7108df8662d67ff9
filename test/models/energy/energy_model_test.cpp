#include "models/energy/energy_model.h"

#include <gmock/gmock.h>

#include "test/models/energy/machine_with.h"

namespace systole {
namespace {

using test::machine_with;

double component(const EnergyModel& model, const EventCounts& counts, const std::string& name) {
  return model.price(counts, Picojoules{0}).by_component.at(name).value;
}

// inference_16x16: 8-bit operands, scratchpads of 256 words, so an element has 8 + 32 + 1 + 8 = 49 register bits; 1.25
// GHz.
constexpr double kElementBits = 49;
constexpr double kWriteBit = 0.009;
constexpr double kClockBit = 0.0057;
constexpr double kGatedBit = 0.00057;

TEST(EnergyModel, a_mac_costs_its_arithmetic_and_the_registers_of_its_element) {
  EventCounts counts;
  counts.macs = 1000;
  counts.psum_adds = 10;
  EXPECT_NEAR(component(EnergyModel(machine_with("inference_16x16")), counts, "systolic_array"),
              1000 * (0.3 + kElementBits * kWriteBit) + 10 * 0.1, 1e-9);
}

TEST(EnergyModel, the_wider_operand_and_the_number_format_choose_the_mac) {
  EventCounts one;
  one.macs = 1;
  const auto mac_pj = [&](std::vector<std::string> overrides) {
    const auto machine = machine_with("inference_16x16", std::move(overrides));
    const double address_bits = machine.systolic_array().weight_bits() == 4 ? 9 : 8;
    const double bits = machine.systolic_array().activation_bits() + 33 + address_bits;
    return component(EnergyModel(machine), one, "systolic_array") - bits * kWriteBit;
  };
  EXPECT_NEAR(mac_pj({"systolic_array.weight_bits=4", "systolic_array.activation_bits=4"}), 0.15, 1e-9);
  EXPECT_NEAR(mac_pj({"systolic_array.weight_bits=4"}), 0.3, 1e-9);
  EXPECT_NEAR(mac_pj({"systolic_array.activation_bits=16"}), 0.875, 1e-9);
  EXPECT_NEAR(mac_pj({"systolic_array.activation_bits=16", "simd_unit.number_format=float32"}), 2.0, 1e-9);
}

TEST(EnergyModel, simd_operations_are_priced_by_class_and_format) {
  EventCounts counts;
  counts.of(SimdOperation::multiply_add) = 3;
  counts.of(SimdOperation::divide) = 2;
  counts.simd_instructions = 1;
  const double lane = 96 * kWriteBit;
  EXPECT_NEAR(component(EnergyModel(machine_with("inference_16x16")), counts, "simd_unit"),
              3 * (3.1 + 0.1 + lane) + 2 * (3.2 + lane) + 1.73, 1e-9);
  EXPECT_NEAR(component(EnergyModel(machine_with("training_16x16")), counts, "simd_unit"),
              3 * (3.7 + 0.9 + lane) + 2 * (3.7 + lane) + 1.73, 1e-9);
}

TEST(EnergyModel, a_memory_is_priced_by_its_bank_and_word) {
  EventCounts counts;
  counts.of(Sram::vmem1).reads = 5;  // 128 kB in 16 banks: 8 kB, 32-bit words, a point of the table
  counts.of(Sram::vmem1).writes = 2;
  counts.of(Sram::ibuf).reads = 4;    // 64 kB in 16 banks: 4 kB, 8-bit words
  counts.of(Sram::wbuf).reads = 100;  // 256-byte scratchpads: as registers
  const EnergyModel model(machine_with("inference_16x16"));
  EXPECT_NEAR(component(model, counts, "VMEM1"), 5 * 2.81061 + 2 * 2.00355, 1e-9);
  EXPECT_NEAR(component(model, counts, "VMEM2"), 0, 1e-12);
  EXPECT_NEAR(component(model, counts, "IBUF"), 4 * 1.99035 / 4, 1e-9);
  EXPECT_NEAR(component(model, counts, "WBUF"), 100 * 8 * kWriteBit, 1e-9);
}

TEST(EnergyModel, the_clock_runs_while_a_unit_works_and_is_gated_while_it_does_not) {
  EventCounts counts;
  counts.cycles = 10;
  counts.array_cycles = 4;
  counts.simd_cycles = 1;
  const double array_bits = 256 * kElementBits;
  const double simd_bits = 16 * 96;
  EXPECT_NEAR(component(EnergyModel(machine_with("inference_16x16")), counts, "clock"),
              array_bits * (4 * kClockBit + 6 * kGatedBit) + simd_bits * (1 * kClockBit + 9 * kGatedBit), 1e-9);
}

TEST(EnergyModel, leakage_follows_time_so_half_the_clock_leaks_twice_a_cycle) {
  EventCounts counts;
  counts.cycles = 1000;
  const double fast = component(EnergyModel(machine_with("inference_16x16")), counts, "leakage");
  const double slow = component(EnergyModel(machine_with("inference_16x16", {"clock_mhz=625"})), counts, "leakage");
  EXPECT_GT(fast, 0);
  EXPECT_NEAR(slow, 2 * fast, 1e-6);
}

TEST(EnergyModel, the_rest_is_counted_by_word_step_and_byte) {
  EventCounts counts;
  counts.array_words_decoded = 3;
  counts.address_steps = 7;
  counts.port_bytes = 5;
  const EnergyReport report = EnergyModel(machine_with("inference_16x16")).price(counts, Picojoules{123});
  EXPECT_NEAR(report.by_component.at("controller").value, 3 * 1.73, 1e-9);
  EXPECT_NEAR(report.by_component.at("address_walkers").value, 7 * 0.1, 1e-9);
  EXPECT_NEAR(report.by_component.at("interconnect").value, 5 * 8 * 0.48, 1e-9);
  EXPECT_EQ(report.by_component.at("dram").value, 123);
  EXPECT_NEAR(report.total().value, 3 * 1.73 + 0.7 + 19.2 + 123, 1e-9);
}

/// A different number in every count.
EventCounts every_count(std::int64_t start) {
  EventCounts counts;
  std::int64_t next = start;
  for (std::int64_t* count :
       {&counts.macs, &counts.psum_adds, &counts.array_cycles, &counts.simd_cycles, &counts.array_words_decoded,
        &counts.simd_instructions, &counts.address_steps, &counts.port_bytes}) {
    *count = next++;
  }
  counts.cycles = 10 * next;
  for (SramCounts& memory : counts.sram) memory = {next++, next++, next++, next++, next++};
  for (std::int64_t& count : counts.simd_operations) count = next++;
  return counts;
}

TEST(EnergyModel, two_intervals_add_up_to_the_price_of_their_sum) {
  const EnergyModel model(machine_with("inference_32x32"));
  const EnergyReport a = model.price(every_count(3), Picojoules{1});
  const EnergyReport b = model.price(every_count(1000), Picojoules{2});
  const EnergyReport both = model.price(every_count(3) + every_count(1000), Picojoules{3});
  ASSERT_EQ(a.by_component.size(), both.by_component.size());
  for (const auto& [name, energy] : both.by_component) {
    const double sum = a.by_component.at(name).value + b.by_component.at(name).value;
    EXPECT_GT(energy.value, 0) << name;
    EXPECT_NEAR(energy.value, sum, sum * 1e-12) << name;
  }
}

TEST(EnergyModel, average_power_is_energy_over_time) {
  EnergyReport report;
  report.by_component["dram"] = Picojoules{2000};
  EXPECT_DOUBLE_EQ(report.average_power_w(1000, 1000), 0.002);  // 2 nJ in 1 us
  EXPECT_EQ(report.average_power_w(0, 1000), 0);
}

// A check of size, not of accuracy: 4096 elements at 1.25 GHz in a 45 nm process take watts, not milliwatts or
// kilowatts.
TEST(EnergyModel, a_busy_64x64_array_takes_a_few_watts) {
  EventCounts counts;
  counts.cycles = counts.array_cycles = 1000;
  counts.macs = 4096 * counts.cycles;
  counts.of(Sram::wbuf).reads = counts.macs;
  counts.of(Sram::ibuf).reads = 64 * counts.cycles;
  counts.of(Sram::obuf).reads = counts.of(Sram::obuf).writes = 64 * counts.cycles;
  const EnergyReport report = EnergyModel(machine_with("inference_64x64")).price(counts, Picojoules{0});
  EXPECT_GT(report.average_power_w(counts.cycles, 1250), 2);
  EXPECT_LT(report.average_power_w(counts.cycles, 1250), 20);
}

}  // namespace
}  // namespace systole
