#include "test/isa/random_block.h"

#include "isa/encoding.h"

namespace systole::isa {

std::int64_t RandomBlock::between(std::int64_t low, std::int64_t high) {
  return std::uniform_int_distribution<std::int64_t>(low, high)(random_);
}

std::int32_t RandomBlock::number() {
  if (chance(30)) return 0;
  return static_cast<std::int32_t>(chance(70) ? between(-40000, 40000) : between(INT32_MIN, INT32_MAX));
}

std::int32_t RandomBlock::count() {
  return static_cast<std::int32_t>(chance(80) ? between(1, 300) : between(1, INT32_MAX));
}

std::int64_t RandomBlock::wide() {
  if (chance(30)) return 0;
  return chance(50) ? number() : between(-kMaxValue - 1, kMaxValue);
}

std::int8_t RandomBlock::tile_loop_or_none() {
  return static_cast<std::int8_t>(between(kNoLoop, tile_loops_ - 1));
}

Trip RandomBlock::trip() {
  Trip t;
  t.count = count();
  t.tail_loop = chance(40) ? tile_loop_or_none() : kNoLoop;
  t.tail = t.tail_loop == kNoLoop ? t.count : count();
  return t;
}

Condition RandomBlock::condition() {
  Condition c;
  c.kind = static_cast<Condition::Kind>(between(0, 4));
  if (c.kind != Condition::Kind::always) c.mask = static_cast<std::uint8_t>(between(0, (1 << tile_loops_) - 1));
  return c;
}

Lanes RandomBlock::lanes(std::size_t loops) {
  return {static_cast<std::int8_t>(between(kNoLoop, static_cast<std::int64_t>(loops) - 1)), trip()};
}

WalkDim RandomBlock::dimension() {
  WalkDim d;
  d.trip = trip();
  d.off_chip_stride = wide();
  d.on_chip_stride = number();
  d.padded = chance(40);
  if (!d.padded) return d;
  d.origin = number();
  d.step = number();
  d.extent = number();
  for (int l = 0; l < tile_loops_; ++l) d.tile_step[static_cast<std::size_t>(l)] = number();
  return d;
}

Stream RandomBlock::stream() {
  Stream s;
  s.used = true;
  s.direction = static_cast<Direction>(between(0, 1));
  s.buffer = static_cast<Buffer>(between(0, 5));
  s.loop = tile_loop_or_none();
  s.when = condition();
  s.from = static_cast<std::int8_t>(between(kNoStream, kMaxStreams - 1));
  s.element_bits = static_cast<std::uint8_t>(4 << between(0, 3));
  s.fill = static_cast<Fill>(between(0, 2));
  if (s.fill == Fill::number) s.fill_bits = static_cast<std::uint32_t>(random_());
  s.base = wide();
  for (int l = 0; l < tile_loops_; ++l) s.tile_stride[static_cast<std::size_t>(l)] = wide();
  s.on_chip_base = number();
  s.depth = static_cast<std::uint8_t>(chance(90) ? between(1, 2) : between(1, 255));
  s.slot_pitch = number();
  for (auto n = between(0, kMaxWalkDims); n > 0; --n) s.dims.push_back(dimension());
  s.run.elements = chance(20) ? Trip{} : trip();
  s.run.block = number();
  s.run.block_stride = number();
  s.run.broadcast = chance(20);
  s.run.pixel_elements = number();
  return s;
}

ArrayProgram RandomBlock::array() {
  ArrayProgram a;
  a.used = true;
  for (auto n = between(0, kMaxArrayLoops); n > 0; --n)
    a.loops.push_back({trip(), number(), number(), number(), number()});
  a.rows = lanes(a.loops.size());
  a.columns = lanes(a.loops.size());
  a.bias = chance(50);
  a.start = condition();
  a.output_loop = tile_loop_or_none();
  a.output_depth = static_cast<std::uint8_t>(between(1, 255));
  a.output_pitch = number();
  return a;
}

Nest RandomBlock::nest() {
  Nest n;
  n.when = condition();
  for (auto i = between(0, kMaxSimdLoops); i > 0; --i) n.loops.push_back(trip());
  n.lanes = lanes(n.loops.size());
  const auto iterator = [this] { return static_cast<std::uint8_t>(between(0, kMaxIterators - 1)); };
  for (auto i = between(0, kMaxSimdWords); i > 0; --i) {
    const auto opcode = static_cast<SimdOpcode>(between(0, static_cast<int>(SimdOpcode::requantize)));
    n.body.push_back({opcode, iterator(), iterator(), iterator()});
  }
  return n;
}

SimdProgram RandomBlock::simd() {
  SimdProgram s;
  s.used = true;
  s.reads_obuf = chance(50);
  if (s.reads_obuf) s.obuf_when = condition();
  for (Iterator& it : s.iterators) {
    it.used = chance(30);
    if (!it.used) continue;
    it.space = static_cast<Namespace>(between(0, 3));
    it.stream = static_cast<std::int8_t>(between(kNoStream, kMaxStreams - 1));
    it.base = number();
    for (std::int32_t& stride : it.stride) stride = number();
  }
  for (auto i = between(0, kMaxImmediates); i > 0; --i) s.immediates.push_back(static_cast<std::uint32_t>(random_()));
  for (auto i = between(0, 6); i > 0; --i) s.nests.push_back(nest());
  return s;
}

Block RandomBlock::next() {
  Block b;
  tile_loops_ = static_cast<int>(between(0, kMaxTileLoops));
  for (int l = 0; l < tile_loops_; ++l) b.tile_loops.push_back(count());
  for (Stream& s : b.streams) {
    if (chance(30)) s = stream();
  }
  if (chance(70)) b.array = array();
  if (chance(70)) b.simd = simd();
  b.last = chance(50);
  return b;
}

}  // namespace systole::isa
