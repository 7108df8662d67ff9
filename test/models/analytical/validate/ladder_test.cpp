#include "models/analytical/validate/ladder.h"

#include <gmock/gmock.h>

#include "test/models/analytical/validate/networks.h"

namespace systole::validation {
namespace {

using testing::ElementsAre;

std::vector<std::string> causes(const std::vector<Rung>& rungs) {
  std::vector<std::string> names;
  for (std::size_t i = 1; i < rungs.size(); ++i) names.push_back(rungs[i].cause);
  return names;
}

TEST(Ladder, takes_one_cause_away_a_rung_and_keeps_those_before_away) {
  const std::vector<Rung> rungs = ladder(machine_named("inference_16x16", "ddr4_2400"));
  EXPECT_THAT(causes(rungs), ElementsAre("refresh", "row_misses", "bank_groups", "turnaround", "bus_sharing", "latency",
                                         "transposes", "instruction_fetch", "hazards", "bank_conflicts"));
  const auto& switches = *config::Idealization::descriptor();
  for (std::size_t rung = 0; rung < rungs.size(); ++rung) {
    const config::Idealization& without = rungs[rung].machine.without();
    std::size_t on = 0;
    for (int i = 0; i < switches.field_count(); ++i) on += without.GetReflection()->GetBool(without, switches.field(i));
    EXPECT_EQ(on, rung);
  }
}

TEST(Ladder, has_no_rung_for_what_the_machine_does_not_have) {
  EXPECT_THAT(causes(ladder(machine_named("inference_16x16", "ideal"))),
              ElementsAre("transposes", "instruction_fetch", "hazards", "bank_conflicts"));
  config::Machine machine = machine_named("inference_16x16", "ideal");
  machine.mutable_memory_description()->mutable_ideal()->set_latency_ns(50);
  machine.mutable_without()->set_hazards(true);
  EXPECT_THAT(causes(ladder(machine)), ElementsAre("latency", "transposes", "instruction_fetch", "bank_conflicts"));
}

}  // namespace
}  // namespace systole::validation
