#pragma once

#include <cstddef>
#include <deque>
#include <iosfwd>
#include <string>
#include <vector>

#include "traces/run_observer.h"

namespace systole {

/// Keeps the last instructions that the machine executed, for a failure report: blocks that were dispatched,
/// generations that DMA engines moved, tiles of the array and the SIMD unit, in the order in which they were issued.
class LastInstructions : public RunObserver {
 public:
  /// `layers` are names, by index.
  LastInstructions(std::size_t most, std::vector<std::string> layers) : most_(most), layers_(std::move(layers)) {}

  void block_begins(const BlockSpan& block) override;
  void block_ends(const BlockSpan& block) override;
  void tile(const TileSpan& tile) override;
  void transfer_begins(const TransferSpan& transfer) override;
  void transfer_ends(const TransferSpan& transfer) override;

  /// A line each: cycle of issue, of completion (`-`: it has not completed by `now`), unit, what, layer.
  void print(std::ostream& out, Cycles now) const;

 private:
  struct Instruction {
    Cycles issued;
    Cycles completes;  ///< before `issued`: not known yet
    std::string unit;
    std::string what;
    int layer = -1;
  };
  void add(Instruction instruction);
  void complete(const std::string& unit, Cycles issued, Cycles until);

  std::size_t most_;
  std::vector<std::string> layers_;
  std::deque<Instruction> last_;  ///< by issue
};

}  // namespace systole
