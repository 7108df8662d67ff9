#include "isa/decoder.h"

#include <fmt/format.h>

#include <limits>

#include "isa/encoding.h"

namespace systole::isa {

namespace {

template <typename Enum>
Enum to_enum(std::int64_t value) {
  return static_cast<Enum>(value);
}
std::int32_t to_int(std::int64_t value) {
  return static_cast<std::int32_t>(value);
}
std::int8_t to_index(std::int64_t value) {
  return static_cast<std::int8_t>(value);
}
std::uint8_t to_byte(std::int64_t value) {
  return static_cast<std::uint8_t>(value);
}
Condition to_condition(std::int64_t when, std::int64_t mask) {
  return {to_enum<Condition::Kind>(when), to_byte(mask)};
}
Trip to_trip(std::int64_t count) {
  return {to_int(count), to_int(count), kNoLoop};
}

/// The registers that one block's words fill, and pointers to those that the next words may add to.
class Decoder {
 public:
  DecodeResult run(const std::uint32_t* words, std::size_t count) {
    while (!ended_ && result_.words < count) {
      at_ = result_.words;
      const Operation operation = read_operation(words + at_, count - at_);
      result_.words += operation.words;
      if (!operation.fault.empty()) {
        fault(operation.fault);
      } else if (allowed(*operation.spec)) {
        execute(operation.spec->opcode, operation.values);
      }
    }
    if (!ended_) fault("the words end without BLOCK_END");
    return std::move(result_);
  }

 private:
  void fault(std::string message) { result_.faults.push_back({at_, std::move(message)}); }

  bool require(bool holds, const char* message) {
    if (!holds) fault(message);
    return holds;
  }

  bool allowed(const InstructionSpec& spec) {
    if (spec.place == Place::anywhere || spec.place == place_) return true;
    fault(fmt::format("{} stands in the wrong place: it belongs {}{}", spec.mnemonic,
                      spec.place == Place::top ? "" : "into the ", name_of(spec.place)));
    return false;
  }

  void execute(Opcode opcode, const FieldValues& v) {
    switch (opcode) {
      case Opcode::imm_high:
        return;  // read_operation() has joined it with the instruction behind it
      case Opcode::inst_group:
        return v[1] == 0 ? begin_group(v[0] == 0) : end_group(v[0] == 0);
      case Opcode::block_end:
        block_.last = v[0] != 0;
        ended_ = true;
        return;
      case Opcode::loop_tail:
        if (require(trip_ != nullptr, "LOOP_TAIL before any trip") && tile_loop(v[0])) {
          trip_->tail_loop = to_index(v[0]);
          trip_->tail = to_int(v[1]);
        }
        return;
      case Opcode::sa_loop:
        return v[0] == 0 ? declare_tile_loop(v[1], v[2]) : declare_array_loop(v[1], v[2]);
      default:
        break;
    }
    if (place_ == Place::array_group) return execute_array(opcode, v);
    if (place_ == Place::simd_group) return execute_simd(opcode, v);
    if (opcode == Opcode::ld_st) return declare_stream(v);
    if (!require(stream_ != nullptr, "this belongs to a stream, but no LD_ST stands before it")) return;
    execute_stream(opcode, v);
  }

  void begin_group(bool array) {
    if (!require(place_ == Place::top, "INST_GROUP start inside a group")) return;
    bool& used = array ? block_.array.used : block_.simd.used;
    require(!used, "a second group of the same unit in one block");
    used = true;
    place_ = array ? Place::array_group : Place::simd_group;
    trip_ = nullptr;
    if (!array) result_.simd_begin = result_.simd_end = result_.words;
  }

  void end_group(bool array) {
    if (!require(place_ == (array ? Place::array_group : Place::simd_group), "INST_GROUP end without its start"))
      return;
    if (array) {
      require(rows_ && columns_, "the array's group has no SA_LANES for both rows and columns");
    } else {
      close_nest();
      result_.simd_end = at_;
    }
    place_ = Place::top;
    trip_ = nullptr;
    stream_ = nullptr;
  }

  bool tile_loop(std::int64_t loop) {
    if (loop < static_cast<std::int64_t>(block_.tile_loops.size())) return true;
    fault(fmt::format("tile loop {} is not declared, there are {}", loop, block_.tile_loops.size()));
    return false;
  }

  /// Is every loop of a condition's mask declared?
  bool declared(std::int64_t mask) {
    if ((mask >> block_.tile_loops.size()) == 0) return true;
    fault(fmt::format("the condition names a tile loop that is not declared, there are {}", block_.tile_loops.size()));
    return false;
  }

  void declare_tile_loop(std::int64_t id, std::int64_t iterations) {
    if (!require(place_ == Place::top, "SA_LOOP level=tile inside a group") ||
        !require(id == static_cast<std::int64_t>(block_.tile_loops.size()),
                 "tile loops are numbered 0, 1, 2 ... in order")) {
      return;
    }
    block_.tile_loops.push_back(to_int(iterations));
  }

  void declare_array_loop(std::int64_t id, std::int64_t iterations) {
    auto& loops = block_.array.loops;
    if (!require(place_ == Place::array_group, "SA_LOOP level=array outside the array group") ||
        !require(id == static_cast<std::int64_t>(loops.size()), "array loops are numbered 0, 1, 2 ... in order")) {
      return;
    }
    loops.emplace_back().trip = to_trip(iterations);
    trip_ = &loops.back().trip;
  }

  void declare_stream(const FieldValues& v) {
    Stream& s = block_.streams[static_cast<std::size_t>(v[0])];
    require(!s.used, "a stream with this number is already declared");
    s = {};
    s.used = true;
    s.direction = to_enum<Direction>(v[1]);
    s.buffer = to_enum<Buffer>(v[2]);
    if (v[3] == kNoLoop || tile_loop(v[3])) s.loop = to_index(v[3]);
    s.from = to_index(v[4]);
    s.element_bits = to_byte(4 << v[5]);
    s.fill = to_enum<Fill>(v[6]);
    stream_ = &s;
    trip_ = nullptr;
  }

  void execute_stream(Opcode opcode, const FieldValues& v) {
    Stream& s = *stream_;
    switch (opcode) {
      case Opcode::ld_st_when:
        if (declared(v[1])) s.when = to_condition(v[0], v[1]);
        return;
      case Opcode::ld_st_slots:
        s.depth = to_byte(v[0]);
        s.slot_pitch = to_int(v[1]);
        return;
      case Opcode::ld_st_fill:
        s.fill = Fill::number;
        s.fill_bits = static_cast<std::uint32_t>(to_int(v[0]));
        return;
      case Opcode::set_base_addr:
        return set_side(v[0], v[1], s.base, s.on_chip_base);
      case Opcode::set_loop_stride:
        if (tile_loop(v[0])) s.tile_stride[static_cast<std::size_t>(v[0])] = v[1];
        return;
      case Opcode::walk_dim:
        if (!require(s.dims.size() < kMaxWalkDims, "a walker has at most 4 dimensions")) return;
        s.dims.emplace_back().trip = to_trip(v[0]);
        trip_ = &s.dims.back().trip;
        return;
      case Opcode::run:
        s.run.broadcast = v[0] != 0;
        s.run.elements = to_trip(v[1]);
        trip_ = &s.run.elements;
        return;
      case Opcode::run_layout:
        (v[0] == 0 ? s.run.block : v[0] == 1 ? s.run.block_stride : s.run.pixel_elements) = to_int(v[1]);
        return;
      default:
        if (require(!s.dims.empty(), "this belongs to a dimension, but no WALK_DIM stands before it")) {
          execute_dimension(opcode, v, s.dims.back());
        }
    }
  }

  void execute_dimension(Opcode opcode, const FieldValues& v, WalkDim& dim) {
    if (opcode == Opcode::walk_stride) {
      set_side(v[0], v[1], dim.off_chip_stride, dim.on_chip_stride);
    } else if (opcode == Opcode::walk_pad) {
      dim.padded = dim.padded || v[0] == 0;
      (v[0] == 0 ? dim.extent : v[0] == 1 ? dim.origin : dim.step) = to_int(v[1]);
    } else if (tile_loop(v[0])) {
      dim.tile_step[static_cast<std::size_t>(v[0])] = to_int(v[1]);
    }
  }

  /// Sets a number of the off-chip side (0, 40 bits) or of the on-chip side (1, 32 bits).
  void set_side(std::int64_t side, std::int64_t value, std::int64_t& off_chip, std::int32_t& on_chip) {
    if (side == 0) {
      off_chip = value;
    } else if (require(value == to_int(value), "a number of elements on chip has at most 32 bits")) {
      on_chip = to_int(value);
    }
  }

  void execute_array(Opcode opcode, const FieldValues& v) {
    ArrayProgram& a = block_.array;
    if (opcode == Opcode::sa_loop_stride) {
      if (!require(v[0] < static_cast<std::int64_t>(a.loops.size()), "this array loop is not declared")) return;
      ArrayLoop& loop = a.loops[static_cast<std::size_t>(v[0])];
      const std::array<std::int32_t*, 4> stride{&loop.ibuf_stride, &loop.wbuf_stride, &loop.obuf_stride,
                                                &loop.bbuf_stride};
      *stride[static_cast<std::size_t>(v[1])] = to_int(v[2]);
    } else if (opcode == Opcode::sa_config) {
      a.bias = v[0] != 0;
      if (v[1] == kNoLoop || tile_loop(v[1])) a.output_loop = to_index(v[1]);
      if (declared(v[3])) a.start = to_condition(v[2], v[3]);
    } else if (opcode == Opcode::sa_output) {
      a.output_depth = to_byte(v[0]);
      a.output_pitch = to_int(v[1]);
    } else if (opcode == Opcode::sa_lanes) {
      require(v[1] < static_cast<std::int64_t>(a.loops.size()), "SA_LANES names an array loop that is not declared");
      (v[0] == 0 ? rows_ : columns_) = true;
      set_lanes(v[0] == 0 ? a.rows : a.columns, v[1], v[2]);
    }
  }

  void set_lanes(Lanes& lanes, std::int64_t loop, std::int64_t count) {
    lanes.loop = to_index(loop);
    lanes.last = to_trip(count);
    trip_ = &lanes.last;
  }

  void execute_simd(Opcode opcode, const FieldValues& v) {
    SimdProgram& simd = block_.simd;
    switch (opcode) {
      case Opcode::lock_namespace:
        simd.reads_obuf = true;
        if (declared(v[1])) simd.obuf_when = to_condition(v[0], v[1]);
        return;
      case Opcode::iterator_config:
        iterator_ = &simd.iterators[static_cast<std::size_t>(v[0])];
        require(!iterator_->used, "an iterator with this number is already declared");
        *iterator_ = {};
        iterator_->used = true;
        iterator_->space = to_enum<Namespace>(v[1]);
        iterator_->base = to_int(v[2]);
        return;
      case Opcode::iterator_stream:
        if (require(iterator_ != nullptr, "no ITERATOR_CONFIG stands before it")) iterator_->stream = to_index(v[0]);
        return;
      case Opcode::iterator_stride:
        if (require(iterator_ != nullptr, "no ITERATOR_CONFIG stands before it")) {
          iterator_->stride[static_cast<std::size_t>(v[0])] = to_int(v[1]);
        }
        return;
      case Opcode::imm_config:
        if (require(v[0] == static_cast<std::int64_t>(simd.immediates.size()),
                    "IMM words are numbered 0, 1, 2 ... in order")) {
          simd.immediates.push_back(static_cast<std::uint32_t>(v[1]));
        }
        return;
      case Opcode::nest:
        close_nest();
        if (!require(simd.nests.size() < kMaxNests, "a block has at most 32 nests")) return;
        simd.nests.emplace_back();
        lanes_ = false;
        if (declared(v[1])) simd.nests.back().when = to_condition(v[0], v[1]);
        return;
      default:
        if (require(!simd.nests.empty(), "this belongs to a nest, but no NEST stands before it")) {
          execute_nest(opcode, v, simd.nests.back());
        }
    }
  }

  void execute_nest(Opcode opcode, const FieldValues& v, Nest& nest) {
    if (opcode == Opcode::loop) {
      if (!require(nest.loops.size() < kMaxSimdLoops, "a nest has at most 7 loops")) return;
      nest.loops.push_back(to_trip(v[0]));
      trip_ = &nest.loops.back();
    } else if (opcode == Opcode::lanes) {
      require(v[0] < static_cast<std::int64_t>(nest.loops.size()), "LANES names a loop that the nest does not have");
      lanes_ = true;
      set_lanes(nest.lanes, v[0], v[1]);
    } else if (require(nest.body.size() < kMaxSimdWords, "a nest has at most 16 instructions")) {
      const SimdOpcode first = opcode == Opcode::alu          ? SimdOpcode::add
                               : opcode == Opcode::calculus   ? SimdOpcode::relu
                               : opcode == Opcode::comparison ? SimdOpcode::equal
                                                              : SimdOpcode::cast;
      nest.body.push_back(
          {to_enum<SimdOpcode>(static_cast<std::int64_t>(first) + v[0]), to_byte(v[1]), to_byte(v[2]), to_byte(v[3])});
    }
  }

  void close_nest() {
    if (!block_.simd.nests.empty()) require(lanes_, "the nest that ends here has no LANES");
    trip_ = nullptr;
  }

  DecodeResult result_;
  Block& block_ = result_.block;
  Place place_ = Place::top;
  bool ended_ = false;
  std::size_t at_ = 0;  ///< word of the instruction being executed
  Stream* stream_ = nullptr;
  Iterator* iterator_ = nullptr;
  Trip* trip_ = nullptr;  ///< what LOOP_TAIL belongs to
  bool rows_ = false;     ///< SA_LANES seen
  bool columns_ = false;
  bool lanes_ = false;  ///< LANES seen in this nest
};

}  // namespace

DecodeResult decode(const std::uint32_t* words, std::size_t count) {
  return Decoder().run(words, count);
}

}  // namespace systole::isa
