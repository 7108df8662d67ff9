#include "isa/encoder.h"

#include <algorithm>
#include <initializer_list>
#include <string>

#include "base/errors.h"
#include "isa/encoding.h"

namespace systole::isa {

namespace {

template <typename Enum>
std::int64_t number_of(Enum value) {
  return static_cast<std::int64_t>(value);
}

/// The table has the widths 4, 8, 16 and 32 in this order.
std::int64_t width_code(int element_bits) {
  for (int code = 0; code < 4; ++code) {
    if (4 << code == element_bits) return code;
  }
  fail_check("isa", "streams of " + std::to_string(element_bits) + " bits cannot be encoded");
}

class Encoder {
 public:
  void block(const Block& block) {
    check(block.tile_loops.size() <= kMaxTileLoops, "isa", "too many tile loops");
    for (std::size_t i = 0; i < block.tile_loops.size(); ++i) {
      emit(Opcode::sa_loop, {0, number_of(i), block.tile_loops[i]});
    }
    for (std::size_t i = 0; i < block.streams.size(); ++i) {
      if (block.streams[i].used) stream(number_of(i), block.streams[i]);
    }
    if (block.array.used) array(block.array);
    if (block.simd.used) {
      emit(Opcode::inst_group, {1, 0});
      simd_begin = words.size();
      simd(block.simd);
      simd_end = words.size();
      emit(Opcode::inst_group, {1, 1});
    }
    emit(Opcode::block_end, {block.last});
  }

  void simd(const SimdProgram& simd) {
    if (simd.reads_obuf) emit(Opcode::lock_namespace, {number_of(simd.obuf_when.kind), simd.obuf_when.mask});
    for (std::size_t i = 0; i < simd.iterators.size(); ++i) {
      if (simd.iterators[i].used) iterator(number_of(i), simd.iterators[i]);
    }
    for (std::size_t i = 0; i < simd.immediates.size(); ++i) {
      emit(Opcode::imm_config, {number_of(i), static_cast<std::int32_t>(simd.immediates[i])});
    }
    check(simd.nests.size() <= kMaxNests, "isa", "too many nests");
    for (const Nest& n : simd.nests) nest(n);
  }

  std::vector<std::uint32_t> words;
  std::size_t simd_begin = 0;  ///< words of the SIMD group: [simd_begin, simd_end)
  std::size_t simd_end = 0;

 private:
  void emit(Opcode opcode, std::initializer_list<std::int64_t> fields) {
    const InstructionSpec& spec = spec_of(opcode);
    check(fields.size() == spec.fields.size(), "isa", [&] { return std::string("fields of ") + spec.mnemonic; });
    FieldValues values{};
    std::copy(fields.begin(), fields.end(), values.begin());
    append_instruction(spec, values, words);
  }

  void emit_unless(std::int64_t value, std::int64_t absent, Opcode opcode, std::initializer_list<std::int64_t> fields) {
    if (value != absent) emit(opcode, fields);
  }

  void tail(const Trip& trip) {
    if (trip.tail_loop != kNoLoop) emit(Opcode::loop_tail, {trip.tail_loop, trip.tail});
  }

  void stream(std::int64_t number, const Stream& s) {
    emit(Opcode::ld_st, {number, number_of(s.direction), number_of(s.buffer), s.loop, s.from,
                         width_code(s.element_bits), s.fill == Fill::lowest ? 1 : 0});
    if (s.fill == Fill::number) emit(Opcode::ld_st_fill, {static_cast<std::int32_t>(s.fill_bits)});
    if (s.when.kind != Condition::Kind::always) emit(Opcode::ld_st_when, {number_of(s.when.kind), s.when.mask});
    if (s.depth != 1 || s.slot_pitch != 0) emit(Opcode::ld_st_slots, {s.depth, s.slot_pitch});
    emit_unless(s.base, 0, Opcode::set_base_addr, {0, s.base});
    emit_unless(s.on_chip_base, 0, Opcode::set_base_addr, {1, s.on_chip_base});
    for (std::size_t l = 0; l < s.tile_stride.size(); ++l) {
      emit_unless(s.tile_stride[l], 0, Opcode::set_loop_stride, {number_of(l), s.tile_stride[l]});
    }
    check(s.dims.size() <= kMaxWalkDims, "isa", "too many dimensions of a walker");
    for (const WalkDim& dim : s.dims) dimension(dim);
    run(s.run);
  }

  void dimension(const WalkDim& dim) {
    emit(Opcode::walk_dim, {dim.trip.count});
    tail(dim.trip);
    emit_unless(dim.off_chip_stride, 0, Opcode::walk_stride, {0, dim.off_chip_stride});
    emit_unless(dim.on_chip_stride, 0, Opcode::walk_stride, {1, dim.on_chip_stride});
    if (!dim.padded) return;
    emit(Opcode::walk_pad, {0, dim.extent});
    emit_unless(dim.origin, 0, Opcode::walk_pad, {1, dim.origin});
    emit_unless(dim.step, 1, Opcode::walk_pad, {2, dim.step});
    for (std::size_t l = 0; l < dim.tile_step.size(); ++l) {
      emit_unless(dim.tile_step[l], 0, Opcode::walk_pad_stride, {number_of(l), dim.tile_step[l]});
    }
  }

  void run(const Run& r) {
    if (r.broadcast || !(r.elements == Trip{})) emit(Opcode::run, {r.broadcast, r.elements.count});
    tail(r.elements);
    emit_unless(r.block, 0, Opcode::run_layout, {0, r.block});
    emit_unless(r.block_stride, 0, Opcode::run_layout, {1, r.block_stride});
    emit_unless(r.pixel_elements, 0, Opcode::run_layout, {2, r.pixel_elements});
  }

  void array(const ArrayProgram& a) {
    emit(Opcode::inst_group, {0, 0});
    check(a.loops.size() <= kMaxArrayLoops, "isa", "too many array loops");
    for (std::size_t i = 0; i < a.loops.size(); ++i) {
      const ArrayLoop& loop = a.loops[i];
      emit(Opcode::sa_loop, {1, number_of(i), loop.trip.count});
      tail(loop.trip);
      emit_unless(loop.ibuf_stride, 0, Opcode::sa_loop_stride, {number_of(i), 0, loop.ibuf_stride});
      emit_unless(loop.wbuf_stride, 0, Opcode::sa_loop_stride, {number_of(i), 1, loop.wbuf_stride});
      emit_unless(loop.obuf_stride, 0, Opcode::sa_loop_stride, {number_of(i), 2, loop.obuf_stride});
      emit_unless(loop.bbuf_stride, 0, Opcode::sa_loop_stride, {number_of(i), 3, loop.bbuf_stride});
    }
    if (a.bias || a.output_loop != kNoLoop || a.start.kind != Condition::Kind::always) {
      emit(Opcode::sa_config, {a.bias, a.output_loop, number_of(a.start.kind), a.start.mask});
    }
    if (a.output_depth != 2 || a.output_pitch != 0) emit(Opcode::sa_output, {a.output_depth, a.output_pitch});
    emit(Opcode::sa_lanes, {0, a.rows.loop, a.rows.last.count});
    tail(a.rows.last);
    emit(Opcode::sa_lanes, {1, a.columns.loop, a.columns.last.count});
    tail(a.columns.last);
    emit(Opcode::inst_group, {0, 1});
  }

  void iterator(std::int64_t number, const Iterator& it) {
    emit(Opcode::iterator_config, {number, number_of(it.space), it.base});
    emit_unless(it.stream, kNoStream, Opcode::iterator_stream, {it.stream});
    for (std::size_t l = 0; l < it.stride.size(); ++l) {
      emit_unless(it.stride[l], 0, Opcode::iterator_stride, {number_of(l), it.stride[l]});
    }
  }

  void nest(const Nest& n) {
    emit(Opcode::nest, {number_of(n.when.kind), n.when.mask});
    check(n.loops.size() <= kMaxSimdLoops && n.body.size() <= kMaxSimdWords, "isa",
          "too many loops or instructions in a nest");
    for (const Trip& trip : n.loops) {
      emit(Opcode::loop, {trip.count});
      tail(trip);
    }
    emit(Opcode::lanes, {n.lanes.loop, n.lanes.last.count});
    tail(n.lanes.last);
    for (const SimdInstruction& i : n.body) instruction(i);
  }

  void instruction(const SimdInstruction& i) {
    const auto [opcode, first] = i.opcode < SimdOpcode::relu    ? std::pair(Opcode::alu, SimdOpcode::add)
                                 : i.opcode < SimdOpcode::equal ? std::pair(Opcode::calculus, SimdOpcode::relu)
                                 : i.opcode < SimdOpcode::cast  ? std::pair(Opcode::comparison, SimdOpcode::equal)
                                                                : std::pair(Opcode::datatype_cast, SimdOpcode::cast);
    emit(opcode, {number_of(i.opcode) - number_of(first), i.destination, i.source1, i.source2});
  }
};

}  // namespace

std::vector<std::uint32_t> encode(const Block& block) {
  Encoder encoder;
  encoder.block(block);
  return std::move(encoder.words);
}

BlockWords count_words(const Block& block) {
  Encoder encoder;
  encoder.block(block);
  return {static_cast<std::int64_t>(encoder.simd_begin),
          static_cast<std::int64_t>(encoder.simd_end - encoder.simd_begin),
          static_cast<std::int64_t>(encoder.words.size() - encoder.simd_end)};
}

std::size_t simd_words(const SimdProgram& simd) {
  Encoder encoder;
  encoder.simd(simd);
  return encoder.words.size();
}

}  // namespace systole::isa
