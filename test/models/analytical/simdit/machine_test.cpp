#include "models/analytical/simdit/machine.h"

#include <gmock/gmock.h>

namespace systole::simdit {
namespace {

/// Every buffer as small as its guard allows.
Machine smallest() {
  Machine m;
  m.rows = 16;
  m.columns = 32;
  m.weight_bits = 8;
  m.activation_bits = 8;
  m.bias_bits = 32;
  m.accumulator_bits = 32;
  m.wbuf = 2 * 16 * 32 * 9 * 8;
  m.ibuf = 2 * 16 * 15 * 15 * 8;
  m.obuf_half = 32 * 49 * 32;
  m.bbuf = 2 * 32 * 32;
  return m;
}

TEST(SimditMachine, each_guard_holds_at_its_bound_and_is_named_below_it) {
  EXPECT_FALSE(violated_guard(smallest()).has_value());
  const std::pair<std::int64_t Machine::*, const char*> guards[] = {{&Machine::wbuf, "guard on WBUF"},
                                                                    {&Machine::ibuf, "guard on IBUF"},
                                                                    {&Machine::obuf_half, "guard on OBUF"},
                                                                    {&Machine::bbuf, "guard on BBUF"}};
  for (const auto& [buffer, name] : guards) {
    Machine m = smallest();
    m.*buffer -= 1;
    EXPECT_THAT(violated_guard(m).value_or(""), testing::HasSubstr(name));
  }
}

}  // namespace
}  // namespace systole::simdit
