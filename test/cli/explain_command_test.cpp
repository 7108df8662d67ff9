#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "test/cli/program_run.h"

namespace systole {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class ExplainCommand : public ProgramTest {
 protected:
  [[nodiscard]] json run(const std::string& arguments) const {
    const Ended ended = systole("run " + arguments + " --json");
    EXPECT_EQ(ended.code, 0) << ended.err;
    return json::parse(ended.out);
  }
  [[nodiscard]] json explained(const std::string& arguments) const {
    const Ended ended = systole("explain " + arguments + " --json");
    EXPECT_EQ(ended.code, 0) << ended.err;
    return json::parse(ended.out);
  }
};

TEST_F(ExplainCommand, advice_gives_the_gain_that_it_promised) {
  for (const std::string options : {"--batch 2 --set ports.ibuf=64", "--no-fusion --layers 'conv*'"}) {
    const std::int64_t before = run("lenet5 --hw inference_16x16 --out r --force " + options)["cycles"];
    const json advice = explained("r")["advice"].front();
    ASSERT_GT(advice["gain"].get<std::int64_t>(), 0);
    const std::string rest = options.substr(0, options.find(" --set"));
    const json after = run("lenet5 --hw ./r/resolved.textproto " + rest + " " + advice["change"].get<std::string>());
    EXPECT_EQ(before - after["cycles"].get<std::int64_t>(), advice["gain"]) << advice;
  }
}

TEST_F(ExplainCommand, waits_and_causes_of_a_layer_add_up_to_its_cycles_and_layers_to_the_run) {
  const json summary = run("squeezenet --out r");
  const json explanation = explained("r");
  std::int64_t all = 0;
  for (const json& layer : explanation["layers"]) {
    std::int64_t waits = 0;
    std::int64_t causes = 0;
    for (const auto& wait : layer["waits"].items()) waits += wait.value().get<std::int64_t>();
    for (const auto& cause : layer["causes"].items()) causes += cause.value().get<std::int64_t>();
    EXPECT_EQ(waits, layer["cycles"]) << layer["name"];
    EXPECT_EQ(causes, layer["cycles"]) << layer["name"];
    all += layer["cycles"].get<std::int64_t>();
  }
  EXPECT_EQ(summary["cycles"], all);
}

TEST_F(ExplainCommand, the_report_shows_the_explanation_of_a_whole_run) {
  ASSERT_EQ(systole("run lenet5 --hw inference_16x16 --quiet --out r").code, 0);
  const std::string before = text_of("r/report.html");
  EXPECT_THAT(before, HasSubstr("id=\"explanation-data\">null</script>"));
  ASSERT_EQ(systole("explain r --quiet --layer conv0").code, 0);
  EXPECT_EQ(text_of("r/report.html"), before);
  const json explanation = explained("r");
  EXPECT_THAT(text_of("r/report.html"), HasSubstr(explanation["advice"].front()["change"].get<std::string>()));
  EXPECT_THAT(text_of("r/report.html"), HasSubstr("\"bound\":\""));
  const std::string after = text_of("r/report.html");
  ASSERT_EQ(systole("explain r --quiet").code, 0);
  EXPECT_EQ(text_of("r/report.html"), after);
  std::ofstream(place / "r/report.html") << "old";
  EXPECT_THAT(systole("explain r --quiet").err, HasSubstr("another version wrote this report"));
}

TEST_F(ExplainCommand, says_the_same_every_time_and_of_one_layer_when_asked) {
  const json summary = run("lenet5 --out r");
  const Ended once = systole("explain r --quiet");
  EXPECT_EQ(once.out, "");
  EXPECT_EQ(systole("explain r").out, systole("explain r").out);
  const std::string layer = summary["layers"][0]["name"];
  const json explanation = explained("r --layer '" + layer + "'");
  EXPECT_EQ(explanation["layers"].size(), 1);
  EXPECT_EQ(explanation["layers"][0]["name"], layer);
}

TEST_F(ExplainCommand, says_what_it_cannot_explain) {
  Ended ended = systole("explain nothing");
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr("nothing/summary.json"));
  const std::string layer = run("lenet5 --out r")["layers"][0]["name"];
  ended = systole("explain r --layer '" + layer + "x'");
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr("did you mean '" + layer + "'?"));
  ended = systole("explain r --network ./moved.onnx");
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr("./moved.onnx"));
  ended = systole("explain r --network squeezenet");
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr("has changed since"));
  std::ofstream(place / "r/summary.json") << "{ torn";
  ended = systole("explain r");
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr("no summary of a run"));
}

}  // namespace
}  // namespace systole
