#pragma once

#include <array>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "traces/run_observer.h"
#include "traces/waves/stall_trigger.h"
#include "traces/waves/wave_file.h"

namespace systole {

/// What a wave shows.
struct WaveOptions {
  Cycles from;                                             ///< the first cycle
  Cycles until{std::numeric_limits<std::int64_t>::max()};  ///< the one after the last
  std::vector<std::string> units;                          ///< patterns of scopes (* and ?); empty: all
  std::vector<std::string> layers;                         ///< names, by index
  int channels = 0;                                        ///< of the memory; 0 for the ideal one
  int banks = 0;                                           ///< of a channel
  /// By port, load and store: the program has streams that way. And by stream.
  std::array<std::array<bool, 2>, 5> directions = {
      {{true, true}, {true, true}, {true, true}, {true, true}, {true, true}}};
  std::uint32_t streams = 0xffff;    ///< that the program has, a bit each
  std::optional<StallCondition> on;  ///< the wave is of the first such stall between `from` and `until`, and
  Cycles margin;                     ///< of so many cycles before its first and after its last
};

/// The scopes that a wave has, without those that `units` leaves out.
std::vector<std::string> wave_scopes(const WaveOptions& options);

/// A run as waveforms. Scopes: `program` (block, its first word's address, layer), `systolic_array` and `simd_unit`
/// (state, word of the block at work, tile, loop indices, bank conflicts), each DMA engine (state; stream, its word,
/// address and loop indices of both sequencers; port: valid, ready, queue, outstanding, bus), `slots` (filled, by
/// stream and OBUF), `controller` (state, the word that it decodes), `dram` (state, bursts at the memory) and its
/// channels (command, bank, row, bus direction, row hits, commands by kind, the open row of every bank, -1 closed).
/// While only some layers are watched, `state` is `not_watched` between them. A wave of a whole run holds every unit's
/// counters: the cycles in which `state` has a value.
///
/// A wave that waits for a stall keeps the changes of the cycles that it may have to show, and of those before only
/// what each variable was last: a stall is known when it has lasted.
class MachineWave : public RunObserver {
 public:
  /// Declares the variables in `file`, which must outlive the run.
  MachineWave(WaveFile& file, WaveOptions options);

  void state(const StateSpan& span) override;
  void block_begins(const BlockSpan& block) override;
  void block_ends(const BlockSpan& block) override;
  void words(const WordSpan& span) override;
  void tile(const TileSpan& tile) override;
  void instruction(const InstructionIssue& issue) override;
  [[nodiscard]] bool wants_instructions() const override { return tiles_[1].word.has_value(); }
  void transfer_begins(const TransferSpan& transfer) override;
  void transfer_ends(const TransferSpan& transfer) override;
  void level(const LevelChange& change) override;
  void dram(const DramEvent& event) override;
  void open_row(const OpenRowEvent& row) override;
  void settled(Cycles until) override;
  void begins(Cycles at) override;
  void stops(Cycles at) override;
  [[nodiscard]] bool seen_all() const override;

  /// What the wave waits for, or waited for; nullptr: nothing.
  [[nodiscard]] const StallTrigger* trigger() const { return trigger_ ? &*trigger_ : nullptr; }
  /// What the file has.
  [[nodiscard]] const std::vector<WaveVariable>& variables() const { return declared_; }

  /// The run ended at `end`: what is known before is written, and the file closed. Nothing may come afterwards.
  void close(Cycles end);

 private:
  /// A place in the file, or nothing when the variable's scope is not wanted.
  using Handle = std::optional<std::size_t>;
  struct Port {
    Handle valid, ready, queue, outstanding, bus;
    std::optional<std::int64_t> accepted;  ///< bursts so far, of the whole run
  };
  struct Sequencer {
    Handle stream, word, address;
    std::array<Handle, 8> loops;
  };
  struct Tile {
    Handle number, layer, word;
    std::array<Handle, 8> loops;
    std::array<Handle, kConflictMemories.size()> conflicts;
    std::array<std::int64_t, kConflictMemories.size()> conflict_cycles{};
  };
  struct Channel {
    Handle command, bank, row, direction, hits;
    std::vector<Handle> open_rows, counts;
    std::vector<bool> fresh;  ///< by bank: no column command since its activation
    std::int64_t row_hits = 0;
    std::vector<std::int64_t> commands;
  };
  struct Change {
    Cycles at;
    std::size_t variable;
    std::int64_t value;
  };

  void declare_program();
  void declare_unit(Unit unit);
  void declare_slots();
  void declare_channel(int number);
  Handle declare(const std::string& scope, const std::string& name, int bits, std::vector<std::string> names = {});
  void set(Cycles at, Handle variable, std::int64_t value);
  void write_until(Cycles until);
  void forget_until(Cycles until);
  void follow_trigger();
  void accept(Port& port, Cycles at, std::int64_t bursts);
  void open_rows(Channel& channel, const DramEvent& event, std::int64_t row);

  WaveFile& file_;
  WaveOptions options_;
  std::optional<StallTrigger> trigger_;
  std::vector<WaveVariable> declared_;
  std::array<Handle, kUnits> states_;
  std::array<Tile, 2> tiles_;  ///< systolic array, SIMD unit
  std::array<Port, 5> ports_;
  std::array<std::array<Sequencer, 2>, 5> sequencers_;  ///< by port: load, store
  std::array<Handle, 17> slots_;
  Handle block_, address_, layer_, decoded_block_, decoded_word_, memory_bursts_;
  std::vector<Channel> channels_;
  Cycles begun_;  ///< when it was last told how things stood
  Cycles told_;   ///< everything before has been told
  std::vector<Change> pending_;
  std::vector<std::optional<std::int64_t>> written_;  ///< by variable: what the file says
};

}  // namespace systole
