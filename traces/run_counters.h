#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "base/units.h"
#include "traces/event_counts.h"
#include "traces/memory_counters.h"

/// What leaves a run of the cycle-level machine: integers only, by unit, by layer and by block. Reports and energy are
/// made from it and from nothing else of the machine. Times are accelerator cycles since the start of the run.
namespace systole {

enum class Unit : std::size_t {
  systolic_array,
  simd_unit,
  dma_parambuf,
  dma_ibuf,
  dma_obuf,
  dma_simd,
  dma_instruction,
  controller,
  dram
};
constexpr std::size_t kUnits = 9;
constexpr std::array<const char*, kUnits> kUnitNames = {"systolic_array",  "simd_unit",  "dma_parambuf",
                                                        "dma_ibuf",        "dma_obuf",   "dma_simd",
                                                        "dma_instruction", "controller", "dram"};

/// Why a unit with work to do did not work (models/cycle/timing.md, section 7).
enum class Stall : std::size_t {
  obuf_hazard,    ///< array: an accumulation waited for the one before it on the same word
  wbuf_load,      ///< array: weights not there yet
  bbuf_load,      ///< array: bias not there yet
  ibuf_load,      ///< array: ifmap not there yet
  psum_load,      ///< array: partial sums not there yet
  obuf_drain,     ///< array: no free OBUF slot
  hazard,         ///< SIMD: result of an earlier instruction not written yet
  bank_conflict,  ///< SIMD: read port of a bank taken
  vmem_load,      ///< SIMD: operands not there yet
  vmem_store,     ///< SIMD: no free slot for results
  obuf_wait,      ///< SIMD: the array has not finished
  setup,          ///< DMA: the walker's first address
  memory,         ///< DMA: bursts on their way or not accepted
  slot,           ///< DMA: no free slot to load into, no filled one to store
  fetch,          ///< controller: instruction words not there
  simd_memory,    ///< controller: SIMD instruction memory in use
  units,          ///< controller: the block is running
  // Of layers only; they complete the layer's cycles (see LayerCounters).
  shared,  ///< the layer's unit worked for another layer of the same block
  drain,   ///< the unit had done its part, the layer's transfers had not
  gap      ///< between two blocks of the layer
};
constexpr std::size_t kStalls = 20;
constexpr std::array<const char*, kStalls> kStallNames = {
    "obuf_hazard",   "wbuf_load",   "bbuf_load",  "ibuf_load", "psum_load", "obuf_drain", "hazard",
    "bank_conflict", "vmem_load",   "vmem_store", "obuf_wait", "setup",     "memory",     "slot",
    "fetch",         "simd_memory", "units",      "shared",    "drain",     "gap"};

/// Cycles by reason, indexed by Stall.
class StallCycles {
 public:
  Cycles& operator[](Stall reason) { return cycles_[static_cast<std::size_t>(reason)]; }
  Cycles operator[](Stall reason) const { return cycles_[static_cast<std::size_t>(reason)]; }
  [[nodiscard]] Cycles total() const;

 private:
  std::array<Cycles, kStalls> cycles_{};
};

/// The reasons a unit can have, in the order of reports; the others are 0 in its StallCycles.
const std::vector<Stall>& stalls_of(Unit unit);

/// Every cycle of a unit: busy + idle + stalls.total() is the length of the run.
struct UnitTime {
  Cycles busy;
  Cycles idle;
  StallCycles stalls;
  [[nodiscard]] Cycles total() const { return busy + idle + stalls.total(); }
};

/// What one layer did, by the index the program gives it. A layer that never ran (no work of its own) has `ran` false
/// and zeros. end - start == compute + stalls.total(): the cycles in which the layer's unit worked for it, waited for
/// it (reasons of that unit), worked for other layers of the block (`shared`), had finished before the layer's
/// transfers
/// (`drain`; for a layer of transfers alone that is all its time), or the layer was between two of its blocks (`gap`).
struct LayerCounters {
  bool ran = false;
  Cycles start;    ///< its first transfer starts or its unit turns to it
  Cycles end;      ///< its last result is in place: memory has accepted it, or the unit has written it
  Cycles compute;  ///< busy cycles of the array or the SIMD unit for this layer
  StallCycles stalls;
  /// Its part of the run's events. `cycles` is the length of its blocks, each from the end of the block before, and 0
  /// for a layer fused into another's block: so they sum to the length of the run.
  EventCounts events;
  Bytes dram_read;  ///< bytes its transfers asked for; the memory may move more (whole DRAM bursts)
  Bytes dram_write;
};

/// One block of the program.
struct BlockCounters {
  int layer = -1;  ///< the layer that leads it: the array's, else the first nest's, else the first stream's
  Cycles start;    ///< dispatched
  Cycles end;      ///< every unit has finished it
  MemoryCounters
      memory;  ///< from the end of the block before to the end of this one; the last has what was moved later
};

struct RunCounters {
  Cycles cycles;  ///< from the first instruction fetch to the end of the last block
  std::int64_t clock_period_ps = 0;
  std::array<UnitTime, kUnits> units{};
  /// Cycles in which only convolution or GEMM work, only other work, or both were in flight; they sum to `cycles`.
  Cycles conv_gemm;
  Cycles other;
  Cycles overlap;
  EventCounts events;     ///< of the whole run; what no layer owns (fetching instructions) is only here
  MemoryCounters memory;  ///< of the whole run
  double memory_peak_bytes_per_second = 0.0;  ///< 0: unlimited (ideal memory)
  std::int64_t bursts = 0;                    ///< bursts that crossed the interconnect
  std::vector<LayerCounters> layers;          ///< by layer index
  std::vector<BlockCounters> blocks;          ///< in program order

  [[nodiscard]] const UnitTime& of(Unit unit) const { return units[static_cast<std::size_t>(unit)]; }
};

/// The identities above: every unit's cycles, the kinds and each layer's cycles add up. Throws InternalError with the
/// unit or layer and the values when one does not.
void check_identities(const RunCounters& run);

}  // namespace systole
