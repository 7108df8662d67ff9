#include "models/cycle/trace/instruction_tracer.h"

#include <array>

#include "base/errors.h"
#include "isa/extent.h"
#include "models/cycle/simd_opcodes.h"

namespace systole {

namespace {

constexpr std::array<trace::Memory, 6> kBuffers = {trace::WBUF, trace::BBUF,  trace::IBUF,
                                                   trace::OBUF, trace::VMEM1, trace::VMEM2};
constexpr std::array<trace::Memory, 4> kSpaces = {trace::OBUF, trace::VMEM1, trace::VMEM2, trace::IMM};

/// The stream as it is at this tile, without tails.
isa::Stream resolved(isa::Stream stream, const TileWalker& tile) {
  for (isa::WalkDim& dim : stream.dims) dim.trip = {tile.trip(dim.trip), 0, isa::kNoLoop};
  stream.run.elements = {tile.trip(stream.run.elements), 0, isa::kNoLoop};
  return stream;
}

}  // namespace

InstructionTracer::InstructionTracer(const MachineProgram& program, const isa::Program& words,
                                     const MachineParameters& machine, trace::InstructionSink& sink)
    : program_(program),
      words_(words),
      sink_(sink),
      lanes_(machine.simd.lanes),
      rows_(machine.array.rows),
      half_words_(machine.controller.half_words),
      timing_(machine.simd) {}

void InstructionTracer::block_begins(const BlockSpan& block) {
  running_ = block;
  block_ = &program_.blocks.at(static_cast<std::size_t>(block.block));
  timing_.start(block_->block.simd);
}

trace::Instruction& InstructionTracer::begin(Unit unit, int layer, std::int64_t tile, Cycles issue, Cycles completion) {
  instruction_.set_issue(issue.count());
  instruction_.set_completion(completion.count());
  instruction_.set_unit(static_cast<trace::Unit>(unit));
  instruction_.set_block(running_.block);
  instruction_.set_layer(layer);
  instruction_.set_tile(tile);
  return instruction_;
}

/// Blocks are decoded while others run.
void InstructionTracer::words(const WordSpan& span) {
  const isa::EncodedBlock& block = words_.blocks(span.block);
  std::int64_t first = 0;
  for (int b = 0; b < span.block; ++b) first += words_.blocks(b).words_size();
  for (std::int64_t i = 0; i < span.words; ++i) {
    const std::int64_t address = span.address + i;
    const Cycles issue = span.per_cycle == 0 ? span.from : span.from + Cycles{i / span.per_cycle};
    trace::Instruction& instruction =
        begin(Unit::controller, program_.blocks[static_cast<std::size_t>(span.block)].layers.leader(), 0, issue,
              issue + Cycles{span.per_cycle == 0 ? 0 : 1});
    instruction.set_block(span.block);
    instruction.mutable_word()->set_address(address);
    instruction.mutable_word()->set_bits(block.words(static_cast<int>(address - first)));
    sink_.add(instruction);
  }
}

void InstructionTracer::tile(const TileSpan& span) {
  if (span.unit == Unit::systolic_array) {
    array_tile(span);
  } else {
    simd_tile(span);
  }
}

void InstructionTracer::array_tile(const TileSpan& span) {
  const isa::ArrayProgram& array = block_->block.array;
  const TileWalker tile = at(span.index);
  trace::Instruction& instruction = begin(span.unit, span.layer, span.number, span.from, span.until);
  trace::ArrayTile& work = *instruction.mutable_array_tile();
  work.Clear();
  work.set_instruction(running_.address + block_->places.array);
  work.set_ibuf(span.places[0] / rows_);
  work.set_wbuf(span.places[1] / (rows_ * lanes_));
  work.set_bbuf(span.places[2] / lanes_);
  work.set_obuf(span.places[3] / lanes_);
  std::int64_t vectors = 1;
  for (const isa::ArrayLoop& loop : array.loops) {
    trace::ArrayLoop& made = *work.add_loops();
    made.set_count(tile.trip(loop.trip));
    made.set_ibuf_stride(loop.ibuf_stride);
    made.set_wbuf_stride(loop.wbuf_stride);
    made.set_obuf_stride(loop.obuf_stride);
    made.set_bbuf_stride(loop.bbuf_stride);
    vectors *= made.count();
  }
  work.set_vectors(vectors);
  work.set_starts(tile.holds(array.start));
  work.set_biased(array.bias);
  sink_.add(instruction);
}

void InstructionTracer::simd_tile(const TileSpan& span) {
  const isa::SimdProgram& simd = block_->block.simd;
  const std::vector<int>& layers = block_->layers.nests;
  timing_.unroll(at(span.index), [&](const SimdTiming::Execution& execution) {
    const isa::SimdInstruction& self = simd.nests[execution.nest].body[execution.instruction];
    const int layer = execution.nest < layers.size() ? layers[execution.nest] : -1;
    trace::Instruction& instruction = begin(span.unit, layer, span.number, span.from + Cycles{execution.issue},
                                            span.from + Cycles{execution.completion});
    trace::SimdOperation& work = *instruction.mutable_simd();
    work.set_address(running_.address + block_->places.simd.at(execution.nest).at(execution.instruction));
    work.set_opcode(static_cast<trace::SimdOpcode>(self.opcode));
    work.set_lanes(execution.lanes);
    set(*work.mutable_destination(), self.destination, execution.operands.write, span);
    set(*work.mutable_source1(), self.source1, execution.operands.read[0], span);
    if (traits_of(self.opcode).reads_source2) {
      set(*work.mutable_source2(), self.source2, execution.operands.read[1], span);
    } else {
      work.clear_source2();
    }
    sink_.add(instruction);
  });
}

/// The timing's addresses begin at the iterator's base, the tile's places where its slot puts that.
void InstructionTracer::set(trace::Operand& operand, std::uint8_t iterator, const TimedOperand& timed,
                            const TileSpan& span) const {
  const isa::Iterator& self = block_->block.simd.iterators[iterator];
  operand.set_memory(kSpaces[static_cast<std::size_t>(self.space)]);
  operand.set_word(span.places[iterator] / lanes_ + timed.address - self.base);
}

void InstructionTracer::transfer_ends(const TransferSpan& span) {
  if (span.unit == Unit::dma_instruction) return fetch(span);
  const isa::Stream& self = block_->block.streams[static_cast<std::size_t>(span.stream)];
  const isa::Stream stream = resolved(self, at(span.index));
  trace::Instruction& instruction = begin(span.unit, span.layer, number(span.index), span.from, span.until);
  trace::Transfer& work = *instruction.mutable_transfer();
  work.Clear();
  work.set_store(!span.load);
  work.set_instruction(running_.address + block_->places.streams[static_cast<std::size_t>(span.stream)]);
  work.set_stream(span.stream);
  work.set_memory(kBuffers[static_cast<std::size_t>(self.buffer)]);
  work.set_address(span.low);
  work.set_end(span.high);
  work.set_bytes(span.bytes);
  work.set_bursts(span.bursts);
  const isa::Extent extent = isa::on_chip_extent(stream);
  work.set_on_chip(span.on_chip + extent.low - stream.on_chip_base);
  work.set_on_chip_end(span.on_chip + extent.high - stream.on_chip_base);
  work.set_elements(span.elements);
  work.set_run_elements(stream.run.elements.count);
  for (const isa::WalkDim& dim : stream.dims) {
    trace::Dimension& made = *work.add_dimensions();
    made.set_positions(dim.trip.count);
    made.set_off_chip_stride(dim.off_chip_stride);
    made.set_on_chip_stride(dim.on_chip_stride);
  }
  sink_.add(instruction);
}

/// Words go to the half of the instruction memory that is free; a word is an element.
void InstructionTracer::fetch(const TransferSpan& span) {
  const std::int64_t half = span.index[0];
  trace::Instruction& instruction = begin(span.unit, span.layer, half, span.from, span.until);
  instruction.set_block(-1);
  trace::Transfer& work = *instruction.mutable_transfer();
  work.Clear();
  work.set_instruction(-1);
  work.set_memory(trace::INST);
  work.set_address(span.low);
  work.set_end(span.high);
  work.set_bytes(span.bytes);
  work.set_bursts(span.bursts);
  work.set_elements(span.elements);
  work.set_run_elements(span.elements);
  work.set_on_chip(half % 2 * half_words_);
  work.set_on_chip_end(work.on_chip() + work.elements());
  sink_.add(instruction);
}

TileWalker InstructionTracer::at(const isa::TileIndex& index) const {
  return TileWalker(block_->block.tile_loops, index);
}

std::int64_t InstructionTracer::number(const isa::TileIndex& index) const {
  std::int64_t result = 0;
  for (std::size_t loop = 0; loop < block_->block.tile_loops.size(); ++loop) {
    result = result * block_->block.tile_loops[loop] + index[loop];
  }
  return result;
}

}  // namespace systole
