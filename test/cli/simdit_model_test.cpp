// `analyze --model simdit`: what a user gets, and what it refuses.
#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "test/cli/program_run.h"

namespace systole {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

class SimditModel : public ProgramTest {
 protected:
  /// The published 64x64 training machine.
  static json training_machine() {
    return {{"ARRAY_N", 64},
            {"ARRAY_M", 64},
            {"WGT_DATA_WIDTH", 16},
            {"BIAS_WIDTH", 32},
            {"ACT_DATA_WIDTH", 16},
            {"ACC_WIDTH", 32},
            {"INST_MEM_CAPACITY_BITS", 8192},
            {"WBUF_CAPACITY_BITS", 8388608},
            {"IBUF_CAPACITY_BITS", 4194304},
            {"OBUF_CAPACITY_BITS", 4194304},
            {"BBUF_CAPACITY_BITS", 65536},
            {"INST_MEM_AXI_DATA_WIDTH", 64},
            {"PARAMBUF_AXI_DATA_WIDTH", 512},
            {"IBUF_AXI_DATA_WIDTH", 512},
            {"OBUF_AXI_DATA_WIDTH", 512},
            {"SIMD_AXI_DATA_WIDTH", 512},
            {"SIMD_INST_MEM_ADDR_WIDTH", 8},
            {"SIMD_VMEM_CAPACITY_BITS", 4194304}};
  }

  void write(const json& machine) { std::ofstream(place / "machine.json") << machine.dump(1); }

  std::string refused(const std::string& arguments) {
    const Ended ended = systole("analyze " + arguments);
    EXPECT_EQ(ended.code, 1) << arguments;
    return ended.err;
  }
};

TEST_F(SimditModel, the_published_training_iteration_comes_from_the_graph_alone) {
  write(training_machine());
  const std::string run =
      "analyze resnet50 --model simdit --mode training --batch 32 --no-fusion --hw machine.json --json";
  const json summary = json::parse(systole(run).out);
  EXPECT_EQ(summary["cycles"], 992490382);
  EXPECT_NEAR(summary["cycles_by_kind"]["other"].get<double>() / 992490382, 0.595, 0.0005);
  EXPECT_EQ(summary["mode"], "training");
  EXPECT_EQ(summary["batch"], 32);
  EXPECT_EQ(summary["layers"].size(), 1310U);
}

TEST_F(SimditModel, the_terminal_says_how_much_is_not_convolution_or_gemm) {
  write(training_machine());
  const std::string table = systole(
                                "analyze resnet50 --model simdit --mode training "
                                "--batch 32 --no-fusion --hw machine.json")
                                .out;
  EXPECT_THAT(table, HasSubstr("59.5% other only"));
}

TEST_F(SimditModel, operators_without_a_model_are_listed_with_what_it_would_have_done) {
  const std::string faults = refused("mobilenet_v2 --model simdit --no-fusion");
  EXPECT_THAT(faults, HasSubstr("SimDIT has no model for"));
  EXPECT_THAT(faults, HasSubstr("grouped and depthwise convolutions have no model"));
  EXPECT_THAT(faults, HasSubstr("SimDIT charges it nothing; --allow-unmodelled does the same"));
  const Ended allowed = systole("analyze mobilenet_v2 --model simdit --no-fusion --allow-unmodelled --json");
  ASSERT_EQ(allowed.code, 0) << allowed.err;
  const json summary = json::parse(allowed.out);
  int free = 0;
  for (const json& layer : summary["layers"]) free += layer["cycles"] == 0 ? 1 : 0;
  EXPECT_GE(free, 17);  // the depthwise convolutions
}

TEST_F(SimditModel, a_guard_that_does_not_hold_is_named) {
  const std::pair<const char*, const char*> guards[] = {{"WBUF_CAPACITY_BITS", "guard on WBUF"},
                                                        {"IBUF_CAPACITY_BITS", "guard on IBUF"},
                                                        {"OBUF_CAPACITY_BITS", "guard on OBUF"}};
  for (const auto& [key, name] : guards) {
    json machine = training_machine();
    machine[key] = std::string(key) == "OBUF_CAPACITY_BITS" ? 65536 : 131072;
    write(machine);
    EXPECT_THAT(refused("resnet18 --model simdit --no-fusion --hw machine.json"), HasSubstr(name));
  }
}

TEST_F(SimditModel, a_machine_with_a_missing_or_unknown_key_is_refused_by_the_keys_name) {
  json machine = training_machine();
  machine.erase("ACC_WIDTH");
  write(machine);
  std::string faults = refused("resnet18 --model simdit --hw machine.json");
  EXPECT_THAT(faults, HasSubstr("machine.json"));
  EXPECT_THAT(faults, HasSubstr("ACC_WIDTH"));
  machine = training_machine();
  machine["WBUF_CAPACITY_BYTES"] = 7;
  write(machine);
  faults = refused("resnet18 --model simdit --hw machine.json");
  EXPECT_THAT(faults, HasSubstr("WBUF_CAPACITY_BYTES"));
  EXPECT_THAT(faults, HasSubstr("did you mean"));
}

TEST_F(SimditModel, buffers_that_do_not_divide_into_whole_words_are_refused) {
  json machine = training_machine();
  machine["WBUF_CAPACITY_BITS"] = 8388608 + 8;
  write(machine);
  EXPECT_THAT(refused("resnet18 --model simdit --hw machine.json"),
              HasSubstr("does not divide into 2 halves of 4096 scratchpads"));
}

TEST_F(SimditModel, training_takes_no_other_optimizer) {
  EXPECT_THAT(refused("resnet18 --model simdit --mode training --optimizer adam"), HasSubstr("--optimizer"));
  EXPECT_THAT(refused("lenet5 --model simdit --mode training"), HasSubstr("no model"));
}

TEST_F(SimditModel, the_table_has_a_row_a_layer_and_the_published_columns) {
  const std::string table = systole("analyze resnet18 --model simdit --no-fusion --format simdit-csv").out;
  EXPECT_THAT(table, HasSubstr("Layer name,WBUF access,IBUF access"));
  EXPECT_THAT(table, HasSubstr("\nConvolution,"));
  EXPECT_THAT(table, Not(HasSubstr("MeanIstd")));  // folded for inference
  EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 1 + 49);
}

}  // namespace
}  // namespace systole
