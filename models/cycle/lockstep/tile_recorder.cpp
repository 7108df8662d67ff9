#include "models/cycle/lockstep/tile_recorder.h"

#include <algorithm>
#include <string>

#include "isa/program.h"
#include "models/cycle/slot_places.h"

namespace systole {

namespace {

constexpr std::array<isa::Buffer, kRtlMemories> kBufferOf = {isa::Buffer::ibuf, isa::Buffer::wbuf,  isa::Buffer::bbuf,
                                                             isa::Buffer::obuf, isa::Buffer::vmem1, isa::Buffer::vmem2};

/// What messages need of it, and no values.
isa::Program without_memory(const isa::Program& program) {
  isa::Program bare;
  *bare.mutable_target() = program.target();
  *bare.mutable_layers() = program.layers();
  *bare.mutable_blocks() = program.blocks();
  for (const isa::Region& region : program.regions()) {
    if (region.kind() == isa::Region::instruction) *bare.add_regions() = region;
  }
  return bare;
}

}  // namespace

TileRecorder::TileRecorder(const MachineParameters& machine, const isa::Program& program,
                           const RecorderOptions& options, Sink sink)
    : machine_(machine),
      clock_(machine.clock_period_ps),
      bare_(without_memory(program)),
      options_(options),
      sink_(std::move(sink)),
      random_(options.seed),
      values_(bare_) {}

void TileRecorder::open(const ProgramBlock& block) {
  ++block_;
  tile_ = {};
  values_.open(block);
}

/// Counts the tile, and says whether it is to be recorded.
bool TileRecorder::wanted(RtlUnit unit, std::uint32_t alike, bool real) {
  UnitCoverage& coverage = coverage_[static_cast<std::size_t>(unit)];
  ++coverage.tiles;
  int& taken = taken_[{block_, unit, alike}];
  if (taken == 0) ++(real ? coverage.real : coverage.kinds);
  return ++taken <= options_.tiles_of_a_kind && !real;
}

std::int64_t TileRecorder::words(std::int64_t elements, std::int64_t lanes) const {
  check(elements % lanes == 0, "lockstep", "a slot does not begin with a whole word");
  return elements / lanes;
}

void TileRecorder::compute_array(RunningBlock& block, const TileWalker& tile) {
  const isa::ArrayProgram& program = block.program().array;
  ++tile_[static_cast<std::size_t>(RtlUnit::systolic_array)];
  if (!wanted(RtlUnit::systolic_array, classes_of(program).of(tile), false)) return;
  const std::int64_t rows = machine_.array.rows;
  const std::int64_t columns = machine_.array.columns;
  const ArrayPlaces places = array_places(block, tile, columns);
  const ArrayBases bases{words(places.ibuf, rows), words(places.wbuf, rows * columns), words(places.obuf, columns),
                         words(places.bbuf, columns)};
  ExpandedTile expanded = array_vectors(machine_.array, program, tile, bases, random_);
  give_machine(expanded.tile);
  values_.compute_array(block, tile);
  record(expanded, array_start_, block.layers().array);
}

void TileRecorder::compute_simd(RunningBlock& block, const TileWalker& tile) {
  const isa::SimdProgram& program = block.program().simd;
  ++tile_[static_cast<std::size_t>(RtlUnit::simd_unit)];
  const auto used = used_iterators(program, tile);
  if (std::none_of(used.begin(), used.end(), [](bool each) { return each; })) return;  // no instruction at this tile
  const bool real = needs_real_numbers(program, tile);
  if (!wanted(RtlUnit::simd_unit, classes_of(program).of(tile), real)) return;
  SimdBases bases{};
  for (std::size_t i = 0; i < used.size(); ++i) {
    if (used[i])
      bases[i] = words(iterator_place(block, program.iterators[i], machine_.simd.lanes), machine_.simd.lanes);
  }
  ExpandedTile expanded = simd_vectors(machine_.simd, machine_.array.activation_bits, program, tile, bases, random_);
  give_machine(expanded.tile);
  values_.compute_simd(block, tile);
  record(expanded, simd_start_, block.layers().nests.empty() ? -1 : block.layers().nests.front());
}

void TileRecorder::give_machine(const RtlTile& tile) {
  for (std::size_t m = 0; m < kBufferOf.size(); ++m) {
    const RtlImage& image = tile.images[m];
    const auto count = static_cast<std::int64_t>(image.elements.size());
    if (count == 0) continue;
    const bool weights = kBufferOf[m] == isa::Buffer::wbuf;
    const bool inputs = kBufferOf[m] == isa::Buffer::ibuf;
    const std::int64_t lanes = (inputs || weights ? machine_.array.rows : 1) * (inputs ? 1 : machine_.array.columns);
    Cells<std::int32_t>& cells = values_.cells(kBufferOf[m]);
    check(cells.contains(image.first * lanes, count), "lockstep", "a tile leaves its buffer");
    std::copy(image.elements.begin(), image.elements.end(), cells.write(image.first * lanes, count));
  }
}

void TileRecorder::compare_with_machine(const ExpandedTile& expanded) {
  for (std::size_t m = 0; m < kBufferOf.size(); ++m) {
    const RtlImage& image = expanded.after[m].image();
    const std::int32_t* const machine = values_.cells(kBufferOf[m]).read(image.first * expanded.after[m].lanes());
    check(std::equal(image.elements.begin(), image.elements.end(), machine), "lockstep", [&] {
      return std::string("block ") + std::to_string(block_) + ": the machine's " + kRtlMemoryNames[m] +
             " after a tile is not what its steps give";
    });
  }
}

void TileRecorder::record(ExpandedTile& expanded, Cycles start, int layer) {
  RtlTile& tile = expanded.tile;
  const auto unit = static_cast<std::size_t>(tile.unit);
  tile.block = block_;
  tile.layer = isa::layer_name(bare_, layer);
  tile.tile = tile_[unit] - 1;
  compare_with_machine(expanded);
  const std::int64_t cycles = (clock_.now() - start).count();
  check(cycles == tile.cycles, "lockstep", [&] {
    return "block " + std::to_string(block_) + ": a tile takes the machine " + std::to_string(cycles) +
           " cycles, and its steps " + std::to_string(tile.cycles);
  });
  UnitCoverage& coverage = coverage_[unit];
  ++coverage.recorded;
  coverage.cycles += tile.cycles;
  coverage.words += static_cast<std::int64_t>(tile.results.size());
  for (const RtlResult& each : tile.results) coverage.results += static_cast<std::int64_t>(each.values.size());
  sink_(tile);
}

}  // namespace systole
