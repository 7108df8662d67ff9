#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <tuple>

#include "isa/program.pb.h"
#include "models/cycle/lockstep/array_vectors.h"
#include "models/cycle/lockstep/simd_vectors.h"
#include "models/cycle/machine.h"
#include "models/cycle/values/machine_values.h"

namespace systole {

struct RecorderOptions {
  int tiles_of_a_kind = 1;  ///< at most so many tiles that differ in addresses alone
  std::uint32_t seed = 1;   ///< of the stimulus
};

/// How much of a unit's work has been recorded.
struct UnitCoverage {
  std::int64_t tiles = 0;     ///< of the program
  std::int64_t kinds = 0;     ///< of tiles: a block's that differ in addresses alone are one kind
  std::int64_t recorded = 0;  ///< tiles
  std::int64_t words = 0;     ///< written by them: a vector's sums, an instruction's result
  std::int64_t results = 0;   ///< elements of those words
  std::int64_t cycles = 0;    ///< of them
  std::int64_t real = 0;      ///< kinds left out: functions of real numbers
};

/// Goes along with a run of the SystemC machine and records tiles as vectors for RTL. Of each kind it takes the first
/// ones, where the machine stands on them, fills the buffers they use with random words, and steps them
/// (array_vectors.h, simd_vectors.h). What the machine itself makes of the same words (values/) and the cycles that its
/// units take must be what the steps say, else check() fails. It does not model transfers: memory does not matter.
class TileRecorder : public ValueModel {
 public:
  using Sink = std::function<void(const RtlTile&)>;

  /// A fixed32 program, which must outlive the recorder. `sink` takes each recorded tile.
  TileRecorder(const MachineParameters& machine, const isa::Program& program, const RecorderOptions& options,
               Sink sink);

  void open(const ProgramBlock& block) override;
  void load(RunningBlock&, int, const StreamWalker&) override {}
  void store(RunningBlock&, int, const StreamWalker&) override {}
  void begin_array() override { array_start_ = clock_.now(); }
  void begin_simd() override { simd_start_ = clock_.now(); }
  void compute_array(RunningBlock& block, const TileWalker& tile) override;
  void compute_simd(RunningBlock& block, const TileWalker& tile) override;

  [[nodiscard]] const UnitCoverage& coverage(RtlUnit unit) const { return coverage_[static_cast<std::size_t>(unit)]; }

 private:
  /// Block, unit and TileClasses.
  using Kind = std::tuple<int, RtlUnit, std::uint32_t>;

  [[nodiscard]] bool wanted(RtlUnit unit, std::uint32_t alike, bool real);
  [[nodiscard]] std::int64_t words(std::int64_t elements, std::int64_t lanes) const;
  void give_machine(const RtlTile& tile);
  void compare_with_machine(const ExpandedTile& expanded);
  void record(ExpandedTile& expanded, Cycles start, int layer);

  MachineParameters machine_;
  AcceleratorClock clock_;
  isa::Program bare_;  ///< the program without its memory
  RecorderOptions options_;
  Sink sink_;
  RandomWords random_;
  MachineValues<std::int32_t> values_;
  int block_ = -1;
  std::array<std::int64_t, 2> tile_{};  ///< of the block, by RtlUnit: how many have been seen
  Cycles array_start_;
  Cycles simd_start_;
  std::map<Kind, int> taken_;
  std::array<UnitCoverage, 2> coverage_;
};

}  // namespace systole
