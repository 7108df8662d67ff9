#include "models/cycle/slot_places.h"

namespace systole {

namespace {

std::int64_t slot_of(const SlotGate& gate, std::int64_t depth) {
  return gate.ring->passed(gate.stage) % depth;
}

const isa::Stream& stream_of(const RunningBlock& block, int stream) {
  return block.program().streams[static_cast<std::size_t>(stream)];
}

/// What the current generation of the buffer's stream has filled; 0 when no stream fills it.
std::int64_t loaded_place(RunningBlock& block, isa::Buffer buffer, const TileWalker& tile) {
  for (const int s : block.unit_streams(isa::Direction::load, {buffer})) {
    const isa::Stream& stream = stream_of(block, s);
    if (!tile.holds(stream.when)) continue;
    return stream.on_chip_base + slot_of(block.unit_gate(s), stream.depth) * stream.slot_pitch;
  }
  return 0;
}

std::int64_t obuf_place(const RunningBlock& block, const SlotGate& gate, std::int64_t lanes) {
  const isa::ArrayProgram& array = block.program().array;
  return slot_of(gate, array.output_depth) * array.output_pitch * lanes;
}

}  // namespace

std::int64_t transfer_place(RunningBlock& block, int stream, std::int64_t lanes) {
  const isa::Stream& self = stream_of(block, stream);
  const SlotGate gate = block.dma_gate(stream);
  if (gate.ring == block.array_gate().ring) return self.on_chip_base + obuf_place(block, gate, lanes);
  const isa::Stream& slots = stream_of(block, self.from < 0 ? stream : self.from);
  return self.on_chip_base + slot_of(gate, slots.depth) * slots.slot_pitch;
}

ArrayPlaces array_places(RunningBlock& block, const TileWalker& tile, std::int64_t lanes) {
  ArrayPlaces places;
  places.ibuf = loaded_place(block, isa::Buffer::ibuf, tile);
  places.wbuf = loaded_place(block, isa::Buffer::wbuf, tile);
  places.bbuf = loaded_place(block, isa::Buffer::bbuf, tile);
  places.obuf = obuf_place(block, block.array_gate(), lanes);
  return places;
}

std::int64_t iterator_place(RunningBlock& block, const isa::Iterator& iterator, std::int64_t lanes) {
  std::int64_t place = iterator.base * lanes;
  if (iterator.space == isa::Namespace::obuf) {
    if (block.program().simd.reads_obuf) place += obuf_place(block, block.simd_obuf_gate(), lanes);
  } else if (iterator.space != isa::Namespace::imm && iterator.stream >= 0) {
    const isa::Stream& stream = stream_of(block, iterator.stream);
    place += stream.on_chip_base + slot_of(block.unit_gate(iterator.stream), stream.depth) * stream.slot_pitch;
  }
  return place;
}

}  // namespace systole
