#pragma once

#include <cstdint>
#include <vector>

#include "isa/program.pb.h"
#include "models/cycle/machine.h"
#include "models/cycle/simd_timing.h"
#include "traces/instructions/instruction_sink.h"

namespace systole {

/// Watches a whole run and tells `sink` every instruction that the machine executes (docs/trace.md): the words that the
/// controller decodes, the generations that DMA engines move, the tiles of the array, and the SIMD unit's
/// instructions, each as often as it is executed. What the units tell as one span, a tile of the SIMD unit say, is
/// unrolled here; nothing is charged to the run.
class InstructionTracer : public RunObserver {
 public:
  /// `program` is the decoded form of `words`; all must outlive the tracer.
  InstructionTracer(const MachineProgram& program, const isa::Program& words, const MachineParameters& machine,
                    trace::InstructionSink& sink);

  void block_begins(const BlockSpan& block) override;
  void words(const WordSpan& span) override;
  void tile(const TileSpan& span) override;
  void transfer_ends(const TransferSpan& span) override;
  void settled(Cycles until) override { sink_.settle(until.count()); }

 private:
  /// A fresh instruction of the running block.
  trace::Instruction& begin(Unit unit, int layer, std::int64_t tile, Cycles issue, Cycles completion);
  void array_tile(const TileSpan& span);
  void simd_tile(const TileSpan& span);
  void set(trace::Operand& operand, std::uint8_t iterator, const TimedOperand& timed, const TileSpan& span) const;
  void fetch(const TransferSpan& span);
  [[nodiscard]] TileWalker at(const isa::TileIndex& index) const;
  [[nodiscard]] std::int64_t number(const isa::TileIndex& index) const;

  const MachineProgram& program_;
  const isa::Program& words_;
  trace::InstructionSink& sink_;
  std::int64_t lanes_;
  std::int64_t rows_;
  std::int64_t half_words_;
  SimdTiming timing_;
  trace::Instruction instruction_;
  BlockSpan running_;
  const ProgramBlock* block_ = nullptr;
};

}  // namespace systole
