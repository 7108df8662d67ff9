#include "traces/run_counters.h"

#include "base/errors.h"

namespace systole {

namespace {

std::string difference(const std::string& what, Cycles sum, Cycles whole) {
  return what + ": cycles add up to " + std::to_string(sum.count()) + ", not to " + std::to_string(whole.count());
}

const std::vector<Stall> kArrayStalls = {Stall::obuf_hazard, Stall::wbuf_load, Stall::bbuf_load,
                                         Stall::ibuf_load,   Stall::psum_load, Stall::obuf_drain};
const std::vector<Stall> kSimdStalls = {Stall::hazard, Stall::bank_conflict, Stall::vmem_load, Stall::vmem_store,
                                        Stall::obuf_wait};
const std::vector<Stall> kDmaStalls = {Stall::setup, Stall::memory, Stall::slot};
const std::vector<Stall> kControllerStalls = {Stall::fetch, Stall::simd_memory, Stall::units};
const std::vector<Stall> kNoStalls = {};

}  // namespace

Cycles StallCycles::total() const {
  Cycles sum;
  for (const Cycles cycles : cycles_) sum += cycles;
  return sum;
}

const std::vector<Stall>& stalls_of(Unit unit) {
  switch (unit) {
    case Unit::systolic_array:
      return kArrayStalls;
    case Unit::simd_unit:
      return kSimdStalls;
    case Unit::controller:
      return kControllerStalls;
    case Unit::dram:
      return kNoStalls;
    default:
      return kDmaStalls;
  }
}

void check_identities(const RunCounters& run) {
  for (std::size_t unit = 0; unit < kUnits; ++unit) {
    const Cycles sum = run.units[unit].total();
    check(sum == run.cycles, "accounting", [&] { return difference(kUnitNames[unit], sum, run.cycles); });
  }
  const Cycles kinds = run.conv_gemm + run.other + run.overlap;
  check(kinds == run.cycles, "accounting", [&] { return difference("cycles by kind", kinds, run.cycles); });
  for (std::size_t i = 0; i < run.layers.size(); ++i) {
    const LayerCounters& layer = run.layers[i];
    const Cycles sum = layer.compute + layer.stalls.total();
    check(sum == layer.end - layer.start, "accounting",
          [&] { return difference("layer " + std::to_string(i), sum, layer.end - layer.start); });
  }
}

}  // namespace systole
