#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <map>
#include <random>
#include <utility>
#include <vector>

#include "Varray_core.h"
#include "models/cycle/array_timing.h"

namespace systole {
namespace {

constexpr int kRows = 4;
constexpr int kColumns = 4;
constexpr int kLoops = 8;
constexpr int kIbufWords = 512;
constexpr int kWbufWords = 64;
constexpr int kObufWords = 512;
constexpr int kBbufWords = 16;

/// A tile in the sequencer's terms, outermost loop first.
struct Tile {
  std::array<int, kLoops> count{};
  std::array<int, kLoops> ibuf{}, wbuf{}, obuf{}, bbuf{};
  bool fresh = true;
  bool biased = true;
  int row_loop = kLoops, rows = kRows;
  int column_loop = kLoops, columns = kColumns;
};

struct Memories {
  std::vector<std::array<int, kRows>> ibuf{kIbufWords};
  std::vector<std::array<std::array<int, kColumns>, kRows>> wbuf{kWbufWords};
  std::vector<std::array<std::int32_t, kColumns>> obuf{kObufWords}, bbuf{kBbufWords};
};

struct Result {
  int address;
  std::int32_t value;
  bool operator==(const Result& o) const { return address == o.address && value == o.value; }
};
using Results = std::map<std::pair<int, int>, Result>;  // by the cycle of the tile in which it is written, and column

/// Plain loops over isa/manual.md section 3 and models/cycle/timing.md section 5.
Results expected(const Tile& t, Memories& m, int& cycles) {
  Results results;
  std::array<int, kLoops> i{};
  std::map<int, int> used;  // OBUF word -> cycle in which its last vector entered
  int cycle = 0;
  for (bool more = true; more; ++cycle) {
    int ia = 0, wa = 0, oa = 0, ba = 0;
    bool at_start = true;
    for (int l = 0; l < kLoops; ++l) {
      ia += i[l] * t.ibuf[l];
      wa += i[l] * t.wbuf[l];
      oa += i[l] * t.obuf[l];
      ba += i[l] * t.bbuf[l];
      at_start = at_start && (t.obuf[l] != 0 || i[l] == 0);
    }
    const bool fresh = t.fresh && at_start;
    if (!fresh && used.count(oa) != 0 && cycle < used[oa] + 2) cycle = used[oa] + 2;
    used[oa] = cycle;
    const auto tail = [&](int loop) { return loop == kLoops || i[loop] + 1 == t.count[loop]; };
    const int rows = tail(t.row_loop) ? t.rows : kRows;
    const int columns = tail(t.column_loop) ? t.columns : kColumns;
    for (int c = 0; c < columns; ++c) {
      std::int32_t sum = !fresh ? m.obuf[oa][c] : t.biased ? m.bbuf[ba][c] : 0;
      for (int r = 0; r < rows; ++r) sum += m.ibuf[ia][r] * m.wbuf[wa][r][c];
      m.obuf[oa][c] = sum;
      results.emplace(std::pair(cycle + kRows - 1 + c, c), Result{oa, sum});
    }
    more = false;
    for (int l = kLoops; l-- > 0 && !more;) {
      more = ++i[l] < t.count[l];
      if (!more) i[l] = 0;
    }
  }
  cycles = cycle - 1 + kRows + kColumns - 1;
  return results;
}

class Core {
 public:
  Core() {
    core_.reset = 1;
    tick();
    core_.reset = 0;
  }

  void load(const Memories& m) {
    for (int w = 0; w < kIbufWords; ++w) {
      core_.load_activations = packed(m.ibuf[w]);
      put(1, w);
    }
    for (int w = 0; w < kWbufWords; ++w) {
      for (int r = 0; r < kRows; ++r) {
        core_.load_row = static_cast<std::uint32_t>(r);
        core_.load_weights = packed(m.wbuf[w][r]);
        put(2, w);
      }
    }
    for (int w = 0; w < kBbufWords; ++w) put(3, w, m.bbuf[w]);
    for (int w = 0; w < kObufWords; ++w) put(4, w, m.obuf[w]);
    core_.load_memory = 0;
  }

  Results run(const Tile& t, int& cycles) {
    configure(t);
    core_.start = 1;
    tick();
    core_.start = 0;
    Results results;
    for (cycles = 0; core_.busy; ++cycles) {
      collect(cycles, results);
      tick();
    }
    return results;
  }

  /// Starts each tile in the last cycle of the one before, whose length is known; results by the cycle since the first.
  /// `gaps`: cycles in which the core was not busy before the last tile's end, or was after it.
  Results run_back_to_back(const std::vector<Tile>& tiles, const std::vector<int>& lengths, int& gaps) {
    Results results;
    int now = 0;
    gaps = 0;
    configure(tiles.front());
    core_.start = 1;
    tick();
    core_.start = 0;
    for (std::size_t n = 0; n < tiles.size(); ++n) {
      for (int cycle = 0; cycle < lengths[n]; ++cycle, ++now) {
        if (core_.busy == 0) ++gaps;
        const bool next = cycle + 1 == lengths[n] && n + 1 < tiles.size();
        if (next) configure(tiles[n + 1]);
        core_.start = next ? 1 : 0;
        collect(now, results);
        tick();
      }
    }
    core_.start = 0;
    core_.eval();
    if (core_.busy != 0) ++gaps;
    return results;
  }

 private:
  void configure(const Tile& t) {
    for (int l = 0; l < kLoops; ++l) {
      core_.count[l] = static_cast<std::uint32_t>(t.count[l]);
      set16(&core_.ibuf_stride[0], l, t.ibuf[l]);
      set16(&core_.wbuf_stride[0], l, t.wbuf[l]);
      set16(&core_.obuf_stride[0], l, t.obuf[l]);
      set16(&core_.bbuf_stride[0], l, t.bbuf[l]);
    }
    core_.start_from_bias = t.fresh;
    core_.biased = t.biased;
    core_.row_loop = static_cast<unsigned char>(t.row_loop);
    core_.row_tail_count = static_cast<std::uint32_t>(t.rows);
    core_.column_loop = static_cast<unsigned char>(t.column_loop);
    core_.column_tail_count = static_cast<std::uint32_t>(t.columns);
  }
  void collect(int cycle, Results& results) {
    core_.eval();
    for (int c = 0; c < kColumns; ++c) {
      if ((core_.result_valid >> c & 1) == 0) continue;
      const auto address = static_cast<int>(core_.result_addr >> (9 * c) & 0x1FF);
      results.emplace(std::pair(cycle, c), Result{address, static_cast<std::int32_t>(core_.result[c])});
    }
  }
  static void set16(std::uint32_t* words, int l, int value) {
    const int shift = 16 * (l % 2);
    words[l / 2] = (words[l / 2] & ~(0xFFFFU << shift)) | (static_cast<std::uint32_t>(value) & 0xFFFFU) << shift;
  }
  template <std::size_t Lanes>
  static std::uint32_t packed(const std::array<int, Lanes>& bytes) {
    std::uint32_t word = 0;
    for (std::size_t i = 0; i < Lanes; ++i) word |= (static_cast<std::uint32_t>(bytes[i]) & 0xFFU) << (8 * i);
    return word;
  }
  void put(int memory, int word, const std::array<std::int32_t, kColumns>& sums = {}) {
    for (std::size_t c = 0; c < kColumns; ++c) core_.load_sums[c] = static_cast<std::uint32_t>(sums[c]);
    core_.load_memory = static_cast<unsigned char>(memory);
    core_.load_word = static_cast<unsigned short>(word);
    tick();
  }
  void tick() {
    core_.clk = 0;
    core_.eval();
    core_.clk = 1;
    core_.eval();
  }
  Varray_core core_;
};

class Random {
 public:
  int operator()(int low, int high) { return std::uniform_int_distribution<int>(low, high)(engine_); }

 private:
  std::mt19937 engine_{7};
};

Memories random_memories(Random& random) {
  Memories m;
  for (auto& w : m.ibuf)
    for (int& x : w) x = random(-128, 127);
  for (auto& w : m.wbuf)
    for (auto& row : w)
      for (int& x : row) x = random(-128, 127);
  for (auto& w : m.bbuf)
    for (auto& x : w) x = random(-1000, 1000);
  for (auto& w : m.obuf)
    for (auto& x : w) x = random(-100000, 100000);
  return m;
}

/// Pixels and output blocks as outputs; channel blocks and kernel positions as reductions; in random order.
Tile random_tile(Random& random) {
  Tile t;
  t.count.fill(1);
  const int places[] = {random(0, 1), random(2, 3), random(4, 5), random(6, 7)};
  const int pixels = random(1, 6), blocks = random(1, 2), channels = random(1, 3), kernel = random(1, 3);
  struct Axis {
    int count, ibuf, wbuf, obuf, bbuf;
  };
  std::array<Axis, 4> axes = {Axis{pixels, channels, 0, blocks, 0}, Axis{blocks, 0, channels * kernel, 1, 1},
                              Axis{channels, 1, kernel, 0, 0}, Axis{kernel, channels, 1, 0, 0}};
  for (int i = 3; i > 0; --i)
    std::swap(axes[static_cast<std::size_t>(i)], axes[static_cast<std::size_t>(random(0, i))]);
  for (std::size_t i = 0; i < 4; ++i) {
    const auto l = static_cast<std::size_t>(places[i]);
    t.count[l] = axes[i].count;
    t.ibuf[l] = axes[i].ibuf;
    t.wbuf[l] = axes[i].wbuf;
    t.obuf[l] = axes[i].obuf;
    t.bbuf[l] = axes[i].bbuf;
  }
  t.fresh = random(0, 1) == 1;
  t.biased = random(0, 1) == 1;
  t.row_loop = random(0, 1) == 1 ? random(0, kLoops - 1) : kLoops;
  t.rows = random(1, kRows);
  t.column_loop = random(0, 1) == 1 ? random(0, kLoops - 1) : kLoops;
  t.columns = random(1, kColumns);
  return t;
}

/// The same tile as the machine's timing reads it.
isa::ArrayProgram program_of(const Tile& t) {
  isa::ArrayProgram program;
  program.used = true;
  for (std::size_t l = 0; l < kLoops; ++l) {
    isa::ArrayLoop loop;
    loop.trip.count = t.count[l];
    loop.ibuf_stride = t.ibuf[l];
    loop.wbuf_stride = t.wbuf[l];
    loop.obuf_stride = t.obuf[l];
    loop.bbuf_stride = t.bbuf[l];
    program.loops.push_back(loop);
  }
  program.bias = t.biased;
  program.start.kind = t.fresh ? isa::Condition::Kind::always : isa::Condition::Kind::not_first;
  return program;
}

std::int64_t cycles_in_systemc(const Tile& t) {
  ArrayParameters parameters;
  parameters.rows = kRows;
  parameters.columns = kColumns;
  const isa::ArrayProgram program = program_of(t);
  ArrayTiming timing(parameters);
  timing.start(program);
  const ArrayTile& tile = timing.tile(TileWalker({}));
  return tile.busy + tile.hazard;
}

TEST(ArrayCore, every_result_of_random_tiles_has_the_right_value_in_the_right_cycle) {
  Random random;
  Core core;
  Memories m = random_memories(random);
  core.load(m);
  for (int n = 0; n < 3000; ++n) {
    const Tile tile = random_tile(random);
    int expected_cycles = 0;
    int cycles = 0;
    const Results right = expected(tile, m, expected_cycles);
    const Results seen = core.run(tile, cycles);
    ASSERT_EQ(cycles, expected_cycles) << "tile " << n;
    ASSERT_EQ(cycles, cycles_in_systemc(tile)) << "tile " << n;
    ASSERT_TRUE(seen == right) << "tile " << n;
  }
}

/// No cycle is lost between two tiles, and the one behind reads what the one before it has just written.
TEST(ArrayCore, tiles_follow_one_another_without_a_gap) {
  Random random;
  Core core;
  Memories m = random_memories(random);
  core.load(m);
  for (int chain = 0; chain < 200; ++chain) {
    std::vector<Tile> tiles;
    std::vector<int> lengths;
    Results right;
    int begin = 0;
    for (int n = 0; n < 12; ++n) {
      tiles.push_back(random_tile(random));
      lengths.push_back(0);
      for (const auto& [place, result] : expected(tiles.back(), m, lengths.back())) {
        right.emplace(std::pair(begin + place.first, place.second), result);
      }
      begin += lengths.back();
    }
    int gaps = 0;
    const Results seen = core.run_back_to_back(tiles, lengths, gaps);
    ASSERT_EQ(gaps, 0) << "chain " << chain;
    ASSERT_TRUE(seen == right) << "chain " << chain;
  }
}

TEST(ArrayCore, a_fully_connected_tile_stalls_every_second_cycle_on_its_only_output) {
  Core core;
  Tile t;
  t.count.fill(1);
  t.count[0] = 5;
  t.ibuf[0] = 1;
  t.wbuf[0] = 1;
  int cycles = 0;
  core.run(t, cycles);
  EXPECT_EQ(cycles, 5 + (kRows - 1) + (kColumns - 1) + 4);
}

}  // namespace
}  // namespace systole
