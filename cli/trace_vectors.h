#pragma once

#include <memory>
#include <string>
#include <vector>

#include "isa/program.pb.h"
#include "models/cycle/trace/tile_replay.h"
#include "traces/instructions/trace.pb.h"
#include "traces/result_folder.h"
#include "traces/rtl_vectors.h"

namespace systole {

/// What `systole trace --export` was asked for.
struct VectorRequest {
  std::string folder;  ///< --export; empty: no vectors
  bool force = false;
  RecorderOptions recorder;
};

/// The tiles of a trace as vectors for RTL, in a folder (docs/cosim.md).
class TraceVectors {
 public:
  /// Tiles of these layers' blocks; of all when there are none. `program` is the trace's and must outlive it. Throws
  /// UserError when the RTL cannot be the trace's machine, or when the folder is not free.
  TraceVectors(const VectorRequest& request, const trace::Header& header, const isa::Program& program,
               const std::vector<int>& layers);

  /// The next instruction; returns why it cannot be one of the program's tiles, or nothing.
  std::string add(const trace::Instruction& instruction) { return replay_->add(instruction); }

  /// The folder gets its name. Returns what to tell of it. Throws UserError when there is no tile.
  std::string finish();

 private:
  ResultFolder folder_;
  std::string place_;
  MachineProgram decoded_;
  std::unique_ptr<RtlVectorWriter> writer_;
  std::unique_ptr<TileReplay> replay_;
  std::int64_t tiles_ = 0;
};

}  // namespace systole
