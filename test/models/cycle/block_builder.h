#pragma once

#include <array>
#include <initializer_list>
#include <vector>

#include "models/cycle/ideal_memory.h"
#include "models/cycle/machine.h"
#include "test/models/cycle/fresh_kernel.h"

/// Small programs built by hand, and a small machine to run them on: 4x4 array, 8-bit operands, ports of 64 bits a
/// cycle, set-up and dispatch of one cycle, one word a block unless a test says otherwise.
namespace systole::test {

inline MachineParameters small_machine() {
  MachineParameters machine;
  machine.array.rows = 4;
  machine.array.columns = 4;
  machine.simd.lanes = 4;
  for (DmaParameters& port : machine.dma) {
    port.width_bits = 64;
    port.max_burst_bytes = 64;
  }
  machine.dma[static_cast<std::size_t>(isa::Port::instruction)].setup_cycles = 0;
  return machine;
}

/// `bytes` consecutive bytes of 8-bit elements, once for each iteration of tile loop `loop`.
inline isa::Stream stream(isa::Direction direction, isa::Buffer buffer, int loop, std::int32_t bytes) {
  isa::Stream result;
  result.used = true;
  result.direction = direction;
  result.buffer = buffer;
  result.loop = static_cast<std::int8_t>(loop);
  result.depth = 2;
  result.slot_pitch = bytes;
  result.run.elements.count = bytes;
  if (loop >= 0) result.tile_stride[static_cast<std::size_t>(loop)] = bytes;
  return result;
}

inline isa::Stream load(isa::Buffer buffer, int loop, std::int32_t bytes) {
  return stream(isa::Direction::load, buffer, loop, bytes);
}

inline isa::Stream store(isa::Buffer buffer, int loop, std::int32_t bytes) {
  return stream(isa::Direction::store, buffer, loop, bytes);
}

inline isa::Trip trip(std::int32_t count) {
  isa::Trip result;
  result.count = result.tail = count;
  return result;
}

/// All rows and columns, `vectors` output words a tile, each computed once.
inline isa::ArrayProgram array_program(int rows, int columns, std::int32_t vectors, int output_loop) {
  isa::ArrayProgram array;
  array.used = true;
  array.rows.last = trip(rows);
  array.columns.last = trip(columns);
  isa::ArrayLoop loop;
  loop.trip = trip(vectors);
  loop.ibuf_stride = 1;
  loop.obuf_stride = 1;
  array.loops = {loop};
  array.output_loop = static_cast<std::int8_t>(output_loop);
  return array;
}

inline MachineProgram program_of(std::vector<ProgramBlock> blocks, std::size_t layers = 0) {
  MachineProgram program;
  program.blocks = std::move(blocks);
  program.layers = layers;
  program.address = std::int64_t{1} << 30;
  return program;
}

inline RunCounters run_ideal(const MachineParameters& parameters, const MachineProgram& program) {
  fresh_kernel();
  IdealMemory memory("memory");
  return simulate(parameters, memory, program);
}

/// Cycles of the only block, from its start to its end.
inline std::int64_t block_cycles(const RunCounters& run) {
  return (run.blocks.at(0).end - run.blocks.at(0).start).count();
}

}  // namespace systole::test
