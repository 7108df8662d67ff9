#include "models/analytical/systole/events.h"

#include <array>
#include <cmath>

#include "base/errors.h"

namespace systole::analytical {

namespace {

constexpr std::int64_t kBitsPerByte = 8;
constexpr std::int64_t kWordBytes = 4;
constexpr std::int64_t kArrayWalkers = 4;  // IBUF, WBUF, OBUF and BBUF

std::int64_t whole(double value) {
  return std::llround(value);
}

Sram sram_of(isa::Buffer buffer) {
  switch (buffer) {
    case isa::Buffer::wbuf:
      return Sram::wbuf;
    case isa::Buffer::bbuf:
      return Sram::bbuf;
    case isa::Buffer::ibuf:
      return Sram::ibuf;
    case isa::Buffer::obuf:
      return Sram::obuf;
    case isa::Buffer::vmem1:
      return Sram::vmem1;
    case isa::Buffer::vmem2:
      return Sram::vmem2;
  }
  fail_check("analytical", "a buffer without a memory");
}

SimdOperation operation_of(isa::SimdOpcode opcode) {
  using Op = isa::SimdOpcode;
  switch (opcode) {
    case Op::shift_left:
    case Op::shift_right:
    case Op::bit_and:
    case Op::bit_or:
    case Op::bit_xor:
    case Op::move:
    case Op::sign:
    case Op::cast:
    case Op::conditional_move:
      return SimdOperation::logic;
    case Op::mul:
    case Op::leaky_relu:
      return SimdOperation::multiply;
    case Op::mac:
    case Op::requantize:
      return SimdOperation::multiply_add;
    case Op::sigmoid:
    case Op::tanh:
    case Op::log:
    case Op::exp:
      return SimdOperation::exponential;
    case Op::sqrt:
    case Op::inverse_sqrt:
      return SimdOperation::inverse_sqrt;
    case Op::reciprocal:
    case Op::divide:
      return SimdOperation::divide;
    default:
      return SimdOperation::add;
  }
}

void add(EventCounts& events, Sram memory, double reads, double writes, std::int64_t bits) {
  SramCounts& counts = events.of(memory);
  counts.reads += whole(reads);
  counts.writes += whole(writes);
  counts.read_bytes += whole(reads * static_cast<double>(bits) / kBitsPerByte);
  counts.write_bytes += whole(writes * static_cast<double>(bits) / kBitsPerByte);
}

void add(EventCounts& events, const isa::Stream& stream, const StreamResult& result, const MachineModel& machine) {
  const bool load = stream.direction == isa::Direction::load;
  add(events, sram_of(stream.buffer), load ? 0 : result.elements, load ? result.elements : 0,
      machine.element_bits[static_cast<std::size_t>(stream.buffer)]);
  events.port_bytes += whole(result.bytes);
}

void add(EventCounts& events, const ArrayResult& result, const MachineModel& machine) {
  const auto bits = [&](isa::Buffer buffer) { return machine.element_bits[static_cast<std::size_t>(buffer)]; };
  events.array_cycles += whole(result.busy + result.hazard);
  events.macs += whole(result.macs);
  events.psum_adds += whole(result.obuf_reads + result.bbuf_reads);
  events.address_steps += kArrayWalkers * whole(result.ibuf_reads / static_cast<double>(machine.rows));
  add(events, Sram::wbuf, result.macs, 0, bits(isa::Buffer::wbuf));
  add(events, Sram::ibuf, result.ibuf_reads, 0, bits(isa::Buffer::ibuf));
  add(events, Sram::bbuf, result.bbuf_reads, 0, bits(isa::Buffer::bbuf));
  add(events, Sram::obuf, result.obuf_reads, result.obuf_writes, bits(isa::Buffer::obuf));
}

/// Each instruction of a nest's body has its part of the nest's operations: they run equally often.
void add(EventCounts& events, const isa::Nest& nest, const NestResult& result, const MachineModel& machine) {
  if (nest.body.empty()) return;
  constexpr std::array<Sram, 4> kMemories = {Sram::obuf, Sram::vmem1, Sram::vmem2, Sram::imm};  // by isa::Namespace
  for (std::size_t space = 0; space < kMemories.size(); ++space) {
    add(events, kMemories[space], result.reads[space], result.writes[space], kWordBytes * kBitsPerByte);
  }
  const double each = result.operations / static_cast<double>(nest.body.size());
  for (const isa::SimdInstruction& instruction : nest.body) {
    events.of(operation_of(instruction.opcode)) += whole(each);
  }
  const std::int64_t instructions = whole(result.operations / static_cast<double>(machine.columns));
  events.simd_cycles += whole(result.busy + result.hazard + result.conflict);
  events.simd_instructions += instructions;
  add(events, Sram::inst, static_cast<double>(instructions), 0, kWordBytes * kBitsPerByte);
}

}  // namespace

Work work_of(const isa::Block& block, const BlockResult& result, const MachineModel& machine) {
  Work work;
  EventCounts& events = work.events;
  for (std::size_t s = 0; s < block.streams.size(); ++s) {
    const isa::Stream& stream = block.streams[s];
    if (!stream.used) continue;
    add(events, stream, result.streams[s], machine);
    (stream.direction == isa::Direction::load ? work.read_bytes : work.write_bytes) += result.streams[s].bytes;
  }
  if (block.array.used) add(events, result.array, machine);
  for (std::size_t n = 0; n < result.nests.size(); ++n) add(events, block.simd.nests[n], result.nests[n], machine);
  return work;
}

Work work_of(const isa::BlockWords& words) {
  Work work;
  EventCounts& events = work.events;
  // Every word is fetched into a half of the controller's memory and decoded there; the SIMD unit's go on into its own.
  events.array_words_decoded = words.before + words.after;
  events.port_bytes += words.all() * kWordBytes;
  work.read_bytes += static_cast<double>(words.all() * kWordBytes);
  add(events, Sram::inst, static_cast<double>(words.all()), static_cast<double>(words.all() + words.simd),
      kWordBytes * kBitsPerByte);
  return work;
}

}  // namespace systole::analytical
