#include "isa/block.h"

#include <tuple>

#include "base/errors.h"

namespace systole::isa {

Port port_of(Buffer buffer) {
  switch (buffer) {
    case Buffer::wbuf:
    case Buffer::bbuf:
      return Port::parambuf;
    case Buffer::ibuf:
      return Port::ibuf;
    case Buffer::obuf:
      return Port::obuf;
    case Buffer::vmem1:
    case Buffer::vmem2:
      return Port::simd;
  }
  fail_check("isa", "buffer " + std::to_string(static_cast<int>(buffer)) + " has no port");
}

bool operator==(const Trip& a, const Trip& b) {
  if (a.count != b.count || a.tail_loop != b.tail_loop) return false;
  return a.tail_loop == kNoLoop || a.tail == b.tail;
}

bool operator==(const Condition& a, const Condition& b) {
  return a.kind == b.kind && (a.kind == Condition::Kind::always || a.mask == b.mask);
}

bool operator==(const WalkDim& a, const WalkDim& b) {
  const auto walk = [](const WalkDim& d) { return std::tie(d.trip, d.off_chip_stride, d.on_chip_stride, d.padded); };
  const auto coordinate = [](const WalkDim& d) { return std::tie(d.origin, d.step, d.extent, d.tile_step); };
  return walk(a) == walk(b) && (!a.padded || coordinate(a) == coordinate(b));
}

bool operator==(const Run& a, const Run& b) {
  const auto all = [](const Run& r) {
    return std::tie(r.elements, r.block, r.block_stride, r.broadcast, r.pixel_elements);
  };
  return all(a) == all(b);
}

bool operator==(const Stream& a, const Stream& b) {
  const auto declared = [](const Stream& s) {
    return std::tie(s.direction, s.buffer, s.loop, s.when, s.from, s.element_bits, s.fill);
  };
  const auto addresses = [](const Stream& s) {
    return std::tie(s.base, s.tile_stride, s.on_chip_base, s.depth, s.slot_pitch, s.dims, s.run);
  };
  if (!a.used || !b.used) return a.used == b.used;
  if (a.fill == Fill::number && a.fill_bits != b.fill_bits) return false;
  return declared(a) == declared(b) && addresses(a) == addresses(b);
}

bool operator==(const ArrayLoop& a, const ArrayLoop& b) {
  const auto all = [](const ArrayLoop& l) {
    return std::tie(l.trip, l.ibuf_stride, l.wbuf_stride, l.obuf_stride, l.bbuf_stride);
  };
  return all(a) == all(b);
}

bool operator==(const Lanes& a, const Lanes& b) {
  return a.loop == b.loop && a.last == b.last;
}

bool operator==(const ArrayProgram& a, const ArrayProgram& b) {
  const auto all = [](const ArrayProgram& p) {
    return std::tie(p.loops, p.rows, p.columns, p.bias, p.start, p.output_loop, p.output_depth, p.output_pitch);
  };
  if (!a.used || !b.used) return a.used == b.used;
  return all(a) == all(b);
}

bool operator==(const Iterator& a, const Iterator& b) {
  const auto all = [](const Iterator& i) { return std::tie(i.space, i.stream, i.base, i.stride); };
  if (!a.used || !b.used) return a.used == b.used;
  return all(a) == all(b);
}

bool operator==(const SimdInstruction& a, const SimdInstruction& b) {
  const auto all = [](const SimdInstruction& i) { return std::tie(i.opcode, i.destination, i.source1, i.source2); };
  return all(a) == all(b);
}

bool operator==(const Nest& a, const Nest& b) {
  const auto all = [](const Nest& n) { return std::tie(n.when, n.loops, n.lanes, n.body); };
  return all(a) == all(b);
}

bool operator==(const SimdProgram& a, const SimdProgram& b) {
  const auto all = [](const SimdProgram& p) { return std::tie(p.iterators, p.immediates, p.nests); };
  if (!a.used || !b.used) return a.used == b.used;
  if (a.reads_obuf != b.reads_obuf || (a.reads_obuf && !(a.obuf_when == b.obuf_when))) return false;
  return all(a) == all(b);
}

bool operator==(const Block& a, const Block& b) {
  const auto all = [](const Block& x) { return std::tie(x.tile_loops, x.streams, x.array, x.simd, x.last); };
  return all(a) == all(b);
}

}  // namespace systole::isa
