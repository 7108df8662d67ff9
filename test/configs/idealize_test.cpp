#include "configs/idealize.h"

#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include "configs/machine.h"

namespace systole {
namespace {

using google::protobuf::util::MessageDifferencer;

config::Machine machine_without(const std::string& cause, const std::string& memory = "ddr4_2400") {
  MachineRequest request{"inference_64x64", memory, {}, false};
  if (!cause.empty()) request.overrides = {"without." + cause + "=true"};
  Diagnostics diagnostics;
  auto loaded = load_machine(request, diagnostics);
  diagnostics.throw_if_any();
  return loaded.message;
}

const config::Dram& dram(const config::Machine& machine) {
  return machine.memory_description().dram();
}

TEST(Idealize, a_machine_that_is_spared_nothing_stays_as_it_is) {
  const config::Machine machine = machine_without("");
  EXPECT_TRUE(MessageDifferencer::Equals(idealized(machine), machine));
}

TEST(Idealize, every_switch_is_off_unless_asked_for_and_can_be_applied_twice) {
  const auto& switches = *config::Idealization::descriptor();
  for (int i = 0; i < switches.field_count(); ++i) {
    const config::Machine machine = machine_without(switches.field(i)->name());
    const config::Idealization& without = machine.without();
    for (int other = 0; other < switches.field_count(); ++other) {
      EXPECT_EQ(without.GetReflection()->GetBool(without, switches.field(other)), other == i);
    }
    const config::Machine once = idealized(machine);
    EXPECT_TRUE(MessageDifferencer::Equals(idealized(once), once)) << switches.field(i)->name();
  }
}

TEST(Idealize, switches_of_the_device_change_its_policies_and_timing_alone) {
  config::Machine machine = idealized(machine_without("refresh"));
  EXPECT_EQ(dram(machine).controller().refresh(), config::no_refresh);
  machine = idealized(machine_without("row_misses"));
  EXPECT_EQ(dram(machine).controller().page_policy(), config::ideal_page);
  machine = idealized(machine_without("bank_groups"));
  EXPECT_EQ(dram(machine).timing().tccd_l(), dram(machine).timing().tccd_s());
  EXPECT_EQ(dram(machine).timing().twtr_l(), dram(machine).timing().twtr_s());
  machine = idealized(machine_without("turnaround"));
  EXPECT_EQ(dram(machine).timing().read_to_write(), 0);
  EXPECT_EQ(dram(machine).timing().twtr_l(), 1);
}

TEST(Idealize, without_bus_sharing_only_the_latency_of_the_device_is_left) {
  const config::Machine machine = idealized(machine_without("bus_sharing"));
  const config::Machine real = machine_without("");
  EXPECT_EQ(machine.memory_description().ideal().gbytes_per_second(), 0);
  const double latency = dram(real).timing().rl() * dram(real).timing().clock_ps() * 1e-3;
  EXPECT_DOUBLE_EQ(machine.memory_description().ideal().latency_ns(), latency);
  EXPECT_EQ(machine.interconnect().request_latency(), real.interconnect().request_latency());
}

TEST(Idealize, without_latency_the_interconnect_has_none_and_dram_the_shortest) {
  config::Machine machine = idealized(machine_without("latency"));
  EXPECT_EQ(machine.interconnect().request_latency(), 0);
  EXPECT_EQ(machine.interconnect().response_latency(), 0);
  EXPECT_EQ(dram(machine).timing().rl(), 1);
  machine = machine_without("latency");
  machine.mutable_without()->set_bus_sharing(true);
  EXPECT_EQ(idealized(machine).memory_description().ideal().latency_ns(), 0);
}

TEST(Idealize, without_memory_nothing_of_it_is_left) {
  const config::Memory memory = idealized(machine_without("memory", "hbm2")).memory_description();
  ASSERT_TRUE(memory.has_ideal());
  EXPECT_EQ(memory.ideal().gbytes_per_second(), 0);
  EXPECT_EQ(memory.ideal().latency_ns(), 0);
}

}  // namespace
}  // namespace systole
