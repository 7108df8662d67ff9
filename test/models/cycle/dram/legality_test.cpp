// Every command of the controller is legal, and every rule is met at its earliest clock somewhere: the checker
// (checker/) shares nothing with the controller.
#include <gtest/gtest.h>

#include <iostream>

#include "test/models/cycle/dram/scenarios.h"

namespace systole::dram {
namespace {

class Legality : public testing::TestWithParam<const char*> {};

/// The least slack that a rule can have. Other rules imply tRPab before an ACT, whatever the device's numbers are: PREA
/// goes only before a REF, which comes tRPab after it at the earliest, and the ACT tRFC after that; so tRFC is left.
std::int64_t least_slack(const std::string& rule, const std::string& device) {
  return rule == "tRPab" ? checker::data_sheet(device).trfc : 0;
}

TEST_P(Legality, no_command_breaks_a_rule_and_each_rule_binds_somewhere) {
  checker::SlackTable all;
  for (const Scenario& scenario : scenarios(GetParam())) {
    const CheckedRun run = run_checked(scenario.memory, scenario.sheet, scenario.requests);
    EXPECT_TRUE(run.slack.legal()) << scenario.name << ": " << run.slack.report();
    EXPECT_EQ(run.service, "") << scenario.name;
    all.merge(run.slack);
  }
  for (const auto& [rule, slack] : all.smallest()) {
    std::cout << GetParam() << ", " << rule << ": smallest slack " << slack << '\n';
    EXPECT_EQ(slack, least_slack(rule, GetParam())) << rule;
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
