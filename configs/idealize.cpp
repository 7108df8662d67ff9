#include "configs/idealize.h"

#include <cstdint>

namespace systole {

namespace {

constexpr double kNanosecondsOfPicosecond = 1e-3;

/// From a burst's request to its first byte, when its row is open.
double latency_ns(const config::Memory& memory) {
  if (memory.has_ideal()) return memory.ideal().latency_ns();
  const config::DramTiming& t = memory.dram().timing();
  return (t.rl() + t.tdqsck()) * t.clock_ps() * kNanosecondsOfPicosecond;
}

/// Takes writes as the memory in whose place it is.
void set_unlimited(double latency, config::Memory& memory) {
  const bool posts = memory.has_dram() || memory.ideal().posted_writes();
  constexpr std::int64_t kLargestMbytes = 1048576;
  memory.clear_dram();
  memory.mutable_ideal()->set_gbytes_per_second(0);
  memory.mutable_ideal()->set_latency_ns(latency);
  memory.mutable_ideal()->set_posted_writes(posts);
  memory.mutable_ideal()->set_capacity_mbytes(kLargestMbytes);
}

void idealize(const config::Idealization& without, config::Dram& dram) {
  config::DramTiming& t = *dram.mutable_timing();
  if (without.refresh()) dram.mutable_controller()->set_refresh(config::no_refresh);
  if (without.row_misses()) dram.mutable_controller()->set_page_policy(config::ideal_page);
  if (without.bank_groups()) {
    t.set_tccd_l(t.tccd_s());
    t.set_twtr_l(t.twtr_s());
    t.set_trrd_l(t.trrd_s());
  }
  if (without.turnaround()) {
    t.set_twtr_s(1);
    t.set_twtr_l(1);
    t.set_read_to_write(0);
    t.set_trtrs(0);
  }
  if (without.latency()) {
    t.set_rl(1);
    t.set_wl(1);
    t.set_tdqsck(0);
    t.set_tdqss(0);
  }
}

}  // namespace

config::Machine idealized(const config::Machine& machine) {
  const config::Idealization& without = machine.without();
  config::Machine result = machine;
  config::Memory& memory = *result.mutable_memory_description();
  if (without.latency()) {
    result.mutable_interconnect()->set_request_latency(0);
    result.mutable_interconnect()->set_response_latency(0);
    if (memory.has_ideal()) memory.mutable_ideal()->set_latency_ns(0);
  }
  if (memory.has_dram()) idealize(without, *memory.mutable_dram());
  if (without.bus_sharing()) set_unlimited(without.latency() ? 0 : latency_ns(memory), memory);
  if (without.memory()) set_unlimited(0, memory);
  if (without.hazards()) result.mutable_systolic_array()->set_obuf_accumulate_latency(1);
  return result;
}

}  // namespace systole
