#pragma once

#include "base/errors.h"
#include "models/cycle/tile_walker.h"

namespace systole {

class RunningBlock;
class StreamWalker;
struct ProgramBlock;

/// What a run with values does beside the timing: units report what they move and compute as they do it. The block's
/// slots still stand on the generation in question. A run without values has none, and costs a branch for each
/// generation and tile.
class ValueModel {
 public:
  virtual ~ValueModel() = default;

  /// A block starts: its instructions are decoded and all buffers are empty.
  virtual void open(const ProgramBlock& block) = 0;

  /// A load's generation begins: what it brings must be in memory by now, and its slot is free.
  virtual void load(RunningBlock& block, int stream, const StreamWalker& walker) = 0;
  /// A store's generation has ended: memory has it now.
  virtual void store(RunningBlock& block, int stream, const StreamWalker& walker) = 0;

  /// A unit starts a tile; when it has finished it, it says so below. For who takes the time.
  virtual void begin_array() {}
  virtual void begin_simd() {}

  /// The array has finished a tile.
  virtual void compute_array(RunningBlock& block, const TileWalker& tile) = 0;
  /// The SIMD unit has finished a tile.
  virtual void compute_simd(RunningBlock& block, const TileWalker& tile) = 0;
};

}  // namespace systole
