#include "models/cycle/lockstep/array_vectors.h"

#include <algorithm>
#include <unordered_map>

namespace systole {

namespace {

/// An input vector: the words it uses, and what is active.
struct InputVector {
  std::int64_t ibuf = 0, wbuf = 0, obuf = 0, bbuf = 0;
  bool fresh = false;  ///< its sums do not start from OBUF
  int rows = 0;
  int columns = 0;
};

template <typename Take>
void for_each_vector(const ArrayParameters& parameters, const RtlArrayTile& tile, Take take) {
  std::vector<std::int32_t> index(tile.loops.size(), 0);
  const auto in_tail = [&](int loop) {
    return loop < 0 || index[static_cast<std::size_t>(loop)] + 1 == tile.loops[static_cast<std::size_t>(loop)].count;
  };
  for (bool more = true; more;) {
    InputVector vector{tile.ibuf_base, tile.wbuf_base, tile.obuf_base, tile.bbuf_base, tile.start_from_bias, 0, 0};
    for (std::size_t l = 0; l < index.size(); ++l) {
      const RtlArrayTile::Loop& loop = tile.loops[l];
      const std::int64_t at = index[l];
      vector.ibuf += at * loop.ibuf_stride;
      vector.wbuf += at * loop.wbuf_stride;
      vector.obuf += at * loop.obuf_stride;
      vector.bbuf += at * loop.bbuf_stride;
      vector.fresh = vector.fresh && (loop.obuf_stride != 0 || at == 0);
    }
    vector.rows = in_tail(tile.row_loop) ? tile.rows : parameters.rows;
    vector.columns = in_tail(tile.column_loop) ? tile.columns : parameters.columns;
    take(vector);
    more = false;
    for (std::size_t l = index.size(); l-- > 0 && !more;) {
      more = ++index[l] < tile.loops[l].count;
      if (!more) index[l] = 0;
    }
  }
}

RtlArrayTile walkers_of(const isa::ArrayProgram& program, const TileWalker& tile, const ArrayBases& bases) {
  RtlArrayTile result;
  result.start_from_bias = tile.holds(program.start);
  result.biased = program.bias;
  result.row_loop = program.rows.loop;
  result.rows = tile.trip(program.rows.last);
  result.column_loop = program.columns.loop;
  result.columns = tile.trip(program.columns.last);
  result.ibuf_base = bases.ibuf;
  result.wbuf_base = bases.wbuf;
  result.obuf_base = bases.obuf;
  result.bbuf_base = bases.bbuf;
  for (const isa::ArrayLoop& loop : program.loops) {
    result.loops.push_back(
        {tile.trip(loop.trip), loop.ibuf_stride, loop.wbuf_stride, loop.obuf_stride, loop.bbuf_stride});
  }
  return result;
}

/// Element by element, modulo 2^32.
std::vector<std::int32_t> accumulate(const InputVector& vector, const std::int32_t* from, const std::int32_t* inputs,
                                     const std::int32_t* weights, std::int64_t weight_columns) {
  std::vector<std::int32_t> sums;
  for (int column = 0; column < vector.columns; ++column) {
    auto sum = static_cast<std::uint32_t>(from == nullptr ? 0 : from[column]);
    for (int row = 0; row < vector.rows; ++row) {
      sum +=
          static_cast<std::uint32_t>(inputs[row]) * static_cast<std::uint32_t>(weights[row * weight_columns + column]);
    }
    sums.push_back(static_cast<std::int32_t>(sum));
  }
  return sums;
}

}  // namespace

ExpandedTile array_vectors(const ArrayParameters& parameters, const isa::ArrayProgram& program, const TileWalker& tile,
                           const ArrayBases& bases, RandomWords& random) {
  ExpandedTile expanded;
  RtlTile& result = expanded.tile;
  result.unit = RtlUnit::systolic_array;
  result.array = walkers_of(program, tile, bases);
  const auto memory = [&](RtlMemory which) -> WordMemory& { return expanded.after[static_cast<std::size_t>(which)]; };
  WordMemory& ibuf = memory(RtlMemory::ibuf) = WordMemory(parameters.rows);
  WordMemory& wbuf = memory(RtlMemory::wbuf) = WordMemory(std::int64_t{parameters.rows} * parameters.columns);
  WordMemory& bbuf = memory(RtlMemory::bbuf) = WordMemory(parameters.columns);
  WordMemory& obuf = memory(RtlMemory::obuf) = WordMemory(parameters.columns);
  for_each_vector(parameters, result.array, [&](const InputVector& vector) {
    ibuf.use(vector.ibuf);
    wbuf.use(vector.wbuf);
    obuf.use(vector.obuf);
    if (vector.fresh && result.array.biased) bbuf.use(vector.bbuf);
  });
  ibuf.fill([&] { return random.of_width(parameters.activation_bits); });
  wbuf.fill([&] { return random.of_width(parameters.weight_bits); });
  bbuf.fill([&] { return random.of_width(parameters.bias_bits); });
  obuf.fill([&] { return random.mixed(); });
  for (std::size_t m = 0; m < expanded.after.size(); ++m) result.images[m] = expanded.after[m].image();

  std::unordered_map<std::int64_t, std::int64_t>
      next_use;            // of an OBUF word: the first cycle in which it can be added to
  std::int64_t cycle = 0;  // in which the next vector can enter
  for_each_vector(parameters, result.array, [&](const InputVector& vector) {
    if (!vector.fresh) cycle = std::max(cycle, next_use[vector.obuf]);
    next_use[vector.obuf] = cycle + parameters.obuf_accumulate_latency;
    const std::int32_t* const bias = result.array.biased ? bbuf.at(vector.bbuf) : nullptr;
    std::int32_t* const sums = obuf.at(vector.obuf);
    RtlResult written{cycle + parameters.rows - 1, RtlMemory::obuf, vector.obuf, {}};
    written.values =
        accumulate(vector, vector.fresh ? bias : sums, ibuf.at(vector.ibuf), wbuf.at(vector.wbuf), parameters.columns);
    std::copy(written.values.begin(), written.values.end(), sums);
    result.results.push_back(std::move(written));
    ++cycle;
  });
  const std::int64_t skew = parameters.rows - 1 + parameters.columns - 1;
  result.cycles = cycle + std::max<std::int64_t>(skew, parameters.obuf_accumulate_latency - 1);
  return expanded;
}

}  // namespace systole
