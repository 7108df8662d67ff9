#include "kernels/lowering/array_block.h"

#include <algorithm>

#include "base/units.h"
#include "kernels/lowering/array_streams.h"
#include "kernels/lowering/exact.h"

namespace systole {

namespace {

ArrayLoops add_loops(const ArrayJob& job, const Geometry& g, BlockBuilder& builder) {
  ArrayLoops loops;
  const auto pixels = [&] {
    loops.batch = builder.tile_loop(g.batches);
    loops.oh = builder.tile_loop(g.rows);
    loops.ow = builder.tile_loop(g.columns);
  };
  for (const std::int64_t count : job.outer) loops.outer.push_back(builder.tile_loop(count));
  if (g.order == LoopOrder::pixels_outside) pixels();
  loops.oc = builder.tile_loop(g.ocs);
  if (g.order == LoopOrder::reduction_inside) pixels();
  loops.ic = builder.tile_loop(g.ics);
  loops.kh = builder.tile_loop(g.kernel_rows);
  loops.kw = builder.tile_loop(g.kernel_columns);
  if (g.order == LoopOrder::weights_stay) pixels();
  return loops;
}

/// The last of `total` elements' lanes, in blocks of `lanes`, exact in the last tile.
isa::Trip last_lanes(std::int64_t total, std::int64_t tile, std::int64_t lanes, std::int8_t loop) {
  isa::Trip trip = tile_trip(total, tile, loop);
  const auto rest = [&](std::int32_t size) { return narrow(size - (ceil_div(size, lanes) - 1) * lanes); };
  trip.count = rest(trip.count);
  trip.tail = rest(trip.tail);
  return trip;
}

isa::Trip blocks(std::int64_t total, std::int64_t tile, std::int64_t lanes, std::int8_t loop) {
  isa::Trip trip = tile_trip(total, tile, loop);
  trip.count = narrow(ceil_div(trip.count, lanes));
  trip.tail = narrow(ceil_div(trip.tail, lanes));
  return trip;
}

/// The array's loops over one tile. Weights stay while the output pixels pass; the output-channel blocks are outside
/// the reduction, or inside it where an output word would otherwise be needed again before its sum is there.
class ArrayLoopNest {
 public:
  ArrayLoopNest(const Choice& choice, const ArrayLoops& tile_loops, const Machine& machine)
      : p_(choice.problem), t_(choice.tiling), g_(choice.geometry), loops_(tile_loops), m_(machine) {}

  void fill(isa::ArrayProgram& array) {
    if (!g_.oc_inside) column_blocks(array);
    row_blocks(array);
    kernel(array);
    if (g_.oc_inside) column_blocks(array);
    pixels(array);
    array.columns.last = last_lanes(p_.oc, t_.oc, m_.columns, loops_.oc);
    if (!fills_rows()) array.rows.last = last_lanes(p_.ic, t_.ic, m_.rows, loops_.ic);
  }

 private:
  /// Number of the loop, or kNoLoop when a single iteration leaves it out.
  static std::int8_t add(isa::ArrayProgram& array, const isa::Trip& trip, std::int64_t ibuf, std::int64_t wbuf,
                         std::int64_t obuf, std::int64_t bbuf = 0) {
    if (trip.count == 1 && trip.tail == 1) return isa::kNoLoop;
    array.loops.push_back({trip, narrow(ibuf), narrow(wbuf), narrow(obuf), narrow(bbuf)});
    return static_cast<std::int8_t>(array.loops.size() - 1);
  }

  void column_blocks(isa::ArrayProgram& array) const {
    const isa::Trip trip = blocks(p_.oc, t_.oc, m_.columns, loops_.oc);
    array.columns.loop = add(array, trip, 0, t_.kh * t_.kw * g_.ic_blocks, 1, p_.bias ? 1 : 0);
  }

  void row_blocks(isa::ArrayProgram& array) const {
    array.rows.loop = add(array, blocks(p_.ic, t_.ic, m_.rows, loops_.ic), 1, 1, 0);
  }

  void kernel(isa::ArrayProgram& array) const {
    const std::int64_t row = g_.w.positions * g_.ic_blocks;
    add(array, tile_trip(t_.kh, t_.kh, isa::kNoLoop), g_.h.kernel_distance * row, t_.kw * g_.ic_blocks, 0);
    const std::int8_t columns =
        add(array, tile_trip(t_.kw, t_.kw, isa::kNoLoop), g_.w.kernel_distance * g_.ic_blocks, g_.ic_blocks, 0);
    if (fills_rows()) packed_rows(array, columns);
  }

  /// Blocks of packed kernel columns take all rows, so the last block, which has fewer columns, can leave rows out.
  /// Where a block is narrower than the array, all of them are as wide as the first and the weights beyond the kernel
  /// are zero.
  [[nodiscard]] bool fills_rows() const { return p_.pack > 1 && p_.ic == m_.rows; }

  void packed_rows(isa::ArrayProgram& array, std::int8_t columns) const {
    const std::int64_t channels = p_.ic / p_.pack;
    array.rows.loop = columns;
    array.rows.last = {narrow(p_.ic), narrow(p_.last_pack * channels), loops_.kw};
    if (loops_.kw == isa::kNoLoop) array.rows.last.count = array.rows.last.tail;
  }

  void pixels(isa::ArrayProgram& array) const {
    const std::int64_t row = g_.w.positions * g_.ic_blocks;
    add(array, tile_trip(p_.batch, t_.batch, loops_.batch), g_.h.positions * row, 0, t_.oh * t_.ow * g_.oc_blocks);
    add(array, tile_trip(p_.h.out, t_.oh, loops_.oh), g_.h.output_distance * row, 0, t_.ow * g_.oc_blocks);
    add(array, tile_trip(p_.w.out, t_.ow, loops_.ow), g_.w.output_distance * g_.ic_blocks, 0, g_.oc_blocks);
  }

  const ArrayProblem& p_;
  const Tiling& t_;
  const Geometry& g_;
  const ArrayLoops& loops_;
  const Machine& m_;
};

Space output_space(const ArrayJob& job, const Choice& choice, const ArrayLoops& loops) {
  const ArrayProblem& p = choice.problem;
  const Tiling& t = choice.tiling;
  Space space;
  for (std::size_t d = 0; d < job.outer.size(); ++d) space.push_back({job.outer[d], 1, true, loops.outer[d]});
  space.push_back({p.batch, std::min(t.batch, p.batch), true, loops.batch});
  space.push_back({p.h.out, t.oh, true, loops.oh});
  space.push_back({p.w.out, t.ow, true, loops.ow});
  space.push_back({p.oc, t.oc, true, loops.oc});
  return space;
}

/// A stream between OBUF and memory. Its slots are the array's.
isa::Stream obuf_stream(const Access& access, const ArrayOutput& output, const isa::Condition& when,
                        isa::Direction direction, const isa::ArrayProgram& array, const Machine& machine) {
  isa::Stream stream = stream_of(access, output.space, machine.columns);
  stream.buffer = isa::Buffer::obuf;
  stream.direction = direction;
  stream.loop = output.scope;
  stream.when = when;
  stream.depth = array.output_depth;
  stream.slot_pitch = narrow(array.output_pitch * machine.columns);
  return stream;
}

/// Partial sums between two passes of the reduction: each output tile is one piece of memory. The passes of one
/// repetition and one tile of output channels are over before the next begins, so these share the memory.
void spill(const Node& node, const ArrayOutput& output, std::uint8_t reduction, BlockBuilder& builder,
           LoweringContext& context) {
  const Machine& machine = context.machine();
  const std::size_t channel = output.space.size() - 1;
  Access access;
  access.bits = machine.accumulator_bits;
  std::int64_t stride = access.bits;
  for (std::size_t d = channel + 1; d-- > channel - 3;) {
    access.axes.insert(access.axes.begin(), plain_axis(static_cast<int>(d), stride));
    stride *= output.space[d].tile;
  }
  std::array<std::int64_t, isa::kMaxTileLoops> tile_stride{};
  std::int64_t bytes = stride / 8;
  for (std::size_t d = channel; d-- > channel - 3;) {
    if (output.space[d].loop == isa::kNoLoop) continue;
    tile_stride.at(static_cast<std::size_t>(output.space[d].loop)) = bytes;
    bytes *= output.space[d].tiles();
  }
  access.region = context.scratch(node, bytes, access.bits);
  for (const isa::Direction direction : {isa::Direction::load, isa::Direction::store}) {
    const auto kind =
        direction == isa::Direction::load ? isa::Condition::Kind::not_first : isa::Condition::Kind::not_last;
    isa::Stream stream = obuf_stream(access, output, {kind, reduction}, direction, builder.block().array, machine);
    stream.tile_stride = tile_stride;
    builder.stream(stream, access.region);
  }
}

}  // namespace

std::uint8_t ArrayLoops::reduction() const {
  std::uint8_t mask = 0;
  for (const std::int8_t loop : {ic, kh, kw}) {
    if (loop != isa::kNoLoop) mask = static_cast<std::uint8_t>(mask | 1U << static_cast<unsigned>(loop));
  }
  return mask;
}

std::int8_t ArrayLoops::output() const {
  std::int8_t innermost = std::max({oc, batch, oh, ow});
  for (const std::int8_t loop : outer) innermost = std::max(innermost, loop);
  return innermost;
}

std::vector<std::int64_t> output_strides(const ArrayJob& job, const Layout& layout) {
  std::vector<std::int64_t> strides;
  for (const OutputDim& dim : job.output) {
    strides.push_back(dim.dim < 0 ? 0 : dim.step * layout.bit_strides.at(static_cast<std::size_t>(dim.dim)));
  }
  return strides;
}

Access output_access(const ArrayJob& job, const Layout& layout) {
  const std::vector<std::int64_t> strides = output_strides(job, layout);
  Access access = strided_access(layout, {});
  for (std::size_t d = 0; d < strides.size(); ++d) {
    const OutputDim& dim = job.output[d];
    if (strides[d] == 0) continue;
    access.offset += whole_bytes(dim.start * layout.bit_strides.at(static_cast<std::size_t>(dim.dim)));
    Axis axis = plain_axis(static_cast<int>(d), strides[d]);
    axis.padded = dim.kept > 0;
    axis.extent = dim.kept;
    access.axes.push_back(std::move(axis));
  }
  return access;
}

ArrayOutput build_array(const Node& node, const ArrayJob& job, const Choice& choice, BlockBuilder& builder,
                        LoweringContext& context) {
  const Machine& machine = context.machine();
  const Geometry& g = choice.geometry;
  const ArrayLoops loops = add_loops(job, g, builder);
  const PlacedStream weights = weight_stream(job, choice, loops, context);
  builder.stream(weights.stream, weights.region);
  if (job.bias) {
    const PlacedStream bias = bias_stream(job, choice, loops);
    builder.stream(bias.stream, bias.region);
  }
  const PlacedStream ifmap = ifmap_stream(job, choice, loops, machine);
  builder.stream(ifmap.stream, ifmap.region);

  isa::ArrayProgram& array = builder.array();
  ArrayLoopNest(choice, loops, machine).fill(array);
  array.bias = job.bias.has_value();
  array.output_loop = loops.output();
  array.output_depth = 2;
  array.output_pitch = narrow(g.obuf_words);
  ArrayOutput output;
  output.space = output_space(job, choice, loops);
  output.scope = loops.output();
  if (g.reduction_tiles() > 1) {
    array.start = {isa::Condition::Kind::first, loops.reduction()};
    output.tile = {isa::Condition::Kind::last, loops.reduction()};
    if (g.spills()) output.generation = output.tile;
  }
  if (g.spills()) spill(node, output, loops.reduction(), builder, context);
  return output;
}

void store_output(const ArrayJob& job, const ArrayOutput& output, const Layout& layout, BlockBuilder& builder,
                  const Machine& machine) {
  const Access access = output_access(job, layout);
  builder.stream(obuf_stream(access, output, output.generation, isa::Direction::store, builder.block().array, machine),
                 access.region);
}

}  // namespace systole
