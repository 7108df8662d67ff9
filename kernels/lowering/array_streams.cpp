#include "kernels/lowering/array_streams.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "base/units.h"
#include "kernels/lowering/exact.h"

namespace systole {

namespace {

/// Moves the stream by `bits` with each iteration of a loop, and widens its scope to that loop.
void advance(isa::Stream& stream, std::int8_t loop, std::int64_t bits) {
  if (loop == isa::kNoLoop || bits == 0) return;
  stream.tile_stride.at(static_cast<std::size_t>(loop)) = whole_bytes(bits);
  stream.loop = std::max(stream.loop, loop);
}

void advance(isa::Stream& stream, const ArrayLoops& loops, const StridedOperand& operand) {
  for (std::size_t d = 0; d < loops.outer.size(); ++d) advance(stream, loops.outer[d], operand.outer.at(d));
}

isa::WalkDim dimension(const isa::Trip& trip, std::int64_t bits, std::int64_t elements) {
  isa::WalkDim dim;
  dim.trip = trip;
  dim.off_chip_stride = trip.count == 1 ? 0 : whole_bytes(bits);
  dim.on_chip_stride = narrow(elements);
  return dim;
}

/// One dimension of a single position says nothing unless it can lie in padding.
void append(isa::Stream& stream, const isa::WalkDim& dim) {
  if (dim.trip.count > 1 || dim.padded) stream.dims.push_back(dim);
}

/// Slots follow one another without a gap, wherever half of the buffer ends: so equal tiles make equal blocks on
/// machines whose buffers differ.
isa::Stream load_into(isa::Buffer buffer, int bits, std::int64_t tile_elements) {
  isa::Stream stream;
  stream.buffer = buffer;
  stream.element_bits = static_cast<std::uint8_t>(bits);
  stream.depth = 2;
  stream.slot_pitch = narrow(tile_elements);
  return stream;
}

/// Packs constant weights tile by tile. In memory a tile is [reduction][kernel row][kernel column][output channel], so
/// that a remainder of the reduction is still one piece.
struct PackedWeights {
  RegionId region{};
  std::int64_t column_bits = 0;                        ///< from kernel column to kernel column inside a tile
  std::int64_t row_bits = 0;                           ///< from one element of the reduction to the next
  std::int64_t kw_bits = 0, kh_bits = 0, oc_bits = 0;  ///< from tile to tile
  std::vector<std::int64_t> outer_bits;
};

PackedWeights pack(const ConstantWeights& weights, const Choice& choice, LoweringContext& context) {
  const ArrayProblem& p = choice.problem;
  const Tiling& t = choice.tiling;
  const Geometry& g = choice.geometry;
  const int bits = context.machine().weight_bits;
  PackedWeights packed;
  packed.column_bits = round_up(t.oc * bits, 8);
  packed.row_bits = t.kh * t.kw * packed.column_bits;
  packed.kw_bits = p.ic * packed.row_bits;
  packed.kh_bits = g.kernel_columns * packed.kw_bits;
  packed.oc_bits = g.kernel_rows * packed.kh_bits;

  Packing packing;
  packing.axes = weights.axes;
  packing.equal = weights.equal;
  packing.scale = weights.scale;
  std::int64_t total = g.ocs * packed.oc_bits;
  packed.outer_bits.resize(weights.outer.size());
  for (std::size_t d = weights.outer.size(); d-- > 0;) {
    packed.outer_bits[d] = weights.outer[d].count > 1 ? total : 0;
    total *= weights.outer[d].count;
  }
  const auto counter = [&](Packing::Counter c, std::int64_t count, std::int64_t step, std::int64_t stride) {
    c.count = count;
    c.step = step;
    c.bit_stride = stride;
    packing.counters.push_back(c);
  };
  for (std::size_t d = 0; d < weights.outer.size(); ++d) {
    counter(weights.outer[d], weights.outer[d].count, weights.outer[d].step, packed.outer_bits[d]);
  }
  counter(weights.columns.back(), g.ocs, t.oc, packed.oc_bits);
  const std::int64_t kw_step = p.pack;  // of the packed problem's kernel columns, in kernel columns
  counter(weights.kernel_row, g.kernel_rows, t.kh, packed.kh_bits);
  counter(weights.kernel_column, g.kernel_columns, t.kw * kw_step, packed.kw_bits);
  std::vector<Packing::Counter> rows = weights.rows;
  if (p.pack > 1) rows.insert(rows.begin(), {p.pack, 0, weights.kernel_column.axis, 1});
  std::int64_t row_stride = p.ic * packed.row_bits;
  for (const Packing::Counter& row : rows) {
    row_stride /= row.count;
    counter(row, row.count, row.step, row_stride);
  }
  counter(weights.kernel_row, t.kh, 1, t.kw * packed.column_bits);
  counter(weights.kernel_column, t.kw, kw_step, packed.column_bits);
  std::int64_t column_stride = t.oc * bits;
  for (const Packing::Counter& column : weights.columns) {
    const std::int64_t count = &column == &weights.columns.back() ? std::min(column.count, t.oc) : column.count;
    column_stride /= count;
    counter(column, count, column.step, column_stride);
  }
  packed.region = context.constant(weights.tensor, packing, bits, total / 8);
  return packed;
}

PlacedStream constant_weights(const ConstantWeights& weights, const Choice& choice, const ArrayLoops& loops,
                              LoweringContext& context) {
  const Machine& m = context.machine();
  const ArrayProblem& p = choice.problem;
  const Tiling& t = choice.tiling;
  const Geometry& g = choice.geometry;
  const PackedWeights packed = pack(weights, choice, context);
  isa::Stream stream = load_into(isa::Buffer::wbuf, m.weight_bits, g.wbuf_elements);
  const std::int64_t word = m.rows * m.columns;
  append(stream, dimension(tile_trip(p.ic, t.ic, loops.ic), packed.row_bits, m.columns));
  append(stream, dimension(tile_trip(t.kh * t.kw, t.kh * t.kw, isa::kNoLoop), packed.column_bits, g.ic_blocks * word));
  stream.run.elements = tile_trip(p.oc, t.oc, loops.oc);
  stream.run.block = narrow(m.columns);
  stream.run.block_stride = narrow(t.kh * t.kw * g.ic_blocks * word);
  for (std::size_t d = 0; d < loops.outer.size(); ++d) {
    advance(stream, loops.outer[d], weights.outer.empty() ? 0 : packed.outer_bits[d]);
  }
  advance(stream, loops.oc, packed.oc_bits);
  advance(stream, loops.ic, t.ic * packed.row_bits);
  advance(stream, loops.kh, packed.kh_bits);
  advance(stream, loops.kw, packed.kw_bits);
  return {stream, packed.region};
}

/// Appends the dimensions with the longest strides outermost, so that what follows in memory is one piece.
void append_sorted(isa::Stream& stream, std::vector<isa::WalkDim> dims) {
  std::stable_sort(dims.begin(), dims.end(), [](const isa::WalkDim& a, const isa::WalkDim& b) {
    return std::abs(a.off_chip_stride) > std::abs(b.off_chip_stride);
  });
  for (const isa::WalkDim& dim : dims) append(stream, dim);
}

/// Weights as they lie in memory: along the output channels in runs, or transposed on the way in, element by element.
PlacedStream strided_weights(const StridedWeights& weights, const Choice& choice, const ArrayLoops& loops,
                             const Machine& m) {
  const ArrayProblem& p = choice.problem;
  const Tiling& t = choice.tiling;
  const std::int64_t word = m.rows * m.columns;
  const std::int64_t ic_blocks = choice.geometry.ic_blocks;
  const std::int64_t column_block = t.kh * t.kw * ic_blocks * word;
  isa::Stream stream = load_into(isa::Buffer::wbuf, weights.bits, choice.geometry.wbuf_elements);
  stream.base = weights.offset;
  const isa::Trip rows = tile_trip(p.ic, t.ic, loops.ic);
  const isa::Trip columns = tile_trip(p.oc, t.oc, loops.oc);
  std::vector<isa::WalkDim> dims{
      dimension(tile_trip(t.kh, t.kh, isa::kNoLoop), weights.kernel_row, t.kw * ic_blocks * word),
      dimension(tile_trip(t.kw, t.kw, isa::kNoLoop), p.pack * weights.kernel_column, ic_blocks * word)};
  if (!p.weights_by_column) {
    dims.push_back(dimension(rows, weights.row, m.columns));
    stream.run.elements = columns;
    stream.run.block = narrow(m.columns);
    stream.run.block_stride = narrow(column_block);
  } else if (weights.row == weights.bits) {
    if (t.oc > m.columns) {  // whole blocks
      dims.push_back(
          dimension(tile_trip(p.oc / m.columns, t.oc / m.columns, loops.oc), m.columns * weights.column, column_block));
      dims.push_back(dimension(tile_trip(m.columns, m.columns, isa::kNoLoop), weights.column, 1));
    } else {
      dims.push_back(dimension(columns, weights.column, 1));
    }
    stream.run.elements = rows;
    stream.run.block = 1;
    stream.run.block_stride = narrow(m.columns);
  } else {
    dims.push_back(dimension(rows, weights.row, m.columns));
    dims.push_back(dimension(columns, weights.column, 1));
  }
  append_sorted(stream, std::move(dims));
  advance(stream, loops, weights);
  advance(stream, loops.oc, t.oc * weights.column);
  advance(stream, loops.ic, t.ic * weights.row);
  advance(stream, loops.kh, t.kh * weights.kernel_row);
  advance(stream, loops.kw, t.kw * p.pack * weights.kernel_column);
  return {stream, weights.region};
}

/// One image dimension of the ifmap. `reach` is how far a position extends beyond itself (packed kernel columns).
isa::WalkDim image_dimension(const WindowAxis& axis, const InputAxis& input, std::int64_t tile, std::int8_t out_loop,
                             std::int64_t kernel_tile, std::int8_t kernel_loop, std::int64_t reach) {
  isa::Trip trip = tile_trip(axis.out, tile, out_loop);
  trip.count = narrow(input_positions(axis, input.step, trip.count, kernel_tile));
  trip.tail = narrow(input_positions(axis, input.step, trip.tail, kernel_tile));
  isa::WalkDim dim;
  dim.trip = trip;
  dim.padded = reaches_padding(axis, reach);
  if (!dim.padded) return dim;
  dim.origin = narrow(-axis.pad);
  dim.step = narrow(input.step);
  dim.extent = narrow(axis.in);
  if (out_loop != isa::kNoLoop) dim.tile_step[static_cast<std::size_t>(out_loop)] = narrow(tile * axis.stride);
  if (kernel_loop != isa::kNoLoop) {
    dim.tile_step[static_cast<std::size_t>(kernel_loop)] = narrow(kernel_tile * axis.dilation);
  }
  return dim;
}

}  // namespace

bool reaches_padding(const WindowAxis& axis, std::int64_t reach) {
  const std::int64_t last = (axis.out - 1) * axis.stride + (axis.kernel - 1) * axis.dilation - axis.pad + reach;
  return axis.pad > 0 || last >= axis.in;
}

PlacedStream weight_stream(const ArrayJob& job, const Choice& choice, const ArrayLoops& loops,
                           LoweringContext& context) {
  if (const auto* constant = std::get_if<ConstantWeights>(&job.weights)) {
    return constant_weights(*constant, choice, loops, context);
  }
  return strided_weights(std::get<StridedWeights>(job.weights), choice, loops, context.machine());
}

PlacedStream ifmap_stream(const ArrayJob& job, const Choice& choice, const ArrayLoops& loops, const Machine& m) {
  const ArrayProblem& p = choice.problem;
  const Tiling& t = choice.tiling;
  const Geometry& g = choice.geometry;
  const IfmapOperand& x = job.ifmap;
  isa::Stream stream = load_into(isa::Buffer::ibuf, x.bits, g.ibuf_elements);
  const std::int64_t pixel = g.ic_blocks * m.rows;  // on-chip elements of a pixel
  isa::WalkDim images = dimension(tile_trip(p.batch, t.batch, loops.batch), x.image, 0);
  isa::WalkDim rows = image_dimension(p.h, g.h, t.oh, loops.oh, t.kh, loops.kh, 0);
  isa::WalkDim columns = image_dimension(p.w, g.w, t.ow, loops.ow, t.kw, loops.kw, p.pack - 1);
  columns.on_chip_stride = narrow(pixel);
  rows.on_chip_stride = narrow(g.w.positions * pixel);
  images.on_chip_stride = narrow(g.h.positions * g.w.positions * pixel);
  rows.off_chip_stride = rows.trip.count > 1 ? whole_bytes(g.h.step * x.row) : 0;
  columns.off_chip_stride = columns.trip.count > 1 ? whole_bytes(g.w.step * x.column) : 0;

  const isa::Trip channels = tile_trip(p.ic, t.ic, loops.ic);
  const bool along_channels = p.pack > 1 || x.channel == x.bits || (p.ic == 1 && x.image != x.bits);
  const bool along_columns = !along_channels && x.column * g.w.step == x.bits && !columns.padded;
  const bool along_images = !along_channels && !along_columns && x.image == x.bits;
  if (!along_images) {
    append(stream, images);
    append(stream, rows);
  }
  if (along_channels) {
    if (p.pack > 1 && columns.padded) stream.run.pixel_elements = narrow(p.ic / p.pack);
    append(stream, columns);
    stream.run.elements = channels;
  } else if (along_columns) {  // the transposed matrix: neighbours in memory are neighbouring pixels
    append(stream, dimension(channels, x.channel, 1));
    stream.run.elements = columns.trip;
    stream.run.block = 1;
    stream.run.block_stride = narrow(pixel);
  } else if (along_images) {
    append_sorted(stream, {dimension(channels, x.channel, 1), rows, columns});
    stream.run.elements = images.trip;
    stream.run.block = 1;
    stream.run.block_stride = images.on_chip_stride;
  } else {
    append(stream, columns);
    append(stream, dimension(channels, x.channel, 1));
  }
  stream.fill = x.fill;
  stream.fill_bits = x.fill_bits;
  stream.base = x.offset - whole_bytes(p.h.pad * x.row) - whole_bytes(p.w.pad * x.column);
  advance(stream, loops, x);
  advance(stream, loops.ic, t.ic * x.channel);
  advance(stream, loops.kh, t.kh * p.h.dilation * x.row);
  advance(stream, loops.kw, t.kw * p.w.dilation * x.column);
  advance(stream, loops.batch, t.batch * x.image);
  advance(stream, loops.oh, t.oh * p.h.stride * x.row);
  advance(stream, loops.ow, t.ow * p.w.stride * x.column);
  return {stream, x.region};
}

PlacedStream bias_stream(const ArrayJob& job, const Choice& choice, const ArrayLoops& loops) {
  isa::Stream stream = load_into(isa::Buffer::bbuf, job.bias->bits, choice.geometry.bbuf_elements);
  stream.base = job.bias->offset;
  stream.run.elements = tile_trip(choice.problem.oc, choice.tiling.oc, loops.oc);
  advance(stream, loops, *job.bias);
  advance(stream, loops.oc, choice.tiling.oc * job.bias->bits);
  return {stream, job.bias->region};
}

}  // namespace systole
