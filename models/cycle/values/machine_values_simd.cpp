#include <type_traits>

#include "models/cycle/running_block.h"
#include "models/cycle/simd_opcodes.h"
#include "models/cycle/values/lane_functions.h"
#include "models/cycle/values/machine_values.h"

/// What the SIMD unit computes: isa/manual.md, section 4.
namespace systole {

namespace {

isa::Buffer buffer_of(isa::Namespace space) {
  if (space == isa::Namespace::obuf) return isa::Buffer::obuf;
  return space == isa::Namespace::vmem1 ? isa::Buffer::vmem1 : isa::Buffer::vmem2;
}

}  // namespace

template <typename Cell>
void MachineValues<Cell>::compute_simd(RunningBlock& block, const TileWalker& tile) {
  const std::vector<isa::Nest>& nests = block.program().simd.nests;
  const std::vector<int>& layers = block.layers().nests;
  for (std::size_t nest = 0; nest < nests.size(); ++nest) {
    if (!tile.holds(nests[nest].when)) continue;
    begin(Part::nest, static_cast<int>(nest), nest < layers.size() ? layers[nest] : -1);
    run_nest(block, static_cast<int>(nest), tile);
  }
}

template <typename Cell>
typename MachineValues<Cell>::SimdPlace MachineValues<Cell>::place_of(RunningBlock& block,
                                                                      const isa::Iterator& iterator,
                                                                      const TileWalker& tile) const {
  const isa::Block& program = block.program();
  SimdPlace place;
  place.immediate = iterator.space == isa::Namespace::imm;
  place.element = iterator_place(block, iterator, columns_);
  if (place.immediate) return place;
  place.buffer = buffer_of(iterator.space);
  if (iterator.space == isa::Namespace::obuf) {
    const bool generation = !program.simd.reads_obuf || tile.holds(program.simd.obuf_when);
    if (!generation) fault("uses OBUF where it has no generation of it");
  } else if (iterator.stream >= 0) {
    const isa::Stream& stream = program.streams[static_cast<std::size_t>(iterator.stream)];
    if (!tile.holds(stream.when)) {
      fault("uses stream " + std::to_string(iterator.stream) + ", which has no generation here");
    }
  }
  return place;
}

template <typename Cell>
void MachineValues<Cell>::run_nest(RunningBlock& block, int number, const TileWalker& tile) {
  const isa::SimdProgram& simd = block.program().simd;
  const isa::Nest& nest = simd.nests[static_cast<std::size_t>(number)];
  std::array<bool, isa::kMaxIterators> used{};
  for (const isa::SimdInstruction& instruction : nest.body) {
    const SimdOpcodeTraits traits = traits_of(instruction.opcode);
    used.at(instruction.destination) = used.at(instruction.source1) = true;
    if (traits.reads_source2) used.at(instruction.source2) = true;
    if (std::is_same_v<Cell, std::int32_t> && !on_integers(instruction.opcode)) {
      fault("computes a function of real numbers on a machine of integers");
    }
  }
  std::array<SimdPlace, isa::kMaxIterators> places{};
  for (std::size_t i = 0; i < used.size(); ++i) {
    if (used[i]) places[i] = place_of(block, simd.iterators[i], tile);
  }
  const auto advance = [&](std::size_t loop, std::int64_t iterations) {
    for (std::size_t i = 0; i < used.size(); ++i) {
      if (used[i]) places[i].element += simd.iterators[i].stride[loop] * iterations * columns_;
    }
  };
  const int loops = static_cast<int>(nest.loops.size());
  std::array<std::int32_t, isa::kMaxSimdLoops> index{};
  const auto trip = [&](int loop) { return tile.trip(nest.loops[static_cast<std::size_t>(loop)]); };
  for (int loop = 0; loop >= 0;) {
    const bool tail =
        nest.lanes.loop < 0 || index[static_cast<std::size_t>(nest.lanes.loop)] + 1 == trip(nest.lanes.loop);
    const int lanes = tail ? tile.trip(nest.lanes.last) : static_cast<int>(columns_);
    instruction_ = -1;
    for (const isa::SimdInstruction& instruction : nest.body) {
      ++instruction_;
      execute(instruction, places, lanes);
    }
    for (loop = loops - 1; loop >= 0; --loop) {
      std::int32_t& at = index[static_cast<std::size_t>(loop)];
      advance(static_cast<std::size_t>(loop), 1);
      if (++at < trip(loop)) break;
      advance(static_cast<std::size_t>(loop), -at);
      at = 0;
    }
  }
}

template <typename Cell>
void MachineValues<Cell>::execute(const isa::SimdInstruction& instruction,
                                  const std::array<SimdPlace, isa::kMaxIterators>& places, int lanes) {
  const SimdOpcodeTraits traits = traits_of(instruction.opcode);
  const auto operand = [&](std::uint8_t iterator) -> const Cell* {
    const SimdPlace& place = places[iterator];
    if (!place.immediate) return readable(place.buffer, place.element, lanes);
    if (place.element < 0 || place.element >= static_cast<std::int64_t>(immediates_.size())) {
      fault("reads a word of IMM that has no value");
    }
    return immediates_.data() + place.element;
  };
  const Cell* const source1 = operand(instruction.source1);
  const Cell* const source2 = traits.reads_source2 ? operand(instruction.source2) : source1;
  const SimdPlace& destination = places[instruction.destination];
  if (traits.reads_destination) operand(instruction.destination);
  if (destination.immediate) fault("writes to IMM");
  Cell* const result = writable(destination.buffer, destination.element, lanes);
  compute_lanes(instruction.opcode, result, source1, source2, lanes, program_.target().activation_bits());
}

template class MachineValues<float>;
template class MachineValues<std::int32_t>;

}  // namespace systole
