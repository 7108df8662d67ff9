#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "isa/block.h"

namespace systole {

constexpr int kMemories = 4;    ///< memories with one read port a bank that an instruction may read
constexpr int kManyPorts = -1;  ///< as many read ports as operands

/// A word address that moves with the loops of a nest. Regions are address spaces that do not overlap.
struct TimedOperand {
  int region = 0;
  int memory = 0;  ///< 0..kMemories-1, or kManyPorts
  std::int64_t address = 0;
  std::array<std::int32_t, isa::kMaxArrayLoops> stride{};  ///< words for each iteration, by loop
};

/// One instruction of the body as the pipeline's front sees it.
struct TimedInstruction {
  int occupancy = 1;  ///< the next instruction issues at least so many cycles later
  /// Who reads the word written here issues at least so many cycles later. What it has beyond `occupancy` is the same
  /// for all instructions of a tile: results come in order.
  int result_delay = 3;
  int reads = 0;
  std::array<TimedOperand, 3> read{};
  /// The reads are left out while every loop of this mask (a bit each) is in its first iteration; 0: never left out.
  std::uint32_t first_without_reads = 0;
  TimedOperand write;
};

struct TimedNest {
  std::vector<std::int32_t> trips;  ///< outermost first
  std::vector<TimedInstruction> body;
};

/// Cycles of issue by cause.
struct NestTime {
  std::int64_t busy = 0;                           ///< instructions issue and occupy
  std::int64_t hazard = 0;                         ///< an operand was not written yet
  std::array<std::int64_t, kMemories> conflict{};  ///< a read port of this memory was taken: a word read late
  [[nodiscard]] std::int64_t conflicts() const;
  [[nodiscard]] std::int64_t total() const { return busy + hazard + conflicts(); }

  /// Adds what has come since `before`, `times` over.
  void repeat_since(const NestTime& before, std::int64_t times);
};

/// How long an in-order pipeline without forwarding takes to issue loop nests one after the other. It is exact to the
/// instruction, as if each were stepped, but a loop ends early: when an iteration leaves the same words pending,
/// relative to where the loop moves them, as the one before, all its further iterations cost the same. That holds only
/// for a loop that moves all operands of a written region alike; others are stepped to their end. It does not know
/// data, lanes or fill and drain.
class NestTimer {
 public:
  /// A new tile: nothing is pending.
  void reset();

  NestTime run(const TimedNest& nest);

  /// An instruction as it issues: its number in the body, the operands' addresses in this iteration, the loops that are
  /// in their last iteration (a bit each), the cycle of its issue and the first one in which the next may issue,
  /// counted from the beginning of the tile.
  struct Issue {
    std::size_t instruction;
    const TimedInstruction& operands;
    std::uint32_t last;
    std::int64_t at;
    std::int64_t free;
  };
  using Visit = std::function<void(const Issue& issue)>;

  /// The same, and every instruction is told: no iteration is left out.
  NestTime run(const TimedNest& nest, const Visit& visit);

 private:
  struct Pending {
    int region;
    std::int64_t address;
    std::int64_t ready;  ///< first cycle in which the word can be read
  };
  struct Snapshot {
    std::int64_t now;
    NestTime time;
    std::vector<Pending> pending;
  };

  void sweep(std::size_t loop);
  void issue(std::size_t number);
  void move(std::size_t loop, std::int64_t iterations);
  [[nodiscard]] Snapshot snapshot() const;
  [[nodiscard]] bool steady(const Snapshot& before, std::size_t loop) const;
  void repeat(const Snapshot& before, std::size_t loop, std::int64_t times);
  void find_uniform_loops();
  [[nodiscard]] bool moves_alike(std::size_t loop) const;
  [[nodiscard]] std::int64_t ready_at(const TimedOperand& operand) const;
  void forget_written();

  TimedNest nest_;
  std::vector<char> uniform_;        ///< by loop: iterations are translations of one another
  std::uint32_t not_first_ = 0;      ///< loops that are beyond their first iteration
  std::uint32_t first_matters_ = 0;  ///< loops whose first iteration differs from the others
  std::int64_t now_ = 0;
  NestTime time_;
  const Visit* visit_ = nullptr;
  std::uint32_t last_ = 0;        ///< loops that are in their last iteration; known to those who are told
  std::vector<Pending> pending_;  ///< in order of `ready`
};

/// Different words that the reads take from each memory beyond its one port.
std::array<std::int64_t, kMemories> read_conflicts(const TimedInstruction& instruction);

}  // namespace systole
