#pragma once

#include <array>
#include <iosfwd>
#include <memory>
#include <vector>

#include "isa/instruction_places.h"
#include "models/cycle/accounting.h"
#include "models/cycle/slot_ring.h"
#include "models/cycle/values/value_model.h"

namespace systole {

/// One block as the machine takes it: what the registers hold after decoding, and how many words that took.
struct ProgramBlock {
  isa::Block block;
  BlockLayers layers;
  std::int64_t words = 1;       ///< BLOCK_END included
  std::int64_t simd_begin = 0;  ///< [simd_begin, simd_end): words that go to the SIMD instruction memory
  std::int64_t simd_end = 0;
  isa::InstructionPlaces places;  ///< for those who watch
};

/// The block that runs: its registers and the full/empty counters of all its slots. Every unit reads it, takes its
/// gates from it and says when it has done its part; the controller opens the next one when all have. Slots follow
/// isa/manual.md, section 2.
class RunningBlock {
 public:
  /// `units`: how many call finish() for each block.
  explicit RunningBlock(int units) : units_(units) {}

  /// Starts the units with empty slots. The block must outlive its run.
  void open(const ProgramBlock& block);

  /// From the next block on, units report to `values`, which must outlive the run; nullptr: to nobody.
  void carry(ValueModel* values) { values_ = values; }
  [[nodiscard]] ValueModel* values() const { return values_; }

  /// From now on tells how many slots of each stream and of OBUF are filled; nullptr: nobody.
  void watch(RunObserver* observer, const AcceleratorClock& clock);
  void introduce(RunObserver& newcomer) const;  ///< tells how many are

  [[nodiscard]] const isa::Block& program() const { return block_->block; }
  [[nodiscard]] const isa::InstructionPlaces& places() const { return block_->places; }
  [[nodiscard]] const BlockLayers& layers() const { return block_->layers; }
  [[nodiscard]] const sc_core::sc_event& started() const { return started_; }

  void finish();
  [[nodiscard]] bool finished() const { return left_ == 0; }
  [[nodiscard]] const sc_core::sc_event& all_finished() const { return all_finished_; }

  /// The SIMD unit is done with its instructions: the next block's may be written.
  void finish_simd();
  [[nodiscard]] bool simd_finished() const { return simd_finished_; }
  [[nodiscard]] const sc_core::sc_event& simd_done() const { return simd_done_; }

  /// The DMA engine's place at the slots of a stream: filling for a load, draining for a store.
  [[nodiscard]] SlotGate dma_gate(int stream);

  /// The unit's place at the slots of a stream: reading what a load brought, or filling what a store takes.
  [[nodiscard]] SlotGate unit_gate(int stream);

  /// Places at the OBUF slots.
  [[nodiscard]] SlotGate array_gate() { return {&obuf_, 1}; }
  [[nodiscard]] SlotGate simd_obuf_gate() { return {&obuf_, simd_stage_}; }

  /// True when the next OBUF generation of the array has a slot, whether or not its partial sums are there.
  [[nodiscard]] bool obuf_slot_free() const { return obuf_.ready(0) || obuf_.passed(0) > obuf_.passed(1); }

  /// Streams of the given buffers and direction that the unit, not a copy, is at the other end of.
  [[nodiscard]] std::vector<int> unit_streams(isa::Direction direction, const std::vector<isa::Buffer>& buffers) const;

  /// A line for each ring in use, for a deadlock report.
  void dump(std::ostream& out) const;

 private:
  [[nodiscard]] const isa::Stream& stream(int index) const {
    return program().streams[static_cast<std::size_t>(index)];
  }
  [[nodiscard]] SlotRing& ring(int stream) { return rings_[static_cast<std::size_t>(stream)]; }
  [[nodiscard]] int copies_of(int stream) const;
  [[nodiscard]] bool in_copy(int stream) const { return this->stream(stream).from >= 0 || copies_of(stream) > 0; }
  [[nodiscard]] bool through_obuf(int stream) const;
  [[nodiscard]] int copy_stage(int stream) const;
  void open_obuf();
  [[nodiscard]] SlotRing::Stage obuf_stage(int step, const isa::Condition& when) const;

  int units_;
  ValueModel* values_ = nullptr;
  int left_ = 0;
  const ProgramBlock* block_ = nullptr;
  std::array<SlotRing, isa::kMaxStreams> rings_;
  SlotRing obuf_;
  std::array<int, isa::kMaxStreams> obuf_stages_{};
  int simd_stage_ = 0;
  bool simd_finished_ = true;
  sc_core::sc_event started_;
  sc_core::sc_event all_finished_;
  sc_core::sc_event simd_done_;
};

}  // namespace systole
