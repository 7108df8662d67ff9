#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "configs/machine.pb.h"
#include "isa/block.h"
#include "isa/stream_address.h"
#include "models/analytical/systole/known_blocks.h"
#include "models/analytical/systole/machine_model.h"
#include "models/analytical/systole/program_clock.h"

namespace systole::analytical {

/// Cycles of one program after another, on machines that differ in the sizes of their buffers and the widths of their
/// data ports and in nothing else: the same as analyze(), but what is known of blocks is not found out again.
///
/// One thread uses it at a time; those of several threads may share what they know.
class Sweep {
 public:
  /// `blocks` must outlive the object.
  explicit Sweep(KnownBlocks& blocks) : blocks_(blocks), machine_(blocks.machine()) {}

  /// The next program, on a machine with these ports.
  void begin(const config::Ports& ports);

  /// Its next block, with streams that begin at these addresses. Blocks of the same `form` differ in nothing else;
  /// `block`: one of them, with streams that begin at 0.
  void add(std::size_t form, const isa::Block& block, const isa::StreamAddresses& addresses);

  /// Words of the blocks so far.
  [[nodiscard]] std::int64_t words() const { return words_; }

  /// Cycles of the program, whose instructions lie at this address.
  [[nodiscard]] std::int64_t cycles(std::int64_t instruction_address) const;

  /// What its blocks do together.
  [[nodiscard]] Work work() const;

 private:
  KnownBlocks& blocks_;
  MachineModel machine_;
  std::vector<KnownBlocks::Form*> forms_;  ///< null: not met yet
  std::vector<const KnownBlocks::Timed*> program_;
  std::int64_t words_ = 0;
};

}  // namespace systole::analytical
