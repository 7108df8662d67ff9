// Every command of the controller is legal, and every rule is met at its earliest clock somewhere: the checker
// (checker/) shares nothing with the controller.
#include <gtest/gtest.h>

#include <iostream>

#include "test/models/cycle/dram/scenarios.h"

namespace systole::dram {
namespace {

class Legality : public testing::TestWithParam<const char*> {};

/// Rules that have no earliest clock to be met at, or never bind on the device.
bool cannot_bind(const std::string& rule, const std::string& device) {
  if (rule == "tRPab") return true;                      // PREA is only issued for a refresh, whose tRFC is longer
  if (rule == "refresh not ahead of time") return true;  // the checker's own allowance
  if (rule == "refresh within 9 tREFI") return true;     // an upper bound, met with the worst closing of banks assumed
  return rule == "tRFCpb, REFPB to REFPB" &&
         device == "lpddr5_6400";  // eight others lie between: 8 * tpbR2pbR > tRFCpb
}

TEST_P(Legality, no_command_breaks_a_rule_and_each_rule_binds_somewhere) {
  checker::SlackTable all;
  for (const Scenario& scenario : scenarios(GetParam())) {
    const CheckedRun run = run_checked(scenario.memory, GetParam(), scenario.requests);
    EXPECT_TRUE(run.slack.legal()) << scenario.name << ": " << run.slack.report();
    EXPECT_EQ(run.service, "") << scenario.name;
    all.merge(run.slack);
  }
  for (const auto& [rule, slack] : all.smallest()) {
    std::cout << GetParam() << ", " << rule << ": smallest slack " << slack << '\n';
    if (!cannot_bind(rule, GetParam())) {
      EXPECT_EQ(slack, 0) << rule;
    }
  }
}

TEST_P(Legality, a_million_random_requests_are_legal_and_served_once) {
  Traffic traffic(2);
  const CheckedRun run =
      run_checked(shipped(GetParam()), GetParam(), traffic.make({1000000, std::uint64_t{1} << 30, 33, 25}));
  EXPECT_TRUE(run.slack.legal()) << run.slack.report();
  EXPECT_EQ(run.service, "");
  EXPECT_EQ(run.result.requests, 1000000);
}

INSTANTIATE_TEST_SUITE_P(Devices, Legality, testing::ValuesIn(kShippedDevices),
                         [](const auto& device) { return std::string(device.param); });

}  // namespace
}  // namespace systole::dram
