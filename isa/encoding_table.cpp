#include <limits>
#include <utility>

#include "isa/block.h"
#include "isa/encoding.h"

// Only the table is here; what is done with it is in encoding.cpp. Enumeration names are in the order of the enums of
// isa/block.h.
namespace systole::isa {

namespace {
using Kind = Field::Kind;
using Names = std::vector<std::string>;
using Absent = std::optional<std::int64_t>;

constexpr std::int64_t kInt32Min = std::numeric_limits<std::int32_t>::min();
constexpr std::int64_t kInt32Max = std::numeric_limits<std::int32_t>::max();

Field number(const char* name, int high, int low, std::int64_t min, std::int64_t max, const char* doc,
             Absent absent = {}) {
  return {name, high, low, Kind::number, min, max, {}, absent, doc};
}
Field names(const char* name, int high, int low, Names list, const char* doc, Absent absent = {}) {
  const auto last = static_cast<std::int64_t>(list.size()) - 1;
  return {name, high, low, Kind::enumeration, 0, last, std::move(list), absent, doc};
}
Field flag(const char* name, int bit, const char* doc) {
  return number(name, bit, bit, 0, 1, doc, 0);
}
Field loop_or_none(int high, const char* name, const char* doc) {
  return {name, high, high - 3, Kind::index, kNoLoop, 7, {}, kNoLoop, doc};
}
Field stream_or_none(int high, const char* name, const char* doc) {
  return {name, high, high - 4, Kind::index, kNoStream, kMaxStreams - 1, {}, kNoStream, doc};
}
Field value(const char* name, std::int64_t min, std::int64_t max, const char* doc, Absent absent = {}) {
  return {name, 15, 0, Kind::value, min, max, {}, absent, doc};
}
Field count(const char* name, const char* doc) {
  return value(name, 1, kInt32Max, doc);
}
Field stride(const char* doc) {
  return value("stride", kInt32Min, kInt32Max, doc);
}
Field wide_stride(const char* doc) {
  return value("stride", -kMaxValue - 1, kMaxValue, doc);
}
Field when() {
  return names("when", 10, 8, {"always", "first", "not_first", "last", "not_last"}, "condition (section 1)", 0);
}
Field mask() {
  return {"loops", 7, 0, Kind::mask, 0, 255, {}, 0, "its mask: bit i is tile loop i"};
}
Field iterator(const char* name, int high, const char* doc, Absent absent = {}) {
  return number(name, high, high - 4, 0, kMaxIterators - 1, doc, absent);
}
/// The fields of a SIMD instruction: function, destination and two sources.
std::vector<Field> operation(Names functions, bool binary) {
  return {names("function", 23, 20, std::move(functions), "what it computes (section 4)"),
          iterator("destination", 14, "iterator of the result"),
          iterator("source1", 9, "iterator of the first operand"),
          iterator("source2", 4, "iterator of the second operand, where there is one", binary ? Absent{} : Absent{0})};
}
}  // namespace

const std::vector<InstructionSpec>& instruction_table() {
  static const std::vector<InstructionSpec> table{
      {Opcode::imm_high,
       "IMM_HIGH",
       Place::anywhere,
       "Bits [39:16] of the value of the next instruction.",
       {number("bits", 23, 0, 0, 0xffffff, "the upper bits")}},
      {Opcode::inst_group,
       "INST_GROUP",
       Place::anywhere,
       "Start or end of the instructions of one unit. A unit without a group has no work in the block.",
       {names("unit", 1, 1, {"array", "simd"}, "whose instructions"),
        names("edge", 0, 0, {"start", "end"}, "which end")}},
      {Opcode::block_end,
       "BLOCK_END",
       Place::top,
       "Closes the block.",
       {flag("last", 0, "the program ends after this block")}},
      {Opcode::loop_tail,
       "LOOP_TAIL",
       Place::anywhere,
       "The tail of the trip that was declared last (SA_LOOP level=array, SA_LANES, WALK_DIM, RUN, LOOP, LANES).",
       {number("loop", 18, 16, 0, kMaxTileLoops - 1, "tile loop in whose last iteration it counts"),
        count("count", "the count there")}},
      {Opcode::sa_loop,
       "SA_LOOP",
       Place::anywhere,
       "Declares the next tile loop of the block (outside groups) or the next array loop (in the array's group).",
       {names("level", 23, 23, {"tile", "array"}, "which nest"),
        number("id", 18, 16, 0, 7, "numbered from 0, outermost first"), count("iterations", "how many")}},
      {Opcode::sa_loop_stride,
       "SA_LOOP_STRIDE",
       Place::array_group,
       "Stride of an array loop in one buffer. Absent: 0.",
       {number("loop", 23, 21, 0, kMaxArrayLoops - 1, "array loop"),
        names("buffer", 17, 16, {"ibuf", "wbuf", "obuf", "bbuf"}, "whose address"), stride("words")}},
      {Opcode::sa_config,
       "SA_CONFIG",
       Place::array_group,
       "Where sums start and where they stay. Absent: from zero at every tile, one OBUF slot a block.",
       {flag("bias", 23, "sums start from BBUF instead of zero"),
        loop_or_none(22, "output_loop", "scope of an OBUF slot"), when(), mask()}},
      {Opcode::sa_output,
       "SA_OUTPUT",
       Place::array_group,
       "The OBUF slots. Absent: depth 2, pitch 0.",
       {number("depth", 23, 16, 1, 255, "slots"), value("pitch", kInt32Min, kInt32Max, "words between two slots")}},
      {Opcode::sa_lanes,
       "SA_LANES",
       Place::array_group,
       "Active rows or columns in the last iteration of an array loop; in the others all are. Needed for both axes.",
       {names("axis", 23, 23, {"rows", "columns"}, "which"),
        loop_or_none(22, "loop", "array loop; none: the number holds always"), count("count", "active lanes")}},
      {Opcode::ld_st,
       "LD_ST",
       Place::top,
       "Declares a stream; the LD_ST_*, SET_*, WALK_* and RUN instructions after it belong to it.",
       {number("stream", 23, 20, 0, kMaxStreams - 1, "its number"),
        names("direction", 19, 19, {"load", "store"}, "which way"),
        names("buffer", 18, 16, {"wbuf", "bbuf", "ibuf", "obuf", "vmem1", "vmem2"}, "on-chip side"),
        loop_or_none(15, "loop", "scope: a tile loop; none: once a block"),
        stream_or_none(11, "from", "store only: the load stream whose slots it drains"),
        names("element_bits", 6, 5, {"4", "8", "16", "32"}, "bits of an element off chip"),
        names("fill", 4, 4, {"zero", "lowest"}, "what padded positions get", 0)}},
      {Opcode::ld_st_when, "LD_ST_WHEN", Place::top, "Condition of the stream. Absent: always.", {when(), mask()}},
      {Opcode::ld_st_slots,
       "LD_ST_SLOTS",
       Place::top,
       "The stream's slots. Absent: one.",
       {number("depth", 23, 16, 1, 255, "slots"), value("pitch", kInt32Min, kInt32Max, "elements between two slots")}},
      {Opcode::set_base_addr,
       "SET_BASE_ADDR",
       Place::top,
       "Base address of the stream. Absent: 0.",
       {names("memory", 23, 23, {"off_chip", "on_chip"}, "which side"),
        {"address", 15, 0, Kind::address, -kMaxValue - 1, kMaxValue, {}, {}, "bytes off chip, elements on chip"}}},
      {Opcode::set_loop_stride,
       "SET_LOOP_STRIDE",
       Place::top,
       "How far the stream's off-chip address moves with a tile loop. Absent: 0.",
       {number("loop", 18, 16, 0, kMaxTileLoops - 1, "tile loop"), wide_stride("bytes")}},
      {Opcode::walk_dim,
       "WALK_DIM",
       Place::top,
       "Declares the next dimension of the stream's walker, outermost first; the WALK_* after it belong to it.",
       {count("count", "positions")}},
      {Opcode::walk_stride,
       "WALK_STRIDE",
       Place::top,
       "Stride of the dimension. Absent: 0.",
       {names("memory", 23, 23, {"off_chip", "on_chip"}, "which side"),
        wide_stride("bytes off chip, elements on chip")}},
      {Opcode::walk_pad,
       "WALK_PAD",
       Place::top,
       "Gives the dimension a coordinate; set=extent makes it padded. Absent: origin 0, step 1.",
       {names("set", 17, 16, {"extent", "origin", "step"}, "which of its numbers"),
        value("value", kInt32Min, kInt32Max, "the number, in coordinates")}},
      {Opcode::walk_pad_stride,
       "WALK_PAD_STRIDE",
       Place::top,
       "How far the dimension's coordinate moves with a tile loop. Absent: 0.",
       {number("loop", 18, 16, 0, kMaxTileLoops - 1, "tile loop"), stride("coordinates")}},
      {Opcode::run,
       "RUN",
       Place::top,
       "The stream's run. Absent: one element.",
       {flag("broadcast", 23, "one element off chip, copied to all places"), count("elements", "its length on chip")}},
      {Opcode::run_layout,
       "RUN_LAYOUT",
       Place::top,
       "Where the run's elements lie on chip, and to which positions they belong. Absent: 0.",
       {names("set", 17, 16, {"block", "block_stride", "pixel_elements"}, "which number of the run"),
        value("value", kInt32Min, kInt32Max, "elements")}},
      {Opcode::ld_st_fill,
       "LD_ST_FILL",
       Place::top,
       "The number that padded positions get, instead of what LD_ST says.",
       {value("value", kInt32Min, kInt32Max, "its 32 bits on chip, as a signed number")}},
      {Opcode::lock_namespace,
       "LOCK_NAMESPACE",
       Place::simd_group,
       "The unit drains the array's OBUF slots whose condition holds.",
       {when(), mask()}},
      {Opcode::iterator_config,
       "ITERATOR_CONFIG",
       Place::simd_group,
       "Declares an iterator; the ITERATOR_* after it belong to it.",
       {number("iterator", 22, 18, 0, kMaxIterators - 1, "its number"),
        names("space", 17, 16, {"obuf", "vmem1", "vmem2", "imm"}, "namespace"),
        value("base", kInt32Min, kInt32Max, "first word", 0)}},
      {Opcode::iterator_stream,
       "ITERATOR_STREAM",
       Place::simd_group,
       "The iterator addresses the current slot of a stream. Absent: a fixed place.",
       {number("stream", 3, 0, 0, kMaxStreams - 1, "stream of VMEM1 or VMEM2")}},
      {Opcode::iterator_stride,
       "ITERATOR_STRIDE",
       Place::simd_group,
       "Stride of the iterator. Absent: 0.",
       {number("loop", 18, 16, 0, kMaxSimdLoops - 1, "loop of the nest, 0 the outermost"), stride("words")}},
      {Opcode::imm_config,
       "IMM_CONFIG",
       Place::simd_group,
       "Gives the next IMM word.",
       {number("slot", 20, 16, 0, kMaxImmediates - 1, "numbered from 0"),
        value("value", kInt32Min, kInt32Max, "its 32 bits, as a signed number")}},
      {Opcode::nest,
       "NEST",
       Place::simd_group,
       "Starts a loop nest; it ends with the next or with the group.",
       {when(), mask()}},
      {Opcode::loop,
       "LOOP",
       Place::simd_group,
       "Declares the next loop of the nest, outermost first.",
       {count("iterations", "how many")}},
      {Opcode::lanes,
       "LANES",
       Place::simd_group,
       "Active lanes in the last iteration of a loop of the nest; in the others all are. Every nest needs one.",
       {loop_or_none(23, "loop", "loop of the nest; none: the number holds always"), count("count", "active lanes")}},
      {Opcode::alu, "ALU", Place::simd_group, "Arithmetic and logic.",
       operation({"add", "sub", "mul", "mac", "max", "min", "shift_left", "shift_right", "bit_and", "bit_or", "bit_xor",
                  "move", "conditional_move"},
                 true)},
      {Opcode::calculus, "CALCULUS", Place::simd_group, "Functions.",
       operation({"relu", "leaky_relu", "sigmoid", "tanh", "exp", "log", "sqrt", "inverse_sqrt", "reciprocal", "divide",
                  "floor", "absolute", "negate", "sign"},
                 false)},
      {Opcode::comparison, "COMPARISON", Place::simd_group, "1 where it holds, else 0.",
       operation({"equal", "not_equal", "greater", "greater_equal", "less", "less_equal"}, true)},
      {Opcode::datatype_cast, "DATATYPE_CAST", Place::simd_group, "Rounds.", operation({"cast", "requantize"}, false)},
  };
  return table;
}

}  // namespace systole::isa
