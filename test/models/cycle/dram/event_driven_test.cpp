// Jumping to the next clock at which something becomes legal gives the commands of deciding clock by clock.
#include <gtest/gtest.h>

#include "test/models/cycle/dram/clockwise_channel.h"
#include "test/models/cycle/dram/recorder.h"
#include "test/models/cycle/dram/shipped.h"
#include "test/models/cycle/dram/traffic.h"

namespace systole::dram {
namespace {

struct Asked {
  Request request;
  Direction direction = Direction::read;
  Clock clock = 0;
};

/// Random bursts for one channel: few rows, so that hits, conflicts and hazards are frequent; some cover a part of the
/// burst; lulls in between.
std::vector<Asked> ask(const Geometry& g, std::uint64_t seed, std::size_t count) {
  Traffic random(seed);
  std::vector<Asked> all;
  Clock clock = 0;
  const auto below = [&](int bound) { return static_cast<int>(random.below(static_cast<std::uint64_t>(bound))); };
  for (std::size_t i = 0; i < count; ++i) {
    const bool dense = i % 2000 < 1000;  // queues full, then a trickle
    if (!dense) clock += below(60);
    if (below(500) == 0) clock += below(40000);
    const bool part = below(10) == 0;
    const auto bytes = static_cast<std::uint16_t>(g.burst_bytes);
    const Request request{
        {0, below(g.banks()), below(4), below(8)}, i, 0, part ? static_cast<std::uint16_t>(bytes / 2) : bytes};
    all.push_back({request, below(100) < 40 ? Direction::write : Direction::read, clock});
  }
  return all;
}

std::vector<Command> run_by_events(const ChannelConfig& config, const std::vector<Asked>& asked) {
  Recorder recorder;
  Channel channel(config, 0, recorder, true);
  Clock clock = 0;
  for (const Asked& one : asked) {
    clock = std::max(clock, one.clock);
    channel.advance(clock);
    while (!channel.try_push(one.request, one.direction)) {
      const std::int64_t served = channel.served();
      while (channel.served() == served) channel.advance(channel.next_event() + 1);
      clock = channel.now();
    }
    ++clock;
  }
  channel.drain();
  return recorder.commands;
}

std::vector<Command> run_by_clocks(const ChannelConfig& config, const std::vector<Asked>& asked) {
  ClockwiseChannel channel(config);
  std::size_t next = 0;
  while (next < asked.size() || channel.busy()) {
    if (next < asked.size() && asked[next].clock <= channel.now() &&
        channel.try_push(asked[next].request, asked[next].direction))
      ++next;
    channel.step();
  }
  return channel.commands;
}

void expect_same(const std::vector<Command>& events, const std::vector<Command>& clocks, const std::string& what) {
  ASSERT_GT(events.size(), 3000U) << what;
  ASSERT_EQ(events.size(), clocks.size()) << what;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const Command& a = events[i];
    const Command& b = clocks[i];
    ASSERT_TRUE(a.clock == b.clock && a.kind == b.kind && a.bank == b.bank && a.row == b.row && a.column == b.column &&
                a.token == b.token)
        << what << ", command " << i << ": " << name_of(a.kind) << " at " << a.clock << " bank " << a.bank
        << ", clock by clock " << name_of(b.kind) << " at " << b.clock << " bank " << b.bank;
  }
}

class EventDriven : public testing::TestWithParam<const char*> {};

TEST_P(EventDriven, the_commands_are_those_of_deciding_clock_by_clock) {
  struct Variant {
    const char* name;
    config::DramPagePolicy page;
    int ranks;
    int postponed;
    int age_cap;
  };
  const Variant variants[] = {{"as shipped", config::open_page, 1, 0, 2000},
                              {"closed page", config::closed_page, 1, 0, 2000},
                              {"adaptive page, two ranks", config::adaptive_page, 2, 0, 400},
                              {"refresh postponed, short age cap", config::open_page, 1, 8, 60}};
  std::uint64_t seed = 7;
  for (const Variant& variant : variants) {
    for (const config::DramRefresh refresh : {config::all_bank, config::per_bank}) {
      config::Memory memory = shipped(GetParam());
      if (refresh == config::per_bank && !memory.dram().has_per_bank_refresh()) continue;
      config::DramController& controller = *memory.mutable_dram()->mutable_controller();
      controller.set_page_policy(variant.page);
      controller.set_age_cap(variant.age_cap);
      controller.set_max_postponed_refreshes(variant.postponed);
      controller.set_refresh(refresh);
      memory.mutable_dram()->mutable_organization()->set_ranks(variant.ranks);
      const ChannelConfig config = configure(memory).channel;
      const std::vector<Asked> asked = ask(config.geometry, seed++, 4000);
      const std::string what =
          std::string(variant.name) + (refresh == config::per_bank ? ", per-bank refresh" : ", all-bank refresh");
      expect_same(run_by_events(config, asked), run_by_clocks(config, asked), what);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Devices, EventDriven, testing::ValuesIn(kShippedDevices),
                         [](const auto& device) { return std::string(device.param); });

}  // namespace
}  // namespace systole::dram
