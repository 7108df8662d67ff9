// A memory that is looked at only when it says that it must be gives the answers of one that is looked at every clock.
#include "models/cycle/dram/front_end.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "test/models/cycle/dram/shipped.h"
#include "test/models/cycle/dram/traffic.h"

namespace systole::dram {
namespace {

constexpr Clock kEnd = 2000000;  ///< all is done long before

/// A burst of the accelerator, not before a clock.
struct Asked {
  std::uint64_t address = 0;
  std::uint64_t bytes = 64;
  Direction direction = Direction::read;
  Clock clock = 0;
};

/// What is seen from outside: at which clocks bursts have entered, and which one is answered when.
struct Seen {
  std::vector<Clock> entered;
  std::vector<std::pair<std::uint64_t, Clock>> answers;  ///< number of the burst, clock
  DramCounters counters;
};

/// Long and short bursts, aligned or not, over few rows; dense, then sparse; long pauses.
std::vector<Asked> ask(std::uint64_t seed, std::size_t count) {
  Traffic random(seed);
  std::vector<Asked> all;
  Clock clock = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (i % 200 > 120) clock += static_cast<Clock>(random.below(200));
    if (random.below(100) == 0) clock += 20000;
    const std::uint64_t bytes = random.below(3) == 0 ? 1 + random.below(200) : 64 << random.below(5);
    const std::uint64_t address = random.below(random.below(2) == 0 ? 1U << 14 : 1U << 22);
    const std::uint64_t start = address % 4096 + bytes > 4096 ? address & ~std::uint64_t{4095} : address;
    all.push_back({start, bytes, random.below(100) < 40 ? Direction::write : Direction::read, clock});
  }
  return all;
}

/// Sends the bursts, each when the one before has entered; looks at the memory at every clock, or when it is due.
Seen run(const DramConfig& config, const std::vector<Asked>& asked, bool every_clock) {
  FrontEnd memory(config);
  Seen seen;
  std::vector<std::uint64_t> number_of;  // by token
  std::size_t next = 0;
  bool waiting = false;
  Clock now = 0;
  const auto entered = [&] {
    if (!memory.entering()) seen.entered.push_back(memory.entered_at());
    waiting = memory.entering();
  };
  while (next < asked.size() || memory.busy()) {
    if (waiting || every_clock) {
      memory.advance_all(now + 1);
      if (waiting) entered();
    } else {
      for (int channel = 0; channel < config.channels; ++channel) {
        if (memory.due(channel) <= now) memory.advance(channel, now + 1);
      }
    }
    while (memory.answers() && memory.next_answer().clock <= now) {
      EXPECT_EQ(memory.next_answer().clock, now) << "found too late";
      seen.answers.emplace_back(number_of[memory.next_answer().token], now);
      memory.take_answer();
    }
    if (!waiting && next < asked.size() && asked[next].clock <= now) {
      const Asked& one = asked[next];
      const FrontEnd::Token token = memory.begin(one.address, one.bytes, one.direction, now + 1);
      if (token >= number_of.size()) number_of.resize(token + 1);
      number_of[token] = next++;
      entered();
    }
    Clock then = now + 1;
    if (!every_clock) {
      then = !waiting && next < asked.size() ? std::max(then, asked[next].clock) : kNever;
      if (memory.answers()) then = std::min(then, memory.next_answer().clock);
      for (int channel = 0; channel < config.channels; ++channel) then = std::min(then, memory.due(channel));
      then = std::max(then, now + 1);
    }
    if (then == kNever) break;  // posted writes are left, which nobody waits for
    now = then;
  }
  memory.advance_all(kEnd);
  seen.counters = memory.counters();
  return seen;
}

class FrontEndTest : public testing::TestWithParam<const char*> {};

TEST_P(FrontEndTest, looking_when_due_sees_what_looking_every_clock_sees) {
  for (const std::uint64_t seed : {3, 4}) {
    const DramConfig config = configure(shipped(GetParam()));
    const std::vector<Asked> asked = ask(seed, 1500);
    const Seen each = run(config, asked, true);
    const Seen due = run(config, asked, false);
    EXPECT_EQ(each.entered, due.entered);
    EXPECT_EQ(each.answers, due.answers);
    EXPECT_EQ(each.answers.size(), asked.size());
    EXPECT_EQ(each.counters.commands, due.counters.commands);
    EXPECT_EQ(each.counters.memory.turnaround_clocks, due.counters.memory.turnaround_clocks);
    EXPECT_EQ(each.counters.memory.refresh_clocks, due.counters.memory.refresh_clocks);
  }
}

INSTANTIATE_TEST_SUITE_P(Devices, FrontEndTest, testing::ValuesIn(kShippedDevices),
                         [](const auto& device) { return std::string(device.param); });

}  // namespace
}  // namespace systole::dram
