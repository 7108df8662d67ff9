#include "test/isa/example_block.h"

#include "isa/encoder.h"
#include "isa/program.h"

namespace systole::isa {

namespace {

// Tile loops: 0 output channels (2 x 8), 1 output rows (8, 8, 4), 2 input channels (2 x 4). Feature maps are NHWC in 8
// bits.
constexpr std::int64_t kInput = 0x10000;    // 20*20*8 bytes
constexpr std::int64_t kWeights = 0x20000;  // 2*2*9 words of 4*8 bytes
constexpr std::int64_t kBias = 0x30000;
constexpr std::int64_t kOutput = 0x40000;  // 20*20*16 bytes
constexpr Trip kRows{8, 4, 1};

Trip fixed(std::int32_t count) {
  return {count, count, kNoLoop};
}

Stream stream(Buffer buffer, Direction direction, int loop, std::int64_t base, int bits) {
  Stream s;
  s.used = true;
  s.buffer = buffer;
  s.direction = direction;
  s.loop = static_cast<std::int8_t>(loop);
  s.base = base;
  s.element_bits = static_cast<std::uint8_t>(bits);
  return s;
}

Stream weights() {
  Stream s = stream(Buffer::wbuf, Direction::load, 2, kWeights, 8);
  s.tile_stride = {2 * 9 * 32, 0, 9 * 32};
  s.depth = 2;
  s.slot_pitch = 9 * 32;
  s.run.elements = fixed(9 * 32);
  return s;
}

Stream bias() {
  Stream s = stream(Buffer::bbuf, Direction::load, 0, kBias, 32);
  s.tile_stride[0] = 8 * 4;
  s.depth = 2;
  s.slot_pitch = 8;
  s.run.elements = fixed(8);
  return s;
}

/// Rows of 22 pixels with a halo of one row above and below: 10 rows a tile, 6 in the last.
Stream ifmap() {
  Stream s = stream(Buffer::ibuf, Direction::load, 2, kInput - (20 + 1) * 8, 8);
  s.tile_stride = {0, 8 * 20 * 8, 4};
  s.depth = 2;
  s.slot_pitch = 10 * 22 * 4;
  s.dims.resize(2);
  WalkDim& rows = s.dims[0];
  rows = {{10, 6, 1}, 20 * 8, 22 * 4, true, -1, 1, 20, {}};
  rows.tile_step[1] = 8;
  s.dims[1] = {fixed(22), 8, 4, true, -1, 1, 20, {}};
  s.run.elements = fixed(4);
  return s;
}

Stream ofmap() {
  Stream s = stream(Buffer::vmem1, Direction::store, 1, kOutput, 8);
  s.tile_stride = {8, 8 * 20 * 16};
  s.depth = 2;
  s.slot_pitch = 8 * 20 * 8;
  s.dims.resize(2);
  s.dims[0] = {kRows, 20 * 16, 20 * 8, false, 0, 1, 0, {}};
  s.dims[1] = {fixed(20), 16, 8, false, 0, 1, 0, {}};
  s.run.elements = fixed(8);
  return s;
}

ArrayProgram array() {
  ArrayProgram a;
  a.used = true;
  a.loops = {{fixed(3), 22, 3, 0, 0}, {fixed(3), 1, 1, 0, 0}, {kRows, 22, 0, 20, 0}, {fixed(20), 1, 0, 1, 0}};
  a.rows.last = fixed(4);
  a.columns.last = fixed(8);
  a.bias = true;
  a.start = {Condition::Kind::first, 0b100};
  a.output_loop = 1;
  a.output_pitch = 8 * 20;
  return a;
}

SimdProgram simd() {
  SimdProgram s;
  s.used = true;
  s.reads_obuf = true;
  s.immediates = {77, 20};
  s.iterators[0] = {true, Namespace::obuf, kNoStream, 0, {20, 1}};
  s.iterators[1] = {true, Namespace::vmem1, 3, 0, {20, 1}};
  s.iterators[2] = {true, Namespace::imm, kNoStream, 0, {}};
  s.iterators[3] = {true, Namespace::imm, kNoStream, 1, {}};
  Nest nest;
  nest.when = {Condition::Kind::last, 0b100};
  nest.loops = {kRows, fixed(20)};
  nest.lanes.last = fixed(8);
  nest.body = {{SimdOpcode::mul, 1, 0, 2},
               {SimdOpcode::shift_right, 1, 1, 3},
               {SimdOpcode::relu, 1, 1, 0},
               {SimdOpcode::cast, 1, 1, 0}};
  s.nests = {nest};
  return s;
}

void add_region(Program& program, const char* name, Region::Kind kind, std::int64_t address, std::int64_t bytes,
                int bits) {
  Region& region = *program.add_regions();
  region.set_name(name);
  region.set_kind(kind);
  region.set_address(address);
  region.set_bytes(bytes);
  region.set_element_bits(bits);
}

}  // namespace

Target small_target() {
  Target t;
  t.set_rows(4);
  t.set_columns(8);
  t.set_weight_bits(8);
  t.set_activation_bits(8);
  t.set_bias_bits(32);
  t.set_accumulator_bits(32);
  t.set_wbuf_half_elements(16 * 32);
  t.set_ibuf_half_elements(256 * 4);
  t.set_bbuf_half_elements(8 * 8);
  t.set_obuf_half_words(160);
  t.set_vmem_words(512);
  t.set_imm_words(32);
  t.set_simd_instruction_words(256);
  t.set_memory_bytes(1 << 20);
  return t;
}

Block example_block() {
  Block b;
  b.tile_loops = {2, 3, 2};
  b.streams[0] = weights();
  b.streams[1] = bias();
  b.streams[2] = ifmap();
  b.streams[3] = ofmap();
  b.array = array();
  b.simd = simd();
  b.last = true;
  return b;
}

Program example_program() {
  Program p;
  p.set_schema(kProgramSchema);
  p.set_machine("small");
  *p.mutable_target() = small_target();
  p.set_model("example");
  p.set_mode("inference");
  p.set_batch(1);
  LayerInfo& conv = *p.add_layers();
  conv.set_name("conv \"one\"");
  conv.set_op("Conv");
  conv.set_unit(LayerInfo::systolic_array);
  conv.set_fused_into(-1);
  conv.set_macs(20 * 20 * 16 * 8 * 9);
  LayerInfo& relu = *p.add_layers();
  relu.set_index(1);
  relu.set_name("relu");
  relu.set_op("Relu");
  relu.set_unit(LayerInfo::simd_unit);
  relu.set_ops(20 * 20 * 16);
  EncodedBlock& block = *p.add_blocks();
  for (const std::uint32_t word : encode(example_block())) block.add_words(word);
  block.add_nest_layers(1);
  for (const int layer : {0, 0, 0, 1}) block.add_stream_layers(layer);
  add_region(p, "x", Region::input, kInput, 20 * 20 * 8, 8);
  for (const int n : {1, 20, 20, 8}) p.mutable_regions(0)->add_shape(n);
  p.mutable_regions(0)->set_order("NHWC");
  add_region(p, "w", Region::constant, kWeights, 4 * 9 * 32, 8);
  add_region(p, "b", Region::constant, kBias, 64, 32);
  p.mutable_regions(2)->set_data(std::string("\x00\x01\xfe\xff", 4));
  add_region(p, "y", Region::output, kOutput, 20 * 20 * 16, 8);
  add_region(p, "words", Region::instruction, 0, 4 * word_count(p), 32);
  return p;
}

}  // namespace systole::isa
