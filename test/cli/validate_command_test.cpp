#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "test/cli/program_run.h"

namespace systole {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class ValidateCommand : public ProgramTest {
 protected:
  json validated(const std::string& arguments) {
    const Ended ended = systole("validate " + arguments + " --json");
    EXPECT_EQ(ended.code, 0) << ended.err;
    return json::parse(ended.out);
  }
};

void expect_exact_sums(const json& validation) {
  double cycle = 0;
  double analytical = 0;
  double errors = 0;
  for (const json& layer : validation["layers"]) {
    ASSERT_TRUE(layer["cycle"].is_number_integer());
    double causes = 0;
    for (const auto& cause : layer["causes"].items()) causes += cause.value().get<double>();
    EXPECT_EQ(causes, layer["cycle"].get<double>() - layer["analytical"].get<double>()) << layer["name"];
    cycle += layer["cycle"].get<double>();
    analytical += layer["analytical"].get<double>();
    errors += std::abs(layer["error"].get<double>());
  }
  EXPECT_EQ(validation["cycle"].get<double>(), cycle);
  EXPECT_EQ(validation["analytical"].get<double>(), analytical);
  EXPECT_DOUBLE_EQ(validation["mean_absolute_error"].get<double>(),
                   errors / static_cast<double>(validation["layers"].size()));
  EXPECT_DOUBLE_EQ(validation["total_error"].get<double>(), (analytical - cycle) / cycle);
}

struct Case {
  const char* network;
  const char* machine;
  const char* memory;
  const char* model;
};

class EveryKindOfRun : public ValidateCommand, public testing::WithParamInterface<Case> {};

TEST_P(EveryKindOfRun, causes_add_up_to_the_difference_and_totals_are_those_of_run_and_analyze) {
  const Case& c = GetParam();
  const std::string model = std::string("simdit") == c.model ? " --model simdit --no-fusion" : "";
  const std::string what = std::string(c.network) + " --hw " + c.machine + " --dram " + c.memory;
  const json validation = validated(what + model);
  expect_exact_sums(validation);
  const std::string fusion = model.empty() ? "" : " --no-fusion";
  EXPECT_EQ(validation["cycle"], json::parse(systole("run " + what + fusion + " --json").out)["cycles"]);
  EXPECT_NEAR(validation["analytical"].get<double>(),
              json::parse(systole("analyze " + what + model + " --json").out)["cycles"].get<double>(), 1);
}

INSTANTIATE_TEST_SUITE_P(All, EveryKindOfRun,
                         testing::Values(Case{"lenet5", "inference_16x16", "ddr4_2400", "systole"},
                                         Case{"lenet5", "inference_64x64", "ideal", "systole"},
                                         Case{"squeezenet", "inference_64x64", "hbm2", "systole"},
                                         Case{"mobilenet_v2", "inference_128x128", "lpddr4_3200", "systole"},
                                         Case{"resnet18", "inference_64x64", "ddr4_2400", "simdit"},
                                         Case{"resnet18", "inference_32x32", "ideal", "simdit"},
                                         Case{"alexnet", "inference_128x128", "hbm2", "simdit"}),
                         [](const auto& each) {
                           return std::string(each.param.network) + "_" + each.param.machine + "_" + each.param.memory +
                                  "_" + each.param.model;
                         });

TEST_F(ValidateCommand, writes_the_same_results_every_time) {
  for (const char* folder : {"one", "two"}) {
    ASSERT_EQ(systole(std::string("validate lenet5 --out ") + folder).code, 0);
  }
  for (const char* file : {"validation.json", "report.html", "resolved.textproto"}) {
    EXPECT_FALSE(text_of(std::string("one/") + file).empty());
    EXPECT_EQ(text_of(std::string("one/") + file), text_of(std::string("two/") + file));
  }
}

TEST_F(ValidateCommand, the_report_has_its_pictures_and_every_layer) {
  ASSERT_EQ(systole("validate lenet5 --out results").code, 0);
  const std::string page = text_of("results/report.html");
  for (const char* picture : {"id='scatter'", "id='errors'", "id='causes'"}) EXPECT_THAT(page, HasSubstr(picture));
  const json validation = json::parse(text_of("results/validation.json"));
  ASSERT_FALSE(validation["layers"].empty());
  for (const json& layer : validation["layers"]) {
    EXPECT_THAT(page, HasSubstr("<td class='text'>" + layer["name"].get<std::string>() + "</td>"));
  }
}

TEST_F(ValidateCommand, the_published_models_faults_are_causes) {
  const json causes = validated("resnet18 --model simdit --no-fusion")["causes"];
  for (const char* fault : {"fractional_tiles", "slot_counts", "padded_channels"}) {
    ASSERT_TRUE(causes.contains(fault));
    EXPECT_NE(causes[fault].get<double>(), 0) << fault;
  }
}

TEST_F(ValidateCommand, compares_the_published_models_training_and_charges_what_it_leaves_free) {
  const json validation =
      validated("resnet18 --model simdit --mode training --batch 2 --hw training_64x64 --no-fusion");
  expect_exact_sums(validation);
  for (const char* free : {"transposes", "free_loss", "free_layers"}) {
    EXPECT_GT(validation["causes"][free].get<double>(), 0) << free;
  }
  for (const json& layer : validation["layers"]) {
    const bool loss = layer["name"].get<std::string>().rfind("loss/", 0) == 0;
    EXPECT_EQ(layer["causes"]["free_loss"].get<double>() > 0, loss) << layer["name"];
    EXPECT_FALSE(loss && layer["causes"]["free_layers"].get<double>() != 0) << layer["name"];
  }
  int gradients = 0;
  for (const json& layer : validation["layers"]) {
    const std::string name = layer["name"];
    if (name.find("/grad_weight") == std::string::npos) continue;
    ++gradients;
    EXPECT_GT(layer["analytical"].get<double>(), 0) << name;
  }
  EXPECT_GT(gradients, 20);
}

TEST_F(ValidateCommand, a_copy_that_the_published_model_leaves_free_is_a_cause_of_its_own) {
  const json validation = validated(
      "lenet5 --model simdit --allow-unmodelled --mode training --hw training_16x16 --dram ideal --no-fusion");
  expect_exact_sums(validation);
  for (const json& layer : validation["layers"]) {
    EXPECT_EQ(layer["causes"]["free_copies"].get<double>() > 0, layer["op"] == "Flatten") << layer["name"];
  }
}

TEST_F(ValidateCommand, the_corrected_model_knows_what_transposes_of_an_iteration_cost) {
  const std::string what = "lenet5 --mode training --batch 4 --hw training_16x16 --dram ideal";
  const json validation = validated(what);
  expect_exact_sums(validation);
  EXPECT_LT(std::abs(validation["total_error"].get<double>()), 0.005);
  const std::string run = "run " + what + " --json --set without.transposes=";
  const double with = json::parse(systole(run + "false").out)["cycles"].get<double>();
  const double without = json::parse(systole(run + "true").out)["cycles"].get<double>();
  ASSERT_GT(with - without, 1000);
  EXPECT_LT(std::abs(validation["causes"]["transposes"].get<double>()), 0.01 * (with - without));
}

TEST_F(ValidateCommand, with_the_ideal_memory_the_corrected_model_is_exact_but_for_the_model_itself) {
  const json validation = validated("lenet5 --dram ideal");
  EXPECT_LT(std::abs(validation["total_error"].get<double>()), 0.005);
}

TEST_F(ValidateCommand, says_what_it_cannot_compare) {
  Ended ended = systole("validate mobilenet_v2 --model simdit");
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr("--allow-unmodelled"));
  ended = systole("validate lenet5 --model simdti");
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr("systole or simdit"));
  ended = systole("validate lenet5 --allow-unmodelled");
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr("--model simdit"));
  ASSERT_EQ(systole("compile lenet5 -o program").code, 0);
  EXPECT_EQ(systole("validate program").code, 0);
  ended = systole("validate program --model simdit");
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr("compiled program already"));
}

TEST_F(ValidateCommand, a_process_that_cannot_be_started_is_the_environments_fault) {
  EXPECT_EQ(systole("validate lenet5", "ulimit -n 5;").code, 2);
}

}  // namespace
}  // namespace systole
