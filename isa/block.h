#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

/// The decoded form of one block: what the controller's registers hold after the last word of the block has been
/// decoded. The compiler builds it and encodes it into words; the machine decodes words into it and executes it. The
/// meaning of every field is written in isa/manual.md; here are only shapes and units.
namespace systole::isa {

constexpr int kMaxTileLoops = 8;
constexpr int kMaxStreams = 16;
constexpr int kMaxWalkDims = 4;
constexpr int kMaxArrayLoops = 8;
constexpr int kMaxSimdLoops = 7;
constexpr int kMaxIterators = 32;
constexpr int kMaxNests = 32;
constexpr int kMaxSimdWords = 16;  ///< instructions in the body of one nest
constexpr int kMaxImmediates = 32;
constexpr int kNoLoop = -1;
constexpr int kNoStream = -1;

/// On-chip memories that streams fill and drain.
enum class Buffer : std::uint8_t { wbuf, bbuf, ibuf, obuf, vmem1, vmem2 };

/// The five AXI ports, each with its own DMA engine.
enum class Port : std::uint8_t { parambuf, ibuf, obuf, simd, instruction };

enum class Direction : std::uint8_t { load, store };

/// wbuf, bbuf -> parambuf; ibuf -> ibuf; obuf -> obuf; vmem1, vmem2 -> simd.
Port port_of(Buffer buffer);

/// Current index of every tile loop (0-based); unused loops are 0.
using TileIndex = std::array<std::int32_t, kMaxTileLoops>;

/// A number of iterations (or lanes, or elements) that is `tail` instead of `count` while tile loop `tail_loop` is in
/// its last iteration: this is how remainder tiles are exact.
struct Trip {
  std::int32_t count = 1;
  std::int32_t tail = 1;
  std::int8_t tail_loop = kNoLoop;
};

/// When something happens, in terms of the tile loops in `mask` (bit i = tile loop i).
struct Condition {
  enum class Kind : std::uint8_t {
    always,
    first,      ///< every loop of the mask is in its first iteration
    not_first,  ///< not `first`
    last,       ///< every loop of the mask is in its last iteration
    not_last    ///< not `last`
  };
  Kind kind = Kind::always;
  std::uint8_t mask = 0;
};

/// One dimension of a memory walker. Position i of the dimension is at off-chip byte offset i*off_chip_stride and at
/// on-chip element offset i*on_chip_stride.
struct WalkDim {
  Trip trip;
  std::int64_t off_chip_stride = 0;  ///< bytes
  std::int32_t on_chip_stride = 0;   ///< elements

  /// A padded dimension has a coordinate: origin + sum(tile_step[l] * index[l]) + i*step, valid in [0, extent). What
  /// lies outside is not read from memory but filled on chip, and is not written to memory.
  bool padded = false;
  std::int32_t origin = 0;
  std::int32_t step = 1;
  std::int32_t extent = 0;
  std::array<std::int32_t, kMaxTileLoops> tile_step{};
};

/// What a walker moves at each position of its dimensions: `elements` consecutive elements off chip.
struct Run {
  Trip elements;
  std::int32_t block = 0;  ///< on chip, element e is at (e / block)*block_stride + e % block; 0: all in one block
  std::int32_t block_stride = 0;  ///< elements
  bool broadcast = false;         ///< one element off chip, copied to all `elements` places on chip (loads only)
  /// 0: the run is one position of the innermost dimension. Otherwise element e belongs to the position with coordinate
  /// (coordinate of the innermost dimension) + e / pixel_elements: kernel positions packed onto the array's rows.
  std::int32_t pixel_elements = 0;
};

/// What padded positions get: zero, the lowest value of the buffer's format, or the number in `fill_bits`.
enum class Fill : std::uint8_t { zero, lowest, number };

/// One LD_ST instruction with its walker: a strided transfer between memory and a buffer that repeats with a tile loop.
struct Stream {
  bool used = false;
  Direction direction = Direction::load;
  Buffer buffer = Buffer::ibuf;
  std::int8_t loop =
      kNoLoop;     ///< scope: once for each iteration of this tile loop and those outside it; kNoLoop: once a block
  Condition when;  ///< only loops at or outside `loop`
  std::int8_t from =
      kNoStream;  ///< store only: drain the slots of this load stream directly (a copy; no unit in between)
  std::uint8_t element_bits = 8;  ///< off chip: 4, 8, 16 or 32
  Fill fill = Fill::zero;
  std::uint32_t fill_bits = 0;                            ///< of Fill::number
  std::int64_t base = 0;                                  ///< byte address off chip
  std::array<std::int64_t, kMaxTileLoops> tile_stride{};  ///< bytes off chip for each iteration of a tile loop
  std::int32_t on_chip_base = 0;                          ///< elements
  std::uint8_t depth = 1;                                 ///< slots: 1 single buffered, 2 ping-pong
  std::int32_t slot_pitch = 0;                            ///< elements between two slots
  std::vector<WalkDim> dims;                              ///< outermost first, at most kMaxWalkDims
  Run run;
};

/// A loop of the array's address walkers. `*_stride` in words of the buffer; a loop whose obuf_stride is 0 is a
/// reduction loop.
struct ArrayLoop {
  Trip trip;
  std::int32_t ibuf_stride = 0;
  std::int32_t wbuf_stride = 0;
  std::int32_t obuf_stride = 0;
  std::int32_t bbuf_stride = 0;
};

/// Active rows or columns: all of them, but `last` in the last iteration of loop `loop` (kNoLoop: always `last`).
struct Lanes {
  std::int8_t loop = kNoLoop;
  Trip last;
};

struct ArrayProgram {
  bool used = false;
  std::vector<ArrayLoop> loops;  ///< outermost first
  Lanes rows;
  Lanes columns;
  bool bias = false;
  Condition start;                    ///< while it holds, accumulation starts from bias (or zero) and not from OBUF
  std::int8_t output_loop = kNoLoop;  ///< scope of one OBUF slot
  std::uint8_t output_depth = 2;
  std::int32_t output_pitch = 0;  ///< words between two OBUF slots
};

enum class Namespace : std::uint8_t { obuf, vmem1, vmem2, imm };

/// Address generator of the SIMD unit: word address base + sum(stride[l] * index of SIMD loop l), in the slot that
/// `stream` (or, for OBUF, the array) has filled or will drain; kNoStream outside OBUF: a fixed place.
struct Iterator {
  bool used = false;
  Namespace space = Namespace::vmem1;
  std::int8_t stream = kNoStream;
  std::int32_t base = 0;
  std::array<std::int32_t, kMaxSimdLoops> stride{};
};

enum class SimdOpcode : std::uint8_t {
  // ALU
  add,
  sub,
  mul,
  mac,
  max,
  min,
  shift_left,
  shift_right,
  bit_and,
  bit_or,
  bit_xor,
  move,
  conditional_move,
  // CALCULUS
  relu,
  leaky_relu,
  sigmoid,
  tanh,
  exp,
  log,
  sqrt,
  inverse_sqrt,
  reciprocal,
  divide,
  floor,
  absolute,
  negate,
  sign,
  // COMPARISON: 1 or 0
  equal,
  not_equal,
  greater,
  greater_equal,
  less,
  less_equal,
  // DATATYPE_CAST
  cast,
  requantize
};

/// One SIMD instruction: destination and sources are iterator numbers. What each opcode does is in the table of
/// isa/manual.md.
struct SimdInstruction {
  SimdOpcode opcode = SimdOpcode::move;
  std::uint8_t destination = 0;
  std::uint8_t source1 = 0;
  std::uint8_t source2 = 0;
};

/// A hardware loop nest of the SIMD unit.
struct Nest {
  Condition when;
  std::vector<Trip> loops;  ///< outermost first, at most kMaxSimdLoops
  Lanes lanes;
  std::vector<SimdInstruction> body;
};

struct SimdProgram {
  bool used = false;
  bool reads_obuf = false;  ///< the unit drains OBUF slots (fused with the array)
  Condition obuf_when;      ///< of which slots, when it does
  std::array<Iterator, kMaxIterators> iterators{};
  std::vector<std::uint32_t> immediates;  ///< IMM words by slot, as bits
  std::vector<Nest> nests;
};

struct Block {
  std::vector<std::int32_t> tile_loops;  ///< iterations, outermost first; empty: one tile
  std::array<Stream, kMaxStreams> streams{};
  ArrayProgram array;
  SimdProgram simd;
  bool last = false;  ///< the program ends after this block
};

/// Equal in meaning: what has no effect is not compared (the tail of a trip without a tail loop, the coordinate of a
/// dimension that is not padded, the mask of `always`, everything in what is not used).
bool operator==(const Trip& a, const Trip& b);
bool operator==(const Condition& a, const Condition& b);
bool operator==(const WalkDim& a, const WalkDim& b);
bool operator==(const Run& a, const Run& b);
bool operator==(const Stream& a, const Stream& b);
bool operator==(const ArrayLoop& a, const ArrayLoop& b);
bool operator==(const Lanes& a, const Lanes& b);
bool operator==(const ArrayProgram& a, const ArrayProgram& b);
bool operator==(const Iterator& a, const Iterator& b);
bool operator==(const SimdInstruction& a, const SimdInstruction& b);
bool operator==(const Nest& a, const Nest& b);
bool operator==(const SimdProgram& a, const SimdProgram& b);
bool operator==(const Block& a, const Block& b);

}  // namespace systole::isa
