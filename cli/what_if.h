#pragma once

#include <optional>
#include <string>
#include <vector>

#include "configs/machine.pb.h"
#include "kernels/tiling/search.h"

namespace systole {

/// One change of a run: a field of the machine, its memory, or the tiling rule. Nothing set: the run as it was.
struct Change {
  std::string override_;             ///< PATH=VALUE of --set
  std::string memory;                ///< of --dram
  std::optional<TilingRule> tiling;  ///< of --tiling
  std::string text;                  ///< in words
  std::string cause;                 ///< switch of the machine's `without`; empty: the change can be built
};

/// What to give to `systole run` for it.
std::string option_of(const Change& change);

/// What `systole explain` tries on this machine: twice the width of each port, twice each buffer, double-buffered VMEM,
/// twice the bursts in flight, twice the rows or columns, the other tiling rule, the other shipped memories; and each
/// switch of `without` that is not set, alone.
std::vector<Change> changes_of(const config::Machine& machine, std::optional<TilingRule> tiling);

}  // namespace systole
