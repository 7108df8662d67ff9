#include "test/models/cycle/dram/scenarios.h"

namespace systole::dram {

namespace {

constexpr std::size_t kRequests = 20000;

/// A map whose lowest bits run through a row: same bank group, row hits.
constexpr const char* kColumnLowest = "row-rank-bank-bankgroup-channel-column";

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
  return all;
}

}  // namespace systole::dram
