#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "isa/block.h"

namespace systole::analytical {

/// A word that an instruction reads or writes. Regions are address spaces apart.
struct Operand {
  int region = 0;
  int space = 0;  ///< memory with one read port a bank; kFreePorts: any number of reads at once
  std::int64_t address = 0;
  std::array<std::int64_t, isa::kMaxArrayLoops> stride{};  ///< words, by loop
};
constexpr int kFreePorts = -1;

struct Instruction {
  std::int64_t latency = 1;  ///< cycles in the execute stage
  std::int64_t delay = 3;    ///< from issue until the result can be read
  int reads = 0;
  std::array<Operand, 3> read{};
  Operand write;
  std::uint32_t no_reads_while_first = 0;  ///< it reads nothing while these loops are all in their first iteration
};

/// Cycles of issue by cause.
struct IssueTime {
  double busy = 0;
  double hazard = 0;
  double conflict = 0;
  [[nodiscard]] double total() const { return busy + hazard + conflict; }
};

/// How long the front of an in-order pipeline without forwarding takes for loop nests (models/cycle/timing.md, sections
/// 5 and 6). Iterations of a loop soon cost the same: only the first few of each loop are walked, the rest is
/// multiplied.
class IssueModel {
 public:
  /// Nests that follow each other in a tile see the words that the ones before have not written yet.
  IssueTime run(const std::vector<std::int64_t>& trips, const std::vector<Instruction>& body);

 private:
  struct Write {
    int region;
    std::int64_t address;
    double ready;
    std::size_t instruction;  ///< of the present nest
  };

  void sweep(std::size_t loop);
  void issue(std::size_t index);
  [[nodiscard]] double when_ready(const Operand& operand) const;
  void move(std::size_t loop, std::int64_t iterations);
  void skip(std::size_t loop, std::int64_t iterations, const IssueTime& one);

  const std::vector<std::int64_t>* trips_ = nullptr;
  std::vector<Instruction> body_;
  std::vector<std::int64_t> conflicts_;  ///< by instruction
  std::uint32_t beyond_first_ = 0;
  double now_ = 0;
  double longest_delay_ = 0;
  IssueTime time_;
  std::vector<Write> pending_;
};

}  // namespace systole::analytical
