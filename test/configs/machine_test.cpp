#include "configs/machine.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>

#include <fstream>

#include "configs/resolver.h"

namespace systole {
namespace {

using google::protobuf::util::MessageDifferencer;
using testing::ElementsAre;
using testing::HasSubstr;

config::Machine load(const MachineRequest& request) {
  Diagnostics diagnostics;
  auto loaded = load_machine(request, diagnostics);
  diagnostics.throw_if_any();
  return loaded.message;
}

std::string fault_of(const MachineRequest& request) {
  Diagnostics diagnostics;
  load_machine(request, diagnostics);
  return diagnostics.items().size() == 1 ? diagnostics.items()[0].to_string() : "not exactly one fault";
}

class ShippedMachine : public testing::TestWithParam<std::string> {};

TEST_P(ShippedMachine, loads_without_a_fault_and_is_square_as_its_name_says) {
  const config::Machine machine = load({GetParam(), "", {}, false});
  EXPECT_EQ(machine.name(), GetParam());
  const std::string size = std::to_string(machine.systolic_array().rows());
  EXPECT_THAT(GetParam(), HasSubstr("_" + size + "x" + std::to_string(machine.systolic_array().columns())));
}

TEST_P(ShippedMachine, resolved_and_loaded_again_is_the_same_machine) {
  const config::Machine machine = load({GetParam(), "", {"clock_mhz=1000.25"}, false});
  const std::string path = testing::TempDir() + GetParam() + "_resolved.textproto";
  std::ofstream(path) << to_text(machine);
  // The mode must not matter any more: the resolved machine implies nothing.
  const config::Machine again = load({path, "", {}, true});
  EXPECT_TRUE(MessageDifferencer::Equals(machine, again));
  EXPECT_EQ(to_text(machine), to_text(again));
}

INSTANTIATE_TEST_SUITE_P(All, ShippedMachine,
                         testing::Values("inference_16x16", "inference_32x32", "inference_64x64", "inference_128x128",
                                         "training_16x16", "training_32x32", "training_64x64", "training_128x128"),
                         [](const auto& machine) { return machine.param; });

TEST(Machine, every_shipped_machine_is_tested) {
  EXPECT_THAT(shipped_names(kHardware),
              ElementsAre("inference_128x128", "inference_16x16", "inference_32x32", "inference_64x64",
                          "training_128x128", "training_16x16", "training_32x32", "training_64x64"));
}

TEST(Machine, the_number_format_decides_the_simd_latencies_and_the_machine_may_set_its_own) {
  const auto inference = load({"inference_64x64", "", {}, false}).simd_unit();
  EXPECT_EQ(inference.divide_latency(), 9);
  EXPECT_EQ(inference.exponential_latency(), 3);
  EXPECT_EQ(inference.inverse_sqrt_latency(), 13);
  const auto training = load({"training_64x64", "", {"simd_unit.divide_latency=7"}, true}).simd_unit();
  EXPECT_EQ(training.divide_latency(), 7);
  EXPECT_EQ(training.inverse_sqrt_latency(), 11);
}

TEST(Machine, the_memory_of_the_command_line_replaces_the_machines_even_when_that_is_described_in_full) {
  const config::Machine machine = load({"inference_64x64", "", {}, false});
  EXPECT_EQ(machine.memory_description().name(), "ddr4_2400");
  EXPECT_EQ(load({"inference_64x64", "hbm2", {}, false}).memory_description().name(), "hbm2");
  const std::string path = testing::TempDir() + "described.textproto";
  std::ofstream(path) << to_text(machine);
  EXPECT_EQ(load({path, "", {}, false}).memory_description().name(), "ddr4_2400");
  EXPECT_EQ(load({path, "hbm2", {}, false}).memory_description().name(), "hbm2");
  EXPECT_EQ(load({path, "", {"memory=hbm2"}, false}).memory_description().name(), "hbm2");
}

TEST(Machine, a_key_of_the_memory_can_be_overridden) {
  EXPECT_EQ(load({"inference_64x64", "ideal", {"memory_description.ideal.latency_ns=7"}, false})
                .memory_description()
                .ideal()
                .latency_ns(),
            7);
}

TEST(Machine, a_memory_is_either_ideal_or_dram) {
  const std::string path = testing::TempDir() + "nothing.textproto";
  std::ofstream(path) << "name: \"nothing\"\n";
  EXPECT_EQ(fault_of({"inference_64x64", path, {}, false}),
            path + ": error: the memory has neither of the groups 'ideal' and 'dram'\n  hint: give exactly one");
  std::ofstream(path) << "ideal { gbytes_per_second: 1 latency_ns: 1 capacity_mbytes: 1 }\n"
                      << to_text(load({"inference_64x64", "ddr4_2400", {}, false}).memory_description());
  EXPECT_EQ(fault_of({"inference_64x64", path, {}, false}),
            path + ":1:1: error: the memory has both of the groups 'ideal' and 'dram'\n  hint: give exactly one");
}

TEST(Machine, buffers_that_do_not_divide_into_banks_are_refused_with_the_sizes_that_do) {
  EXPECT_EQ(fault_of({"inference_64x64", "", {"buffers.wbuf_bits=4194305"}, false}),
            "--set buffers.wbuf_bits=4194305: error: wbuf_bits of 4194305 bits does not divide into 2 halves of 4096 "
            "scratchpads of whole 8-bit words\n  hint: a multiple of 65536 bits does, such as 4194304 or 4259840");
  EXPECT_THAT(fault_of({"inference_64x64", "", {"buffers.vmem_bits=1024"}, false}),
              HasSubstr("the smallest is 2048 bits"));
  EXPECT_THAT(fault_of({"inference_64x64", "", {"buffers.vmem_double_buffered=true", "buffers.vmem_bits=2048"}, false}),
              HasSubstr("the smallest is 4096 bits"));
}

TEST(Machine, a_port_wider_than_a_burst_is_refused_and_one_as_wide_is_not) {
  EXPECT_NO_THROW(load({"inference_64x64", "", {"dma.max_burst_bytes=64"}, false}));
  EXPECT_THAT(fault_of({"inference_64x64", "", {"dma.max_burst_bytes=64", "ports.simd=520"}, false}),
              HasSubstr("port simd moves 65 bytes a cycle, more than a burst of 64 bytes holds"));
}

TEST(Machine, an_unknown_name_lists_the_shipped_ones_with_the_nearest_first) {
  EXPECT_THAT(fault_of({"inference_64x46", "", {}, false}),
              testing::AllOf(HasSubstr("--hw inference_64x46: error: there is no machine named 'inference_64x46'"),
                             HasSubstr("did you mean 'inference_64x64'? shipped: inference_128x128, ")));
}

TEST(Machine, a_file_that_does_not_exist_is_the_environments_fault) {
  EXPECT_THROW(load({"./inference_64x64", "", {}, false}), EnvironmentError);
}

}  // namespace
}  // namespace systole
