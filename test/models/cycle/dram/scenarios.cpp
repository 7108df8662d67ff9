#include "test/models/cycle/dram/scenarios.h"

namespace systole::dram {

namespace {

constexpr std::size_t kRequests = 20000;

/// A map whose lowest bits run through a row: same bank group, row hits.
constexpr const char* kColumnLowest = "row-rank-bank-bankgroup-channel-column";
/// A map that keeps low addresses in one channel.
constexpr const char* kChannelHighest = "channel-row-rank-bank-column-bankgroup";

/// The longest trace: how often it is busy, and from one such time to the next in clocks.
constexpr int kPeriods = 32;
constexpr Clock kPeriod = 500000;

config::Memory with_map(config::Memory memory, const char* fields) {
  memory.mutable_dram()->mutable_address_map()->set_fields(fields);
  memory.mutable_dram()->mutable_address_map()->clear_xor_();
  return memory;
}

config::Memory with_page(config::Memory memory, config::DramPagePolicy page) {
  memory.mutable_dram()->mutable_controller()->set_page_policy(page);
  return memory;
}

config::Memory with_refresh(config::Memory memory, config::DramRefresh refresh, int postponed) {
  memory.mutable_dram()->mutable_controller()->set_refresh(refresh);
  memory.mutable_dram()->mutable_controller()->set_max_postponed_refreshes(postponed);
  return memory;
}

config::Memory with_ranks(config::Memory memory, int ranks) {
  memory.mutable_dram()->mutable_organization()->set_ranks(ranks);
  return memory;
}

}  // namespace

std::vector<Scenario> scenarios(const std::string& device) {
  const config::Memory plain = shipped(device);
  const config::DramRefresh own = plain.dram().controller().refresh();
  Traffic traffic(1);
  const std::vector<TraceRequest> random = traffic.make({kRequests, 1U << 30, 30});
  const std::vector<TraceRequest> local = traffic.make({kRequests, 1U << 24, 40, 70, 20});
  const std::vector<TraceRequest> hazards = traffic.make({kRequests, 1U << 12, 50, 0, 8});
  const std::vector<TraceRequest> bursty = traffic.make({kRequests, 1U << 26, 30, 50, 4, 1, 3000});
  const std::vector<TraceRequest> sparse = traffic.make({kRequests, 1U << 30, 30, 30, 200});

  // Busy for more than 9 tREFI, idle long enough to catch up, and again.
  std::vector<TraceRequest> busy_idle = random;
  for (TraceRequest request : random) {
    request.clock += 2000000;
    busy_idle.push_back(request);
  }

  // Again and again idle, all refreshes done, then one channel busy for more than 9 tREFI; some ACT then goes a clock
  // before the banks must be closed, and REF at the last clock that is allowed.
  std::vector<TraceRequest> nine_intervals;
  for (int period = 0; period < kPeriods; ++period) {
    for (TraceRequest request : traffic.make({kRequests, 1U << 26, 30})) {
      request.clock += period * (kPeriod + 5);
      nine_intervals.push_back(request);
    }
  }

  std::vector<Scenario> all = {
      {"random", plain, random},
      {"local", plain, local},
      {"hazards", plain, hazards},
      {"bursty", plain, bursty},
      {"sparse", plain, sparse},
      {"stream of reads", plain, stream(kRequests, Direction::read)},
      {"stream of writes", plain, stream(kRequests, Direction::write)},
      {"stream through rows", with_map(plain, kColumnLowest), stream(kRequests, Direction::read)},
      {"local, column lowest", with_map(plain, kColumnLowest), local},
      {"random, closed page", with_page(plain, config::closed_page), random},
      {"sparse, closed page", with_page(plain, config::closed_page), sparse},
      {"local, adaptive page", with_page(plain, config::adaptive_page), local},
      {"busy and idle, refresh postponed", with_refresh(plain, own, 8), busy_idle},
      {"bursty, refresh postponed", with_refresh(plain, own, 8), bursty},
      {"random, two ranks", with_ranks(plain, 2), random},
      {"local, two ranks", with_ranks(plain, 2), local},
      {"sparse, two ranks, closed page", with_page(with_ranks(plain, 2), config::closed_page), sparse},
  };
  if (own == config::per_bank) {
    all.push_back({"random, all-bank refresh", with_refresh(plain, config::all_bank, 0), random});
    all.push_back({"sparse, all-bank refresh", with_refresh(plain, config::all_bank, 0), sparse});
    all.push_back({"busy and idle, all-bank refresh postponed", with_refresh(plain, config::all_bank, 8), busy_idle});
  }
  all.push_back({"again and again, all-bank refresh postponed",
                 with_map(with_refresh(plain, config::all_bank, 8), kChannelHighest), nine_intervals});
  for (Scenario& scenario : all) scenario.sheet = device;
  if (device == "lpddr5_6400") {
    config::Memory close = with_refresh(plain, own, 8);
    close.mutable_dram()->mutable_per_bank_refresh()->set_to_refresh(checker::kCloseRefreshes);
    all.push_back({"refreshes close together", close, busy_idle, "lpddr5_close_refreshes"});
  }
  return all;
}

}  // namespace systole::dram
