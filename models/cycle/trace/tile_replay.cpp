#include "models/cycle/trace/tile_replay.h"

#include <algorithm>
#include <string>

#include "isa/program.h"
#include "models/cycle/simd_opcodes.h"

namespace systole {

namespace {

/// An instruction may have to wait for read ports before its issue: for all operands but one.
constexpr std::int64_t kMostConflicts = 2;

const char* const kNotItsTile = "the program has no such instruction there";

}  // namespace

TileReplay::TileReplay(const MachineParameters& machine, const MachineProgram& program, const isa::Program& words,
                       const RecorderOptions& options, Sink sink)
    : machine_(machine),
      program_(program),
      words_(words),
      options_(options),
      sink_(std::move(sink)),
      random_(options.seed) {}

std::string TileReplay::add(const trace::Instruction& instruction) {
  if (!instruction.has_array_tile() && !instruction.has_simd()) return "";
  if (instruction.block() < 0) return kNotItsTile;
  return instruction.has_simd() ? add_simd(instruction) : add_array(instruction);
}

std::string TileReplay::add_array(const trace::Instruction& instruction) {
  const isa::ArrayProgram& array = program_.blocks[static_cast<std::size_t>(instruction.block())].block.array;
  const auto tile = tile_of(instruction);
  if (!tile || !array.used) return kNotItsTile;
  if (!wanted(instruction.block(), RtlUnit::systolic_array, classes_of(array).of(*tile), false)) return "";
  const trace::ArrayTile& work = instruction.array_tile();
  const ArrayBases bases{work.ibuf(), work.wbuf(), work.obuf(), work.bbuf()};
  return record(array_vectors(machine_.array, array, *tile, bases, random_), instruction, instruction.issue(),
                instruction.layer());
}

/// The addresses of a nest's first iteration are where its iterators begin.
std::string TileReplay::add_simd(const trace::Instruction& instruction) {
  const bool same = simd_.tile && simd_.block == instruction.block() && simd_.number == instruction.tile();
  if (!same) {
    if (simd_.tile) return kNotItsTile;
    simd_ = {instruction.block(), instruction.tile(), tile_of(instruction), 0, 0, instruction.issue(), {}};
    if (!simd_.tile || !begin_nest()) return kNotItsTile;
  }
  const ProgramBlock& block = program_.blocks[static_cast<std::size_t>(simd_.block)];
  const isa::SimdProgram& simd = block.block.simd;
  const isa::Nest& nest = simd.nests[simd_.nest];
  const auto body = static_cast<std::int64_t>(nest.body.size());
  const isa::SimdInstruction& self = nest.body[static_cast<std::size_t>(simd_.instruction % body)];
  if (static_cast<int>(self.opcode) != static_cast<int>(instruction.simd().opcode())) return kNotItsTile;
  if (simd_.instruction < body) {
    simd_.bases.at(self.destination) = instruction.simd().destination().word();
    simd_.bases.at(self.source1) = instruction.simd().source1().word();
    if (traits_of(self.opcode).reads_source2) simd_.bases.at(self.source2) = instruction.simd().source2().word();
  }
  if (++simd_.instruction < instructions_of(nest)) return "";
  ++simd_.nest;
  if (begin_nest()) return "";
  const TileWalker tile = *simd_.tile;
  simd_.tile.reset();
  const bool real = needs_real_numbers(simd, tile);
  if (!wanted(instruction.block(), RtlUnit::simd_unit, classes_of(simd).of(tile), real)) return "";
  return record(simd_vectors(machine_.simd, machine_.array.activation_bits, simd, tile, simd_.bases, random_),
                instruction, simd_.first_issue, block.layers.nests.empty() ? -1 : block.layers.nests.front());
}

/// Goes to the first nest from here on that is executed at the tile; false when there is none.
bool TileReplay::begin_nest() {
  const std::vector<isa::Nest>& nests = program_.blocks[static_cast<std::size_t>(simd_.block)].block.simd.nests;
  const auto executed = [&](const isa::Nest& nest) { return !nest.body.empty() && simd_.tile->holds(nest.when); };
  while (simd_.nest < nests.size() && !executed(nests[simd_.nest])) ++simd_.nest;
  simd_.instruction = 0;
  return simd_.nest < nests.size();
}

std::int64_t TileReplay::instructions_of(const isa::Nest& nest) const {
  auto count = static_cast<std::int64_t>(nest.body.size());
  for (const isa::Trip& trip : nest.loops) count *= simd_.tile->trip(trip);
  return count;
}

std::string TileReplay::record(ExpandedTile expanded, const trace::Instruction& last, std::int64_t first_issue,
                               int layer) {
  RtlTile& tile = expanded.tile;
  const std::int64_t start = last.completion() - tile.cycles;
  if (start > first_issue || start + kMostConflicts < first_issue) {
    return "its tile takes " + std::to_string(tile.cycles) + " cycles step by step, and in the trace " +
           std::to_string(last.completion() - first_issue);
  }
  tile.block = last.block();
  tile.layer = isa::layer_name(words_, layer);
  tile.tile = last.tile();
  sink_(tile);
  return "";
}

std::optional<TileWalker> TileReplay::tile_of(const trace::Instruction& instruction) const {
  const isa::Block& block = program_.blocks[static_cast<std::size_t>(instruction.block())].block;
  isa::TileIndex index{};
  std::int64_t number = instruction.tile();
  for (std::size_t loop = block.tile_loops.size(); loop-- > 0; number /= block.tile_loops[loop]) {
    index[loop] = static_cast<std::int32_t>(number % block.tile_loops[loop]);
  }
  if (number != 0 || instruction.tile() < 0) return std::nullopt;
  return TileWalker(block.tile_loops, index);
}

bool TileReplay::wanted(int block, RtlUnit unit, std::uint32_t alike, bool real) {
  if (!kept_.empty() && !kept_[static_cast<std::size_t>(block)]) return false;
  return ++taken_[{block, unit, alike}] <= options_.tiles_of_a_kind && !real;
}

}  // namespace systole
