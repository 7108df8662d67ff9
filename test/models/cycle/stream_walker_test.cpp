#include "models/cycle/stream_walker.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "test/models/cycle/block_builder.h"

namespace systole::test {
namespace {

using Bursts = std::vector<std::pair<std::int64_t, std::int64_t>>;

Bursts bursts_of(const isa::Stream& stream, const TileWalker& tile, std::int64_t burst_bytes = 1024) {
  StreamWalker walker;
  walker.start(stream, tile, burst_bytes);
  Bursts bursts;
  for (Segment burst; walker.next(burst);) bursts.emplace_back(burst.address, burst.bytes);
  return bursts;
}

isa::WalkDim dim(std::int32_t count, std::int64_t stride) {
  isa::WalkDim result;
  result.trip = trip(count);
  result.off_chip_stride = stride;
  return result;
}

isa::WalkDim padded(isa::WalkDim dim, std::int32_t origin, std::int32_t extent) {
  dim.padded = true;
  dim.origin = origin;
  dim.extent = extent;
  return dim;
}

TEST(StreamWalker, ARunIsCutAtMultiplesOfTheBurst) {
  isa::Stream stream = load(isa::Buffer::ibuf, isa::kNoLoop, 100);
  stream.base = 60;
  const Bursts expected{{60, 4}, {64, 64}, {128, 32}};
  EXPECT_EQ(bursts_of(stream, TileWalker({}), 64), expected);
}

TEST(StreamWalker, TouchingRunsAreOneSegmentAndGapsAreNot) {
  isa::Stream stream = load(isa::Buffer::ibuf, isa::kNoLoop, 8);
  stream.dims = {dim(2, 100), dim(3, 8)};
  EXPECT_EQ(bursts_of(stream, TileWalker({})), (Bursts{{0, 24}, {100, 24}}));
  stream.dims[1].off_chip_stride = 9;
  EXPECT_EQ(bursts_of(stream, TileWalker({})).size(), 6U);
}

TEST(StreamWalker, OverlappingRunsAreReadOnce) {
  isa::Stream stream = load(isa::Buffer::ibuf, isa::kNoLoop, 8);
  stream.dims = {dim(3, 2)};
  EXPECT_EQ(bursts_of(stream, TileWalker({})), (Bursts{{0, 12}}));
}

TEST(StreamWalker, OuterDimensionsJoinWhenTheyContinueExactly) {
  isa::Stream stream = load(isa::Buffer::ibuf, isa::kNoLoop, 8);
  stream.dims = {dim(3, 64), dim(2, 16), dim(2, 8)};
  EXPECT_EQ(bursts_of(stream, TileWalker({})), (Bursts{{0, 32}, {64, 32}, {128, 32}}));
  stream.dims[0].off_chip_stride = 32;
  EXPECT_EQ(bursts_of(stream, TileWalker({})), (Bursts{{0, 96}}));
  stream.dims[0].off_chip_stride = 16;  // goes back: overlaps, does not continue
  EXPECT_EQ(bursts_of(stream, TileWalker({})).size(), 3U);
}

TEST(StreamWalker, PaddingIsNotReadButWrittenOnChip) {
  isa::Stream stream = load(isa::Buffer::ibuf, isa::kNoLoop, 4);
  stream.base = 1000;
  stream.dims = {padded(dim(5, 32), -1, 3), padded(dim(6, 4), -2, 100)};
  StreamWalker walker;
  walker.start(stream, TileWalker({}), 1024);
  EXPECT_EQ(walker.elements(), 5 * 6 * 4);
  EXPECT_EQ(bursts_of(stream, TileWalker({})), (Bursts{{1000 + 32 + 8, 16}, {1000 + 64 + 8, 16}, {1000 + 96 + 8, 16}}));
  stream.direction = isa::Direction::store;
  walker.start(stream, TileWalker({}), 1024);
  EXPECT_EQ(walker.elements(), 3 * 4 * 4);
}

TEST(StreamWalker, WhatIsAllPaddingHasNoBursts) {
  isa::Stream stream = load(isa::Buffer::ibuf, isa::kNoLoop, 4);
  stream.dims = {padded(dim(2, 16), -2, 3), dim(2, 4)};
  EXPECT_TRUE(bursts_of(stream, TileWalker({})).empty());
}

TEST(StreamWalker, ThePaddedCoordinateMovesWithTheTile) {
  isa::Stream stream = load(isa::Buffer::ibuf, 0, 4);
  stream.tile_stride[0] = 8;
  stream.dims = {padded(dim(3, 4), -1, 4)};
  stream.dims[0].tile_step[0] = 2;
  TileWalker tile({2});
  EXPECT_EQ(bursts_of(stream, tile), (Bursts{{4, 8}}));
  tile.next();  // coordinates 1, 2, 3 of 4
  EXPECT_EQ(bursts_of(stream, tile), (Bursts{{8, 12}}));
}

TEST(StreamWalker, PackedPixelsAreClippedElementByElement) {
  isa::Stream stream = load(isa::Buffer::ibuf, isa::kNoLoop, 9);  // 3 pixels of 3 channels
  stream.run.pixel_elements = 3;
  stream.base = -3;
  stream.dims = {padded(dim(4, 3), -1, 4)};
  // Pixels -1..1, 0..2, 1..3, 2..4 of an image of 4: bytes 0..11.
  EXPECT_EQ(bursts_of(stream, TileWalker({})), (Bursts{{0, 12}}));
}

TEST(StreamWalker, ABroadcastReadsOneElementAndWritesAll) {
  isa::Stream stream = load(isa::Buffer::vmem1, isa::kNoLoop, 64);
  stream.run.broadcast = true;
  stream.element_bits = 32;
  StreamWalker walker;
  walker.start(stream, TileWalker({}), 1024);
  EXPECT_EQ(walker.elements(), 64);
  EXPECT_EQ(bursts_of(stream, TileWalker({})), (Bursts{{0, 4}}));
}

TEST(StreamWalker, BeatsOnChipKeepWithinABlock) {
  isa::Stream stream = load(isa::Buffer::ibuf, isa::kNoLoop, 10);
  StreamWalker walker;
  const auto beats = [&](std::int64_t width) {
    walker.start(stream, TileWalker({}), 1024);
    return walker.on_chip_beats(width);
  };
  EXPECT_EQ(beats(64), 2);
  stream.run.block = 3;  // 3 + 3 + 3 + 1
  EXPECT_EQ(beats(64), 4);
  EXPECT_EQ(beats(16), 2 + 2 + 2 + 1);
  stream.run.block = 1;
  EXPECT_EQ(beats(64), 10);
}

TEST(StreamWalker, WithoutTransposesElementsThatLieSinglyFillBeatsTogether) {
  isa::Stream stream = load(isa::Buffer::ibuf, isa::kNoLoop, 10);
  stream.dims = {dim(3, 10)};
  StreamWalker walker;
  const auto beats = [&](bool transposes) {
    walker.start(stream, TileWalker({}), 1024);
    return walker.on_chip_beats(64, transposes);
  };
  EXPECT_EQ(beats(false), beats(true));  // 30 bytes, but in runs of 10
  stream.run.block = 3;
  EXPECT_EQ(beats(false), beats(true));
  stream.run.block = 1;
  EXPECT_EQ(beats(true), 30);
  EXPECT_EQ(beats(false), 4);
  stream = load(isa::Buffer::ibuf, isa::kNoLoop, 1);
  stream.dims = {dim(30, 1)};
  EXPECT_EQ(beats(true), 30);
  EXPECT_EQ(beats(false), 4);
}

TEST(StreamWalker, HalfBytesAreRoundedUpForEachRun) {
  isa::Stream stream = load(isa::Buffer::wbuf, isa::kNoLoop, 5);
  stream.element_bits = 4;
  stream.dims = {dim(2, 10)};
  EXPECT_EQ(bursts_of(stream, TileWalker({})), (Bursts{{0, 3}, {10, 3}}));
}

/// Every byte of every valid element, one by one.
std::set<std::int64_t> bytes_of(const isa::Stream& stream) {
  std::set<std::int64_t> bytes;
  const isa::WalkDim& a = stream.dims[0];
  const isa::WalkDim& b = stream.dims[1];
  const auto outside = [](const isa::WalkDim& d, int c) { return d.padded && (c < 0 || c >= d.extent); };
  for (int i = 0; i < a.trip.count; ++i) {
    for (int j = 0; j < b.trip.count; ++j) {
      for (int e = 0; e < stream.run.elements.count; ++e) {
        const int pixel = stream.run.pixel_elements > 0 ? e / stream.run.pixel_elements : 0;
        if (outside(a, a.origin + i * a.step) || outside(b, b.origin + j * b.step + pixel)) continue;
        bytes.insert(stream.base + i * a.off_chip_stride + j * b.off_chip_stride + e);
      }
    }
  }
  return bytes;
}

TEST(StreamWalker, MovesExactlyTheValidBytes) {
  std::mt19937 random(7);
  const auto roll = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); };
  for (int round = 0; round < 20000; ++round) {
    isa::Stream stream = load(isa::Buffer::ibuf, isa::kNoLoop, 1);
    const int pixel = roll(0, 2);
    stream.run.pixel_elements = pixel;
    stream.run.elements = trip(pixel > 0 ? pixel * roll(1, 4) : roll(1, 12));
    stream.base = 5000;
    stream.dims = {dim(roll(1, 5), roll(0, 80)), dim(roll(1, 6), roll(0, 16))};
    for (isa::WalkDim& d : stream.dims) {
      if (roll(0, 1) == 0) continue;
      d = padded(d, roll(-4, 4), roll(1, 8));
      d.step = roll(1, 2);
    }
    // A pixel that is packed lies as many bytes on as the coordinate says.
    if (pixel > 0) stream.dims[1].off_chip_stride = pixel * stream.dims[1].step;
    std::set<std::int64_t> moved;
    for (const auto& [address, bytes] : bursts_of(stream, TileWalker({}), 16)) {
      ASSERT_EQ(address / 16, (address + bytes - 1) / 16) << "round " << round;
      for (std::int64_t b = address; b < address + bytes; ++b) moved.insert(b);
    }
    ASSERT_EQ(moved, bytes_of(stream)) << "round " << round;
  }
}

}  // namespace
}  // namespace systole::test
