#pragma once

#include <random>

#include "test/models/cycle/block_builder.h"

namespace systole::test {

/// Programs with all that a block may have: several tile loops, conditions, tails, padding, partial sums, fused SIMD
/// nests, copies. They run to their end on any machine.
class RandomProgram {
 public:
  explicit RandomProgram(unsigned seed) : random_(seed) {}

  /// Layers 0 and 1 of each block: the array's, and the SIMD unit's or the copy's.
  MachineProgram make() {
    std::vector<ProgramBlock> blocks;
    for (int b = roll(1, 3); b > 0; --b) blocks.push_back(block(static_cast<int>(blocks.size())));
    const std::size_t layers = 2 * blocks.size();
    return program_of(std::move(blocks), layers);
  }

  int roll(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }
  bool chance() { return roll(0, 1) == 1; }

 private:
  ProgramBlock block(int number) {
    ProgramBlock result;
    isa::Block& block = result.block;
    for (int loops = roll(0, 3); loops > 0; --loops) block.tile_loops.push_back(roll(1, 4));
    const bool array = chance();
    const bool simd = chance() || !array;
    if (array) add_array(result, simd && chance());
    if (simd) add_simd(block, array);
    if (chance()) add_copy(block);
    result.layers.array = array ? 2 * number : -1;
    result.layers.nests.assign(block.simd.nests.size(), 2 * number + 1);
    for (std::size_t s = 0; s < block.streams.size(); ++s) {
      if (block.streams[s].used) result.layers.streams[s] = 2 * number + (s < 8 && array ? 0 : 1);
    }
    result.words = roll(1, 300);
    if (simd) result.simd_begin = roll(0, static_cast<int>(result.words) / 2);
    if (simd) result.simd_end = roll(static_cast<int>(result.simd_begin), static_cast<int>(result.words));
    return result;
  }

  int loop_of(const isa::Block& block) { return roll(-1, static_cast<int>(block.tile_loops.size()) - 1); }

  isa::Trip random_trip(const isa::Block& block, int most) {
    isa::Trip result = trip(roll(1, most));
    if (!block.tile_loops.empty() && chance()) {
      result.tail = roll(1, result.count);
      result.tail_loop = static_cast<std::int8_t>(roll(0, static_cast<int>(block.tile_loops.size()) - 1));
    }
    return result;
  }

  isa::Condition condition(int scope) {
    isa::Condition result;
    result.kind = static_cast<isa::Condition::Kind>(roll(0, 4));
    result.mask = static_cast<std::uint8_t>(roll(0, (1 << (scope + 1)) - 1));
    return result;
  }

  isa::Stream random_stream(const isa::Block& block, isa::Direction direction, isa::Buffer buffer, int loop) {
    isa::Stream result = stream(direction, buffer, loop, roll(1, 150));
    result.run.elements = random_trip(block, 150);
    result.run.block = roll(0, 3) * 4;
    result.depth = static_cast<std::uint8_t>(roll(1, 2));
    result.base = roll(1000, 100000);
    if (loop >= 0) result.when = condition(loop);
    for (int d = roll(0, 2); d > 0; --d) {
      isa::WalkDim dim;
      dim.trip = random_trip(block, 6);
      dim.off_chip_stride = roll(0, 200);
      dim.padded = chance();
      dim.origin = roll(-2, 2);
      dim.extent = roll(1, 6);
      result.dims.push_back(dim);
    }
    return result;
  }

  void add_array(ProgramBlock& program, bool fused) {
    isa::Block& block = program.block;
    const auto add = [&](std::size_t s, isa::Direction direction, isa::Buffer buffer, int loop) {
      block.streams[s] = random_stream(block, direction, buffer, loop);
    };
    block.array = array_program(4, 4, roll(1, 40), loop_of(block));
    block.array.loops.push_back({random_trip(block, 5), 0, 1, chance() ? 0 : 3, 0});
    block.array.bias = chance();
    block.array.output_depth = static_cast<std::uint8_t>(roll(1, 2));
    add(0, isa::Direction::load, isa::Buffer::wbuf, loop_of(block));
    add(1, isa::Direction::load, isa::Buffer::ibuf, loop_of(block));
    if (block.array.bias) add(2, isa::Direction::load, isa::Buffer::bbuf, loop_of(block));
    if (chance()) add(3, isa::Direction::load, isa::Buffer::obuf, block.array.output_loop);
    if (!fused || chance()) add(4, isa::Direction::store, isa::Buffer::obuf, block.array.output_loop);
    block.simd.reads_obuf = fused;
    if (fused && block.array.output_loop >= 0) block.simd.obuf_when = condition(block.array.output_loop);
  }

  void add_simd(isa::Block& block, bool fused) {
    block.simd.used = true;
    block.streams[8] = random_stream(block, isa::Direction::load, isa::Buffer::vmem1, loop_of(block));
    block.streams[9] = random_stream(block, isa::Direction::store, isa::Buffer::vmem2, loop_of(block));
    for (std::size_t i = 0; i < 4; ++i) {
      isa::Iterator& iterator = block.simd.iterators[i];
      iterator.used = true;
      iterator.space = i == 0 && fused ? isa::Namespace::obuf : i < 2 ? isa::Namespace::vmem1 : isa::Namespace::vmem2;
      iterator.stream = static_cast<std::int8_t>(iterator.space == isa::Namespace::obuf ? isa::kNoStream
                                                 : i < 2                                ? 8
                                                                                        : 9);
      iterator.stride = {roll(0, 4), roll(0, 1)};
    }
    for (int n = roll(1, 3); n > 0; --n) {
      isa::Nest nest;
      nest.loops = {random_trip(block, 9), random_trip(block, 9)};
      nest.lanes.last = trip(roll(1, 4));
      nest.when = condition(static_cast<int>(block.tile_loops.size()) - 1);
      for (int i = roll(1, 4); i > 0; --i) {
        nest.body.push_back({static_cast<isa::SimdOpcode>(roll(0, static_cast<int>(isa::SimdOpcode::cast))),
                             static_cast<std::uint8_t>(roll(2, 3)), static_cast<std::uint8_t>(roll(0, 3)),
                             static_cast<std::uint8_t>(roll(0, 3))});
      }
      block.simd.nests.push_back(nest);
    }
  }

  void add_copy(isa::Block& block) {
    const isa::Buffer buffer = chance() ? isa::Buffer::vmem2 : isa::Buffer::ibuf;
    block.streams[12] = random_stream(block, isa::Direction::load, buffer, loop_of(block));
    block.streams[13] = random_stream(block, isa::Direction::store, buffer, block.streams[12].loop);
    block.streams[13].when = block.streams[12].when;
    block.streams[13].from = 12;
  }

  std::mt19937 random_;
};

/// Any widths, latencies and limits.
inline MachineParameters random_machine(RandomProgram& dice) {
  MachineParameters machine = small_machine();
  for (DmaParameters& port : machine.dma) {
    port.width_bits = 8 << dice.roll(0, 5);
    port.max_burst_bytes = 64 << dice.roll(0, 3);
    port.max_outstanding_bursts = dice.roll(1, 8);
    port.setup_cycles = dice.roll(0, 3);
  }
  machine.interconnect.request_latency = dice.roll(0, 6);
  machine.interconnect.response_latency = dice.roll(0, 6);
  machine.controller.half_words = dice.roll(1, 128);
  machine.controller.decode_words_per_cycle = dice.roll(1, 4);
  machine.controller.dispatch_cycles = dice.roll(0, 4);
  machine.clock_period_ps = dice.chance() ? 800 : 1000;
  return machine;
}

}  // namespace systole::test
