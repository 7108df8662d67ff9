#include "traces/instructions/last_instructions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace systole::trace {
namespace {

using ::testing::ElementsAre;

std::vector<std::int64_t> issues_of(const LastInstructions& last) {
  std::vector<std::int64_t> issues;
  for (const Instruction& one : last.instructions()) issues.push_back(one.issue());
  return issues;
}

void tell(LastInstructions& last, const std::vector<std::int64_t>& issues) {
  for (const std::int64_t issue : issues) {
    Instruction instruction;
    instruction.set_issue(issue);
    last.add(instruction);
  }
}

TEST(LastInstructions, AreInTheOrderOfTheirIssueWhateverTheOrderInWhichTheyAreTold) {
  LastInstructions last(3, 1000);
  tell(last, {50, 10, 40, 20, 30});
  EXPECT_THAT(issues_of(last), ElementsAre(30, 40, 50));
}

TEST(LastInstructions, ThoseToComeAreNoneOfThem) {
  LastInstructions last(3, 30);
  tell(last, {10, 30, 31, 20, 40});
  EXPECT_THAT(issues_of(last), ElementsAre(10, 20, 30));
}

}  // namespace
}  // namespace systole::trace
