#pragma once

#include <functional>
#include <systemc>
#include <vector>

#include "models/cycle/accelerator_clock.h"
#include "models/cycle/failure.h"
#include "models/cycle/memory.h"
#include "models/cycle/running_block.h"

namespace systole {

struct ControllerParameters {
  int half_words = 128;            ///< words in one of the two halves of the instruction memory, at least 1
  int decode_words_per_cycle = 1;  ///< 1..64
  int dispatch_cycles = 1;         ///< cycles, 0 or more: from the end of a block to the start of the next, decoded one
  bool fetches = true;             ///< false, an idealization: words are there and decoded when they are wanted

  /// Throws InternalError naming the field; the configuration has been checked before.
  void validate() const;
};

/// What the machine runs.
struct MachineProgram {
  std::vector<ProgramBlock> blocks;
  std::int64_t address = 0;  ///< bytes: where the words lie in memory, all blocks one after the other
  std::size_t layers = 0;    ///< layers that the blocks name
};

/// The controller: it decodes the program's words as the fetch engine brings them, starts each block when it is decoded
/// and the one before has finished, and closes the books of a block. Cycle by cycle it models the two halves of the
/// instruction memory, the rate of decoding, the single set of shadow registers and the single SIMD instruction memory.
/// The words' meaning was decoded before the run. Source: isa/manual.md section 5, models/cycle/timing.md section 2.
class Controller : public sc_core::sc_module {
 public:
  /// `fetching` is the block of the instruction port's engine: one stream that fills the halves.
  Controller(const sc_core::sc_module_name& name, const ControllerParameters& parameters, const AcceleratorClock& clock,
             const MachineProgram& program, RunningBlock& running, RunningBlock& fetching, Ledger& ledger,
             const Memory& memory, Failure& failure);

  [[nodiscard]] UnitAccount& account() { return account_; }

  /// Called when a block begins and when it ends, before its first cycle and after its last.
  using BlockHook = std::function<void(const BlockSpan& block, bool begins)>;
  void on_block(BlockHook hook) { hook_ = std::move(hook); }

  /// The block that runs or ran last.
  [[nodiscard]] const BlockSpan& block() const { return span_; }

  /// The program has ended; the kernel is paused in that cycle.
  [[nodiscard]] bool finished() const { return finished_; }

  /// What it does and waits for, a line, for a deadlock report.
  void dump(std::ostream& out) const;

 private:
  void run();
  void close_block();

  void decode(const ProgramBlock& block);
  void tell(std::int64_t words, int per_cycle) const;
  void decode_all_words(const ProgramBlock& block);
  void decode_words(std::int64_t count);
  void wait_for_half();
  void wait_for_simd_memory();
  void wait_for_units();
  void dispatch(const ProgramBlock& block);
  void pass_cycles(Cycles cycles);
  void count(const ProgramBlock& block);

  ControllerParameters parameters_;
  AcceleratorClock clock_;
  const MachineProgram& program_;
  RunningBlock& running_;
  RunningBlock& fetching_;
  Ledger& ledger_;
  const Memory& memory_;
  Failure& failure_;
  UnitAccount account_{Unit::controller};
  ProgramBlock fetch_;           ///< the program's words as a stream
  std::int64_t words_left_ = 0;  ///< of the program, not decoded
  std::int64_t half_left_ = 0;   ///< of the half that is being decoded
  std::int64_t words_decoded_ = 0;
  std::int64_t block_begins_ = 0;  ///< words decoded before the block
  int decoding_ = -1;              ///< block
  std::size_t next_block_ = 0;
  BlockSpan span_;
  BlockHook hook_;
  bool open_ = false;
  bool finished_ = false;
};

}  // namespace systole
