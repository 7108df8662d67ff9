#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <tuple>

#include "isa/program.pb.h"
#include "models/cycle/lockstep/tile_recorder.h"
#include "traces/instructions/trace.pb.h"

namespace systole {

/// Takes the instructions of a trace in their order and makes vectors for RTL of its tiles: those that TileRecorder
/// takes of a run, with the same random words in the buffers. The trace says where each tile's operands lie and how
/// many cycles it took; the steps (lockstep/) must take as many.
class TileReplay {
 public:
  using Sink = std::function<void(const RtlTile&)>;

  /// `program` is the decoded form of `words`; both must outlive it.
  TileReplay(const MachineParameters& machine, const MachineProgram& program, const isa::Program& words,
             const RecorderOptions& options, Sink sink);

  /// Returns why the instruction cannot be one of this program's tiles; empty: it can.
  std::string add(const trace::Instruction& instruction);

  /// Only tiles of these blocks, by block; all of them when empty.
  void keep(std::vector<bool> blocks) { kept_ = std::move(blocks); }

 private:
  using Kind = std::tuple<int, RtlUnit, std::uint32_t>;
  /// The tile of the SIMD unit whose instructions are coming.
  struct SimdTile {
    int block = -1;
    std::int64_t number = -1;
    std::optional<TileWalker> tile;
    std::size_t nest = 0;
    std::int64_t instruction = 0;  ///< of the nest, all iterations
    std::int64_t first_issue = 0;
    SimdBases bases{};
  };

  std::string add_array(const trace::Instruction& instruction);
  std::string add_simd(const trace::Instruction& instruction);
  std::string record(ExpandedTile expanded, const trace::Instruction& last, std::int64_t first_issue, int layer);
  bool begin_nest();
  [[nodiscard]] std::int64_t instructions_of(const isa::Nest& nest) const;
  [[nodiscard]] std::optional<TileWalker> tile_of(const trace::Instruction& instruction) const;
  bool wanted(int block, RtlUnit unit, std::uint32_t alike, bool real);

  MachineParameters machine_;
  const MachineProgram& program_;
  const isa::Program& words_;
  RecorderOptions options_;
  Sink sink_;
  RandomWords random_;
  std::vector<bool> kept_;
  SimdTile simd_;
  std::map<Kind, int> taken_;
};

}  // namespace systole
