#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <utility>
#include <vector>

#include "Vsimd_core.h"
#include "isa/block.h"
#include "models/cycle/simd_timing.h"

namespace systole {
namespace {

using isa::Namespace;
using isa::SimdOpcode;

constexpr int kLanes = 4;
constexpr int kWords = 256;
constexpr int kLoops = 7;
constexpr int kDivide = 9;
constexpr int kNoLaneLoop = 15;

struct Address {
  int base = 0;
  std::array<int, kLoops> stride{};
  Namespace space = Namespace::vmem1;
};
struct Step {
  SimdOpcode opcode = SimdOpcode::move;
  int destination = 0, source1 = 0, source2 = 0;
};
struct Nest {
  std::array<int, kLoops> count{1, 1, 1, 1, 1, 1, 1};
  std::vector<Step> body;
  int lane_loop = kNoLaneLoop;  ///< the loop whose last iteration has fewer lanes
  int last_lanes = kLanes;
};
struct Tile {
  std::vector<Nest> nests;
  std::vector<Address> iterators;
};

using Place = std::pair<int, int>;  // namespace, word
struct Lane {
  std::map<Place, std::int32_t> memory;
};
/// (cycle, lane) -> place and value written back.
using Results = std::map<std::pair<int, int>, std::pair<Place, std::int32_t>>;

std::int32_t compute(SimdOpcode op, std::int32_t x, std::int32_t y, std::int32_t d) {
  const auto ux = static_cast<std::uint32_t>(x);
  const auto uy = static_cast<std::uint32_t>(y);
  const auto wrap = [](std::uint32_t v) { return static_cast<std::int32_t>(v); };
  switch (op) {
    case SimdOpcode::add:
      return wrap(ux + uy);
    case SimdOpcode::sub:
      return wrap(ux - uy);
    case SimdOpcode::mul:
      return wrap(ux * uy);
    case SimdOpcode::mac:
      return wrap(static_cast<std::uint32_t>(d) + ux * uy);
    case SimdOpcode::max:
      return std::max(x, y);
    case SimdOpcode::min:
      return std::min(x, y);
    case SimdOpcode::shift_right:
      return x >> (uy & 31);
    case SimdOpcode::move:
      return x;
    case SimdOpcode::conditional_move:
      return y != 0 ? x : d;
    case SimdOpcode::relu:
      return std::max(x, 0);
    case SimdOpcode::greater:
      return x > y ? 1 : 0;
    case SimdOpcode::requantize: {
      // In 128 bits; the quotient is rounded down, the rest decides.
      const __int128 product = static_cast<__int128>(d) * x;
      const __int128 unit = static_cast<__int128>(1) << (uy & 63);
      __int128 quotient = product / unit - (product % unit < 0 ? 1 : 0);
      const __int128 twice = 2 * (product - quotient * unit);
      if (twice > unit || (twice == unit && quotient % 2 != 0)) ++quotient;
      return static_cast<std::int32_t>(std::clamp<__int128>(quotient, INT32_MIN, INT32_MAX));
    }
    case SimdOpcode::divide:
      return y == 0 ? 0 : static_cast<std::int32_t>(std::int64_t{x} / y);
    default:
      ADD_FAILURE() << "opcode not in this test";
      return 0;
  }
}

/// Plain reading of isa/manual.md section 4 and models/cycle/timing.md section 6.
Results expected(const Tile& tile, std::array<Lane, kLanes>& lanes, int& cycles) {
  Results results;
  std::map<Place, int> readable;  // first cycle in which a reader of the word may issue
  int free = 0;
  for (const Nest& nest : tile.nests) {
    std::array<int, kLoops> i{};
    for (bool more = true; more;) {
      const bool tail = nest.lane_loop == kNoLaneLoop || i[nest.lane_loop] + 1 == nest.count[nest.lane_loop];
      const int active_lanes = tail ? nest.last_lanes : kLanes;
      for (const Step& step : nest.body) {
        const auto place = [&](int iterator) {
          const Address& a = tile.iterators[static_cast<std::size_t>(iterator)];
          int word = a.base;
          for (int l = 0; l < kLoops; ++l) word += a.stride[l] * i[l];
          return Place{static_cast<int>(a.space), word};
        };
        const bool two = step.opcode != SimdOpcode::move && step.opcode != SimdOpcode::relu;
        const bool three = step.opcode == SimdOpcode::mac || step.opcode == SimdOpcode::conditional_move ||
                           step.opcode == SimdOpcode::requantize;
        std::set<Place> reads = {place(step.source1)};
        if (two) reads.insert(place(step.source2));
        if (three) reads.insert(place(step.destination));
        int issue = free;
        std::map<int, int> ports;
        int extra = 0;
        for (const Place& p : reads) {
          if (readable.count(p) != 0) issue = std::max(issue, readable[p]);
          if (p.first != static_cast<int>(Namespace::imm) && ++ports[p.first] > 1) ++extra;
        }
        const int occupancy = (step.opcode == SimdOpcode::divide ? kDivide : 1) + extra;
        free = issue + occupancy;
        const Place d = place(step.destination);
        readable[d] = issue + occupancy + 2;
        for (int lane = 0; lane < active_lanes; ++lane) {
          auto& memory = lanes[static_cast<std::size_t>(lane)].memory;
          memory[d] = compute(step.opcode, memory[place(step.source1)], memory[place(step.source2)], memory[d]);
          results[{issue + 4 + occupancy + lane, lane}] = {d, memory[d]};
        }
      }
      more = false;
      for (int l = kLoops; l-- > 0 && !more;) {
        more = ++i[l] < nest.count[l];
        if (!more) i[l] = 0;
      }
    }
  }
  cycles = free + 5 + kLanes - 1;
  return results;
}

class Core {
 public:
  Core() {
    core_.reset = 1;
    tick();
    core_.reset = 0;
  }

  void load(const std::array<Lane, kLanes>& lanes) {
    for (const auto& entry : lanes[0].memory) {
      const Place place = entry.first;
      core_.load = 1;
      core_.load_space = static_cast<unsigned char>(place.first);
      core_.load_addr = static_cast<unsigned char>(place.second);
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        core_.load_data[lane] = static_cast<std::uint32_t>(lanes[lane].memory.at(place));
      }
      tick();
    }
    core_.load = 0;
  }

  Results run(const Tile& tile, int& cycles) {
    configure(tile);
    core_.nests = static_cast<unsigned char>(tile.nests.size());
    core_.start = 1;
    tick();
    core_.start = 0;
    Results results;
    for (cycles = 0; core_.busy; ++cycles) {
      for (int lane = 0; lane < kLanes; ++lane) {
        if ((core_.result_valid >> lane & 1) == 0) continue;
        const Place place{core_.result_space >> (2 * lane) & 3,
                          static_cast<int>(core_.result_addr >> (8 * lane) & 0xFF)};
        results[{cycles, lane}] = {place, static_cast<std::int32_t>(core_.result[lane])};
      }
      tick();
    }
    return results;
  }

 private:
  void configure(const Tile& tile) {
    int pc = 0;
    for (std::size_t n = 0; n < tile.nests.size(); ++n) {
      const Nest& nest = tile.nests[n];
      for (int l = 0; l < kLoops; ++l) write(1, static_cast<int>(n), l, static_cast<std::uint32_t>(nest.count[l]));
      write(1, static_cast<int>(n), 7, static_cast<std::uint32_t>(pc));
      for (const Step& step : nest.body) {
        write(2, pc++, 0,
              static_cast<std::uint32_t>(static_cast<int>(step.opcode) << 15 | step.destination << 10 |
                                         step.source1 << 5 | step.source2));
      }
      write(1, static_cast<int>(n), 8, static_cast<std::uint32_t>(pc - 1));
      write(1, static_cast<int>(n), 9, static_cast<std::uint32_t>(nest.lane_loop));
      write(1, static_cast<int>(n), 10, static_cast<std::uint32_t>(nest.last_lanes));
    }
    for (std::size_t i = 0; i < tile.iterators.size(); ++i) {
      const Address& a = tile.iterators[i];
      for (int l = 0; l < kLoops; ++l) write(3, static_cast<int>(i), l, static_cast<std::uint32_t>(a.stride[l]));
      write(3, static_cast<int>(i), 7, static_cast<std::uint32_t>(a.space));
      write(3, static_cast<int>(i), 8, static_cast<std::uint32_t>(a.base));
    }
    core_.config_write = 0;
  }
  void write(int what, int index, int field, std::uint32_t data) {
    core_.config_write = static_cast<unsigned char>(what);
    core_.config_index = static_cast<unsigned short>(index);
    core_.config_field = static_cast<unsigned char>(field);
    core_.config_data = data;
    tick();
  }
  void tick() {
    core_.clk = 0;
    core_.eval();
    core_.clk = 1;
    core_.eval();
  }
  Vsimd_core core_;
};

class Random {
 public:
  int operator()(int low, int high) { return std::uniform_int_distribution<int>(low, high)(engine_); }

 private:
  std::mt19937 engine_{11};
};

/// Few words and many instructions, so that readers meet writers at every distance.
Tile random_tile(Random& random) {
  constexpr std::array<SimdOpcode, 13> kOpcodes = {
      SimdOpcode::add,         SimdOpcode::sub,     SimdOpcode::mul,
      SimdOpcode::mac,         SimdOpcode::max,     SimdOpcode::min,
      SimdOpcode::shift_right, SimdOpcode::move,    SimdOpcode::conditional_move,
      SimdOpcode::relu,        SimdOpcode::greater, SimdOpcode::divide,
      SimdOpcode::requantize};
  Tile tile;
  tile.iterators.resize(static_cast<std::size_t>(random(4, 12)));
  for (Address& a : tile.iterators) {
    a.space = static_cast<Namespace>(random(0, 3));
    a.base = random(0, 6);
    for (int& s : a.stride) s = a.space == Namespace::imm ? 0 : random(0, 2);
  }
  tile.iterators[0].space = Namespace::vmem1;  // a place to write to
  std::vector<int> writable;
  for (std::size_t i = 0; i < tile.iterators.size(); ++i)
    if (tile.iterators[i].space != Namespace::imm) writable.push_back(static_cast<int>(i));
  const int last = static_cast<int>(tile.iterators.size()) - 1;
  tile.nests.resize(static_cast<std::size_t>(random(1, 3)));
  for (Nest& nest : tile.nests) {
    for (int n = random(0, 3); n > 0; --n) nest.count[static_cast<std::size_t>(random(0, kLoops - 1))] = random(1, 3);
    nest.last_lanes = random(1, kLanes);
    if (random(0, 1) == 1) nest.lane_loop = random(0, kLoops - 1);
    nest.body.resize(static_cast<std::size_t>(random(1, 5)));
    for (Step& step : nest.body) {
      step.opcode = kOpcodes[static_cast<std::size_t>(random(0, 12))];
      step.destination = writable[static_cast<std::size_t>(random(0, static_cast<int>(writable.size()) - 1))];
      step.source1 = random(0, last);
      step.source2 = random(0, last);
    }
  }
  return tile;
}

/// The same tile as the machine's timing reads it.
isa::SimdProgram program_of(const Tile& tile) {
  isa::SimdProgram program;
  program.used = true;
  for (std::size_t i = 0; i < tile.iterators.size(); ++i) {
    const Address& a = tile.iterators[i];
    isa::Iterator& iterator = program.iterators[i];
    iterator.used = true;
    iterator.space = a.space;
    iterator.base = a.base;
    for (std::size_t l = 0; l < kLoops; ++l) iterator.stride[l] = a.stride[l];
  }
  for (const Nest& nest : tile.nests) {
    isa::Nest n;
    for (std::size_t l = 0; l < kLoops; ++l) n.loops.push_back({nest.count[l], nest.count[l], isa::kNoLoop});
    n.lanes.last = {nest.last_lanes, nest.last_lanes, isa::kNoLoop};
    for (const Step& step : nest.body) {
      n.body.push_back({step.opcode, static_cast<std::uint8_t>(step.destination),
                        static_cast<std::uint8_t>(step.source1), static_cast<std::uint8_t>(step.source2)});
    }
    program.nests.push_back(n);
  }
  return program;
}

std::int64_t cycles_in_systemc(const Tile& tile) {
  SimdParameters parameters;
  parameters.lanes = kLanes;
  parameters.divide_latency = kDivide;
  const isa::SimdProgram program = program_of(tile);
  SimdTiming timing(parameters);
  timing.start(program);
  const SimdTile& time = timing.tile(TileWalker({}));
  std::int64_t cycles = time.fill;
  for (const SimdNestTime& nest : time.nests) cycles += nest.issue.total();
  return cycles;
}

TEST(SimdCore, every_write_back_of_random_programs_has_the_right_value_in_the_right_cycle) {
  Random random;
  Core core;
  std::array<Lane, kLanes> lanes;
  for (Lane& lane : lanes)
    for (int space = 0; space < 4; ++space)
      for (int word = 0; word < (space == 3 ? 32 : kWords); ++word) lane.memory[{space, word}] = random(-50, 50);
  core.load(lanes);
  for (int n = 0; n < 3000; ++n) {
    const Tile tile = random_tile(random);
    int expected_cycles = 0;
    int cycles = 0;
    const Results right = expected(tile, lanes, expected_cycles);
    const Results seen = core.run(tile, cycles);
    ASSERT_EQ(cycles, expected_cycles) << "tile " << n;
    ASSERT_EQ(cycles, cycles_in_systemc(tile)) << "tile " << n;
    ASSERT_TRUE(seen == right) << "tile " << n;
  }
}

TEST(SimdCore, a_chain_of_dependent_instructions_waits_two_cycles_between_each) {
  Core core;
  Tile tile;
  tile.iterators.resize(2);
  tile.iterators[1].base = 1;
  tile.nests.resize(1);
  tile.nests[0].body = {{SimdOpcode::add, 0, 0, 1}, {SimdOpcode::add, 0, 0, 0}, {SimdOpcode::add, 0, 0, 0}};
  int cycles = 0;
  core.run(tile, cycles);
  // The first add reads two words of VMEM1: one cycle more.
  EXPECT_EQ(cycles, (2 + 2 + 1 + 2 + 1) + 5 + (kLanes - 1));
}

}  // namespace
}  // namespace systole
