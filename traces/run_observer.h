#pragma once

#include <array>
#include <cstdint>

#include "base/units.h"
#include "traces/run_counters.h"

namespace systole {

/// What a unit does in a cycle, as a number: 0 idle, 1 busy, 2 + Stall a stall. Waveforms and timelines carry it.
using UnitState = int;
constexpr UnitState kIdleState = 0;
constexpr UnitState kBusyState = 1;
constexpr UnitState kFirstStallState = 2;
constexpr UnitState kUnitStates = kFirstStallState + static_cast<int>(kStalls);
constexpr UnitState state_of(Stall reason) {
  return kFirstStallState + static_cast<int>(reason);
}
/// `idle`, `busy`, or the stall's name.
constexpr const char* state_name(UnitState state) {
  if (state == kIdleState) return "idle";
  return state == kBusyState ? "busy" : kStallNames[static_cast<std::size_t>(state - kFirstStallState)];
}

/// The cycles from .. until-1 of a unit. Spans of a unit come in order and without gaps; neighbours may be alike.
struct StateSpan {
  Unit unit;
  UnitState state;
  Cycles from;
  Cycles until;
};

/// A block of the program, numbered from 0.
struct BlockSpan {
  int block = 0;
  int layer = -1;            ///< that leads it; -1: none
  std::int64_t address = 0;  ///< of its first word, in words since the program's first
  std::int64_t words = 0;
  Cycles from;  ///< dispatched
  Cycles until;
};

/// Words of the program that the controller decodes, `per_cycle` in a cycle.
struct WordSpan {
  int block = 0;
  std::int64_t address = 0;  ///< of the first, in words since the program's first
  std::int64_t word = 0;     ///< the same, in words since the block's first
  std::int64_t words = 0;
  int per_cycle = 1;  ///< 0: all of them in no time
  Cycles from;
};

/// The memories whose banks instructions of the SIMD unit may ask for more words than they have read ports.
constexpr std::array<const char*, 3> kConflictMemories = {"obuf", "vmem1", "vmem2"};

/// A tile of the array or the SIMD unit: from the cycle in which it starts to the one after its last.
struct TileSpan {
  Unit unit;
  int layer = -1;
  std::int64_t number = 0;              ///< of the unit's tiles in this block, from 0
  int loops = 0;                        ///< tile loops of the block
  std::array<std::int32_t, 8> index{};  ///< of the tile loops, outermost first
  Cycles arrived;                       ///< the unit began to wait for it
  Cycles from;
  Cycles until;
  std::int64_t word = -1;  ///< of the array: where its instructions begin in the block; -1: not known
  Cycles hazards;          ///< of its cycles, lost to hazards
  std::array<Cycles, kConflictMemories.size()> conflicts{};  ///< lost to conflicts of each memory's banks
  /// Where its operands lie with all loops at 0, elements from the beginning of their buffers. Array: IBUF, WBUF, BBUF,
  /// OBUF. SIMD unit: by iterator; of IMM the slot times the lanes.
  std::array<std::int64_t, 32> places{};
};

/// A generation of a stream that a DMA engine moved.
struct TransferSpan {
  Unit unit;
  bool load = true;
  int stream = 0;
  std::int64_t word = -1;  ///< of its LD_ST in the block; the fetch of instructions has none
  int layer = -1;
  std::int64_t address = 0;  ///< of its first byte off chip
  std::int64_t on_chip = 0;  ///< elements from the beginning of the buffer: where its slot's walk begins
  std::int64_t low = 0;      ///< the bytes that crossed the port are among low .. high-1 off chip
  std::int64_t high = 0;
  std::int64_t bytes = 0;     ///< that crossed the port
  std::int64_t elements = 0;  ///< on chip, filled ones included
  std::int64_t bursts = 0;
  std::array<std::int32_t, 8> index{};  ///< of the tile loops at the tile that it belongs to
  Cycles arrived;                       ///< the sequencer began to wait for a slot
  Cycles from;                          ///< its set-up began
  Cycles until;
};

/// The SIMD unit issues an instruction of its tile.
struct InstructionIssue {
  std::int64_t word = 0;  ///< in the block
  Cycles at;
};

/// A number that changes at a cycle and then stays.
enum class Level {
  slots_filled,  ///< index: stream 0..15, 16: OBUF; generations on chip that no reader has finished
  outstanding,   ///< index: isa::Port; bursts on their way
  waiting,       ///< index: isa::Port; bursts that wait in the interconnect (valid)
  accepted,      ///< index: isa::Port; bursts that the memory has taken so far (valid and ready)
  bus,           ///< index: isa::Port; 1 while the data bus carries a beat
  memory         ///< index 0; bursts at the memory
};
constexpr std::size_t kLevels = 6;
struct LevelChange {
  Level level;
  int index = 0;
  Cycles at;
  std::int64_t value = 0;
};

/// A command of the DRAM controller, by the names of the command trace. Two may fall into one accelerator cycle.
struct DramEvent {
  int channel = 0;
  const char* command = "";  ///< ACT, RD, ..
  int bank = 0;              ///< numbered through the channel; of a command for a whole rank its first one
  int banks = 1;             ///< that it concerns
  int row = -1;              ///< of ACT
  Cycles at;                 ///< the accelerator cycle in which its first clock begins
  std::int64_t clock = 0;    ///< the same in memory clocks
};

/// A row of the DRAM that is open when an observer begins to watch.
struct OpenRowEvent {
  int channel = 0;
  int bank = 0;  ///< numbered through the channel
  int row = 0;
  bool used = false;  ///< a column command has gone to it: the next one is a hit
  Cycles at;
};

/// Watches a run, or a part of it: what units tell while it goes on, for waveforms, timelines and traces. Calls of one
/// kind and one unit come in the order of time; those of different units do not, and some tell of cycles that are still
/// to come. `settled` puts an end to that: everything before its cycle has been told.
class RunObserver {
 public:
  RunObserver() = default;
  RunObserver(const RunObserver&) = delete;
  virtual ~RunObserver() = default;

  virtual void state(const StateSpan& /*span*/) {}
  virtual void block_begins(const BlockSpan& /*block*/) {}  ///< `until` is not known yet
  virtual void block_ends(const BlockSpan& /*block*/) {}
  virtual void words(const WordSpan& /*words*/) {}
  virtual void tile(const TileSpan& /*tile*/) {}
  virtual void instruction(const InstructionIssue& /*issue*/) {}     ///< of the tile told last
  virtual void transfer_begins(const TransferSpan& /*transfer*/) {}  ///< `bytes`, `bursts`, `until` are not known yet
  virtual void transfer_ends(const TransferSpan& /*transfer*/) {}
  virtual void level(const LevelChange& /*change*/) {}
  virtual void dram(const DramEvent& /*event*/) {}
  virtual void open_row(const OpenRowEvent& /*row*/) {}  ///< only after `begins`
  virtual void settled(Cycles /*until*/) {}
  virtual void begins(Cycles /*at*/) {}  ///< next it is told what goes on, since when, and how levels stand
  virtual void stops(Cycles /*at*/) {}   ///< nothing is told from here on, until it begins again
  [[nodiscard]] virtual bool wants_instructions() const { return false; }  ///< `instruction` is called
  [[nodiscard]] virtual bool seen_all() const { return false; }            ///< it need not be told any more
};

}  // namespace systole
