#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "models/cycle/stream_walker.h"
#include "test/models/cycle/jittery_memory.h"
#include "test/models/cycle/random_program.h"

namespace systole::test {
namespace {

constexpr int kRounds = 300;

/// Bytes that the program's streams move, walked without a machine.
struct Traffic {
  std::int64_t read = 0;
  std::int64_t write = 0;
};

Traffic traffic_of(const isa::Block& block) {
  Traffic traffic;
  for (const isa::Stream& stream : block.streams) {
    if (!stream.used) continue;
    const bool load = stream.direction == isa::Direction::load;
    TileWalker tile(block.tile_loops);
    do {
      const bool here = load ? tile.enters(stream.loop) : tile.leaves(stream.loop);
      if (!here || !tile.holds(stream.when)) continue;
      StreamWalker walker;
      walker.start(stream, tile, 4096);
      for (Segment burst; walker.next(burst);) (load ? traffic.read : traffic.write) += burst.bytes;
    } while (tile.next());
  }
  return traffic;
}

/// Exact cycles of the array, tile by tile.
std::int64_t array_cycles(const MachineParameters& machine, const isa::Block& block) {
  if (!block.array.used) return 0;
  ArrayTiming timing(machine.array);
  timing.start(block.array);
  std::int64_t cycles = 0;
  TileWalker tile(block.tile_loops);
  do {
    cycles += timing.tile(tile).busy;
  } while (tile.next());
  return cycles;
}

IdealMemoryParameters random_memory(RandomProgram& dice) {
  IdealMemoryParameters memory;
  if (dice.chance()) memory.gbytes_per_second = dice.roll(1, 30);
  if (dice.chance()) memory.latency_ns = dice.roll(0, 1000) / 10.0;
  return memory;
}

TEST(MachineProperties, RandomProgramsEndAndTheirBooksClose) {
  for (unsigned seed = 0; seed < kRounds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomProgram dice(seed);
    const MachineProgram program = dice.make();
    const MachineParameters machine = random_machine(dice);
    fresh_kernel();
    IdealMemory memory("memory", random_memory(dice));
    const RunCounters run = simulate(machine, memory, program);  // checks the identities itself

    Traffic traffic;
    std::int64_t busy = 0;
    std::int64_t words = 0;
    for (const ProgramBlock& block : program.blocks) {
      traffic.read += traffic_of(block.block).read;
      traffic.write += traffic_of(block.block).write;
      busy += array_cycles(machine, block.block);
      words += block.words;
    }
    ASSERT_EQ(run.memory.read_bytes, traffic.read + words * 4);
    ASSERT_EQ(run.memory.write_bytes, traffic.write);
    ASSERT_EQ(run.events.port_bytes, traffic.read + traffic.write + words * 4);
    ASSERT_EQ(run.of(Unit::systolic_array).busy.count(), busy);
    ASSERT_EQ(run.events.of(Sram::inst).read_bytes - 4 * run.events.simd_instructions, words * 4);

    Bytes layer_reads;
    Bytes layer_writes;
    std::int64_t layer_cycles = 0;
    std::int64_t block_bytes = 0;
    for (const LayerCounters& layer : run.layers) {
      layer_reads += layer.dram_read;
      layer_writes += layer.dram_write;
      layer_cycles += layer.events.cycles;
      ASSERT_LE(layer.end, run.cycles);
    }
    for (const BlockCounters& block : run.blocks) block_bytes += block.memory.read_bytes + block.memory.write_bytes;
    ASSERT_EQ(layer_reads.count(), traffic.read);
    ASSERT_EQ(layer_writes.count(), traffic.write);
    ASSERT_EQ(layer_cycles, run.cycles.count());
    ASSERT_EQ(block_bytes, run.memory.read_bytes + run.memory.write_bytes);
  }
}

bool equal(const RunCounters& a, const RunCounters& b) {
  bool same = a.cycles == b.cycles && a.bursts == b.bursts && a.events.port_bytes == b.events.port_bytes;
  for (std::size_t unit = 0; unit < kUnits; ++unit) {
    same = same && a.units[unit].busy == b.units[unit].busy && a.units[unit].idle == b.units[unit].idle;
    for (const Stall stall : stalls_of(static_cast<Unit>(unit))) {
      same = same && a.units[unit].stalls[stall] == b.units[unit].stalls[stall];
    }
  }
  for (std::size_t layer = 0; layer < a.layers.size(); ++layer) {
    same = same && a.layers[layer].start == b.layers[layer].start && a.layers[layer].end == b.layers[layer].end;
  }
  return same;
}

TEST(MachineProperties, TheSameProgramGivesTheSameRun) {
  for (unsigned seed = 0; seed < 30; ++seed) {
    RandomProgram dice(seed);
    const MachineProgram program = dice.make();
    const MachineParameters machine = random_machine(dice);
    const IdealMemoryParameters parameters = random_memory(dice);
    const auto run = [&] {
      fresh_kernel();
      IdealMemory memory("memory", parameters);
      return simulate(machine, memory, program);
    };
    ASSERT_TRUE(equal(run(), run())) << "seed " << seed;
  }
}

/// Answers in other delta cycles and in another order, and events of one instant that the kernel takes otherwise.
TEST(MachineProperties, CyclesDoNotDependOnTheOrderWithinAnInstant) {
  for (unsigned seed = 0; seed < 100; ++seed) {
    RandomProgram dice(seed);
    const MachineProgram program = dice.make();
    MachineParameters machine = random_machine(dice);
    machine.clock_period_ps = 1000;  // the memory answers at edges
    for (DmaParameters& port : machine.dma) port.max_outstanding_bursts = dice.roll(1, 4);
    const auto run = [&](unsigned jitter) {
      fresh_kernel();
      JitteryMemory memory(jitter);
      std::vector<std::unique_ptr<Noise>> noise;
      for (unsigned n = 0; n < jitter; ++n) {
        noise.push_back(std::make_unique<Noise>(sc_core::sc_gen_unique_name("noise"), n + jitter, 1000));
      }
      return simulate(machine, memory, program);
    };
    const RunCounters first = run(0);
    for (unsigned jitter = 1; jitter < 5; ++jitter) ASSERT_TRUE(equal(first, run(jitter))) << "seed " << seed;
  }
}

}  // namespace
}  // namespace systole::test
