#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/units.h"
#include "traces/memory_counters.h"

/// What a run found out: the data behind summary.json, layers.csv, report.html and the terminal table. Every engine
/// fills this and every writer reads it, so a number has one place. Whatever an engine does not model stays empty and
/// is left out of the files. docs/results.md has the meaning and the unit of every key.
namespace systole {

/// Values by name in the order in which they are written.
template <typename Value>
using Named = std::vector<std::pair<std::string, Value>>;

enum class Engine { cycle, analytical };
enum class Phase { forward, grad_data, grad_weight, grad, update };
enum class LayerUnit { systolic_array, simd_unit, none };

const char* name_of(Engine engine);
const char* name_of(Phase phase);
const char* name_of(LayerUnit unit);

/// Every cycle of a unit: busy + idle + sum(stalls) == cycles of the run.
struct UnitCycles {
  Cycles busy;
  Cycles idle;
  Named<Cycles> stalls;  ///< by reason (models/cycle/timing.md, section 7)
};

/// Cycles in which only convolution or GEMM work, only other work, or both were in flight; they sum to the run's
/// cycles.
struct CyclesByKind {
  Cycles conv_gemm;
  Cycles other;
  Cycles overlap;
};

struct SramTraffic {
  Bytes read;
  Bytes write;
  std::optional<std::int64_t> conflicts;  ///< accesses that waited for a port of their bank
};

struct DramTraffic {
  Bytes read;
  Bytes write;
  std::optional<MemoryCounters>
      counters;                   ///< commands and row outcomes; only an engine with a DRAM controller has them
  double peak_bytes_per_s = 0.0;  ///< what the data buses of all channels can carry; 0: unlimited (ideal memory)
};

/// What the memory did in the blocks that a layer leads, each from the end of the block before; layers fused into it
/// are in it. The layers' sum is the run's.
struct LayerMemory {
  Cycles cycles;  ///< length of the blocks
  MemoryCounters counters;
};

struct LayerResult {
  std::int64_t index = 0;
  std::string name;  ///< the ONNX node's
  std::string op;    ///< its operator
  Phase phase = Phase::forward;
  LayerUnit unit = LayerUnit::none;  ///< none: the operator needed no work
  std::string fused_into;            ///< name of the layer whose tiles it shares; empty: it runs on its own
  std::string note;                  ///< why it costs nothing, or what is special about it; mostly empty

  std::optional<Cycles> start;  ///< its first instruction issues
  std::optional<Cycles> end;    ///< its last result is in place
  Cycles cycles;                ///< end - start where there are both
  Cycles compute_cycles;        ///< of these, `unit` was busy with it
  std::optional<Cycles> stall_cycles;
  Named<Cycles> stalls;  ///< stall_cycles by reason

  Macs macs;
  std::int64_t ops = 0;  ///< operations of SIMD lanes, padding lanes not counted
  Bytes dram_read;
  Bytes dram_write;
  std::optional<LayerMemory> memory;
  Named<Bytes> sram_read;
  Named<Bytes> sram_write;
  Named<Picojoules> energy;  ///< by component; empty: not priced
};

/// What the program takes up in off-chip memory.
struct Footprint {
  Bytes peak;       ///< from the first address to the end of the last region
  Bytes states;     ///< what outlives an iteration: weights in training, moments, running statistics
  Bytes constants;  ///< weights in inference
  Bytes instructions;
};

struct RunResult {
  Engine engine = Engine::cycle;
  std::string model;     ///< the network's name
  std::string hardware;  ///< the machine's name
  std::string memory;    ///< the off-chip memory's name
  std::string mode = "inference";
  std::int64_t batch = 1;
  std::vector<std::string> arguments;  ///< MODEL and options that chose the program; empty: not recorded
  double clock_hz = 0.0;
  std::int64_t rows = 0;     ///< of the systolic array
  std::int64_t columns = 0;  ///< of the systolic array, and lanes of the SIMD unit

  Cycles cycles;
  Macs macs;
  std::optional<CyclesByKind> cycles_by_kind;
  DramTraffic dram;
  std::optional<Footprint> footprint;
  Named<SramTraffic> sram;
  Named<UnitCycles> units;
  Named<Picojoules> energy;  ///< by component; empty: not priced
  std::vector<LayerResult> layers;

  [[nodiscard]] double seconds() const;      ///< cycles / clock_hz
  [[nodiscard]] double utilization() const;  ///< macs / (rows * columns * cycles); 0 for an empty run
  [[nodiscard]] double average_power_w() const;
  [[nodiscard]] double bandwidth_bytes_per_s() const;  ///< DRAM bytes, both ways, over the run's time
};

Picojoules total(const Named<Picojoules>& energy);
Cycles total(const Named<Cycles>& cycles);

}  // namespace systole
