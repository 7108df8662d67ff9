#include "isa/extent.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "test/isa/example_block.h"

namespace systole::isa {
namespace {

using Bounds = std::pair<std::int64_t, std::int64_t>;

/// Comparable and printable; nothing reached is [0, 0).
Bounds bounds(const std::optional<Extent>& extent) {
  return extent ? Bounds{extent->low, extent->high} : Bounds{};
}

TEST(Extent, on_chip_counts_blocks_of_a_run_and_their_rest) {
  Stream s;
  s.on_chip_base = 100;
  s.dims = {{{3, 3, kNoLoop}, 0, -10, false, 0, 1, 0, {}}};
  s.run.elements = {10, 10, kNoLoop};
  EXPECT_EQ(bounds(on_chip_extent(s)), (Bounds{80, 110}));
  s.run.block = 4;
  s.run.block_stride = 50;  // 4 at 0, 4 at 50, 2 at 100
  EXPECT_EQ(bounds(on_chip_extent(s)), (Bounds{80, 202}));
}

TEST(Extent, a_tail_may_be_longer_than_the_count) {
  Stream s;
  s.run.elements = {4, 9, 0};
  EXPECT_EQ(on_chip_extent(s).high, 9);
  EXPECT_EQ(off_chip_extent(s, {2})->high, 9);
}

TEST(Extent, an_exact_remainder_tile_ends_with_its_tensor) {
  Stream s;
  s.base = 1000;
  s.loop = 0;
  s.tile_stride[0] = 64;
  s.dims = {{{64, 10, 0}, 1, 1, false, 0, 1, 0, {}}};
  EXPECT_EQ(bounds(off_chip_extent(s, {3})), (Bounds{1000, 1138}));
}

TEST(Extent, padding_is_not_fetched) {
  EXPECT_EQ(bounds(off_chip_extent(example_block().streams[2], {2, 3, 2})), (Bounds{0x10000, 0x10000 + 20 * 20 * 8}));
}

TEST(Extent, a_stream_of_padding_only_reaches_nothing) {
  Stream s;
  s.dims = {{{4, 4, kNoLoop}, 8, 8, true, 30, 1, 20, {}}};
  EXPECT_FALSE(off_chip_extent(s, {}).has_value());
}

TEST(Extent, a_walker_made_to_waste_time_is_bounded_without_trying_its_positions) {
  Stream s;
  s.loop = 7;
  const std::vector<std::int32_t> loops(8, INT32_MAX);
  for (std::int8_t d = 0; d < 4; ++d) {
    s.dims.push_back({{INT32_MAX, INT32_MAX - 1, d}, 1, 1, true, 0, 1, 1, {1, 1, 1, 1, 1, 1, 1, 1}});
  }
  EXPECT_EQ(bounds(off_chip_extent(s, loops)), (Bounds{0, 4 * (INT32_MAX - std::int64_t{1}) + 1}));
}

TEST(Extent, huge_numbers_are_cut_and_not_wrapped) {
  Stream s;
  s.loop = 0;
  s.tile_stride[0] = (std::int64_t{1} << 39) - 1;
  EXPECT_EQ(off_chip_extent(s, {INT32_MAX})->high, std::numeric_limits<std::int64_t>::max());
}

/// Every byte of every generation, one by one, by the words of isa/manual.md section 2.
class BruteForce {
 public:
  BruteForce(const Stream& s, const std::vector<std::int32_t>& loops) : s_(s), loops_(loops) {}
  std::optional<Extent> extent() {
    for (index_[0] = 0; index_[0] < loops_[0]; ++index_[0]) {
      for (index_[1] = 0; index_[1] < loops_[1]; ++index_[1])
        walk(0, s_.base + s_.tile_stride[0] * index_[0] + s_.tile_stride[1] * index_[1], true, 0);
    }
    return found_;
  }

 private:
  [[nodiscard]] int count(const Trip& t) const {
    return t.tail_loop != kNoLoop &&
                   index_.at(static_cast<std::size_t>(t.tail_loop)) == loops_[static_cast<std::size_t>(t.tail_loop)] - 1
               ? t.tail
               : t.count;
  }
  void walk(std::size_t d, std::int64_t address, bool valid, std::int64_t coordinate) {
    if (d == s_.dims.size()) return run(address, valid, coordinate);
    const WalkDim& dim = s_.dims[d];
    const bool packed = s_.run.pixel_elements > 0 && d + 1 == s_.dims.size();
    for (int i = 0; i < count(dim.trip); ++i) {
      std::int64_t c = dim.origin + std::int64_t{i} * dim.step;
      for (std::size_t l = 0; l < 2; ++l) c += std::int64_t{dim.tile_step[l]} * index_[l];
      const bool here = !dim.padded || packed || (c >= 0 && c < dim.extent);
      walk(d + 1, address + i * dim.off_chip_stride, valid && here, c);
    }
  }
  void run(std::int64_t address, bool valid, std::int64_t coordinate) {
    for (int e = 0; valid && e < count(s_.run.elements); ++e) {
      if (s_.run.pixel_elements > 0) {
        const std::int64_t c = coordinate + e / s_.run.pixel_elements;
        if (c < 0 || c >= s_.dims.back().extent) continue;
      }
      const std::int64_t low = address + std::int64_t{e} * s_.element_bits / 8;
      const std::int64_t high = address + (std::int64_t{e + 1} * s_.element_bits + 7) / 8;
      found_ = found_ ? Extent{std::min(found_->low, low), std::max(found_->high, high)} : Extent{low, high};
    }
  }
  const Stream& s_;
  const std::vector<std::int32_t>& loops_;
  std::array<std::int32_t, 2> index_{};
  std::optional<Extent> found_;
};

TEST(Extent, off_chip_equals_the_walk_done_byte_by_byte) {
  std::mt19937 random(11);
  const auto between = [&](int low, int high) {
    return low + static_cast<int>(random() % static_cast<unsigned>(high - low + 1));
  };
  const auto trip = [&] { return Trip{between(1, 5), between(1, 5), static_cast<std::int8_t>(between(-1, 1))}; };
  for (int i = 0; i < 3000; ++i) {
    const std::vector<std::int32_t> loops{between(1, 4), between(1, 4)};
    Stream s;
    s.loop = 1;
    s.element_bits = static_cast<std::uint8_t>(4 << between(0, 3));
    s.tile_stride = {between(-50, 50), between(-50, 50)};
    s.dims.resize(2);
    for (std::size_t d = 0; d < 2; ++d) {
      WalkDim& dim = s.dims[d];
      dim = {trip(), between(-20, 20), 0, between(0, 1) == 1, between(-4, 4), between(-2, 2), between(1, 6), {}};
      if (dim.padded) dim.tile_step[d] = between(-2, 2);  // one dimension a tile loop: where the bound is exact
    }
    s.run.elements = trip();
    if (s.dims[1].padded && between(0, 1) == 1) s.run.pixel_elements = between(1, 3);
    const std::optional<Extent> expected = BruteForce(s, loops).extent();
    const std::optional<Extent> found = off_chip_extent(s, loops);
    ASSERT_EQ(bounds(found), bounds(expected)) << i;
  }
}

}  // namespace
}  // namespace systole::isa
