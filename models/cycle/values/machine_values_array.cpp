#include <Eigen/Core>
#include <limits>
#include <type_traits>

#include "models/cycle/running_block.h"
#include "models/cycle/values/machine_values.h"

/// What the array computes: isa/manual.md, section 3.
namespace systole {

namespace {

template <typename Cell>
using Matrix = Eigen::Matrix<Cell, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
template <typename Cell>
using Rows = Eigen::Map<Matrix<Cell>, 0, Eigen::OuterStride<>>;
template <typename Cell>
using ConstRows = Eigen::Map<const Matrix<Cell>, 0, Eigen::OuterStride<>>;

/// Adds the products to sums that wrap at 32 bits, and returns how many sums did.
std::int64_t add_products(const ConstRows<std::int32_t>& inputs, const ConstRows<std::int32_t>& weights,
                          Rows<std::int32_t>& sums) {
  std::int64_t wrapped = 0;
  for (Eigen::Index vector = 0; vector < sums.rows(); ++vector) {
    for (Eigen::Index column = 0; column < sums.cols(); ++column) {
      std::int64_t sum = sums(vector, column);
      for (Eigen::Index row = 0; row < weights.rows(); ++row) {
        sum += std::int64_t{inputs(vector, row)} * weights(row, column);
      }
      const auto kept = static_cast<std::int32_t>(static_cast<std::uint32_t>(static_cast<std::uint64_t>(sum)));
      if (kept != sum) ++wrapped;
      sums(vector, column) = kept;
    }
  }
  return wrapped;
}

std::int64_t add_products(const ConstRows<float>& inputs, const ConstRows<float>& weights, Rows<float>& sums) {
  sums.noalias() += inputs * weights;
  return 0;
}

}  // namespace

template <typename Cell>
void MachineValues<Cell>::compute_array(RunningBlock& block, const TileWalker& tile) {
  const isa::ArrayProgram& array = block.program().array;
  begin(Part::array, 0, block.layers().array);
  std::vector<std::int32_t> counts;
  for (const isa::ArrayLoop& loop : array.loops) counts.push_back(tile.trip(loop.trip));
  run_vectors(array, counts, array_places(block, tile, columns_), tile);
}

/// All vectors of a tile. Those of the innermost loop are multiplied together when it keeps the weights.
template <typename Cell>
void MachineValues<Cell>::run_vectors(const isa::ArrayProgram& array, const std::vector<std::int32_t>& counts,
                                      const ArrayPlaces& base, const TileWalker& tile) {
  std::vector<std::int32_t> index(counts.size(), 0);
  const int loops = static_cast<int>(counts.size());
  const isa::ArrayLoop* const last = loops > 0 ? &array.loops.back() : nullptr;
  const bool together = last != nullptr && last->wbuf_stride == 0 && last->bbuf_stride == 0 && last->obuf_stride > 0 &&
                        last->ibuf_stride >= 0;
  const bool starts = tile.holds(array.start);
  const auto lanes = [&](const isa::Lanes& axis, std::int64_t all) {
    const bool tail =
        axis.loop < 0 || index[static_cast<std::size_t>(axis.loop)] + 1 == counts[static_cast<std::size_t>(axis.loop)];
    return static_cast<int>(tail ? tile.trip(axis.last) : all);
  };
  for (int loop = 0; loop >= 0;) {
    Vectors vectors;
    vectors.first = base;
    bool first = starts;
    for (int l = 0; l < loops; ++l) {
      const isa::ArrayLoop& self = array.loops[static_cast<std::size_t>(l)];
      const std::int64_t at = index[static_cast<std::size_t>(l)];
      vectors.first.ibuf += self.ibuf_stride * at * rows_;
      vectors.first.wbuf += self.wbuf_stride * at * rows_ * columns_;
      vectors.first.bbuf += self.bbuf_stride * at * columns_;
      vectors.first.obuf += self.obuf_stride * at * columns_;
      first = first && (self.obuf_stride != 0 || at == 0);
    }
    vectors.rows = lanes(array.rows, rows_);
    vectors.columns = lanes(array.columns, columns_);
    using Start = typename Vectors::Start;
    vectors.start = !first ? Start::sum : array.bias ? Start::bias : Start::zero;
    if (together) {
      const bool tail_differs = array.rows.loop == loops - 1 || array.columns.loop == loops - 1;
      const std::int32_t left = counts.back() - index.back();
      vectors.count = tail_differs && left > 1 ? left - 1 : left;
      vectors.ibuf_stride = last->ibuf_stride * rows_;
      vectors.obuf_stride = last->obuf_stride * columns_;
      index.back() += static_cast<std::int32_t>(vectors.count) - 1;
    }
    multiply(vectors);
    loop = loops - 1;
    while (loop >= 0 && ++index[static_cast<std::size_t>(loop)] == counts[static_cast<std::size_t>(loop)]) {
      index[static_cast<std::size_t>(loop--)] = 0;
    }
  }
}

template <typename Cell>
void MachineValues<Cell>::multiply(const Vectors& v) {
  const Cell* ibuf = nullptr;
  for (std::int64_t i = v.count; i-- > 0;) {
    ibuf = readable(isa::Buffer::ibuf, v.first.ibuf + i * v.ibuf_stride, v.rows);
  }
  const Cell* wbuf = nullptr;
  for (std::int64_t row = v.rows; row-- > 0;) {
    wbuf = readable(isa::Buffer::wbuf, v.first.wbuf + row * columns_, v.columns);
  }
  using Start = typename Vectors::Start;
  const Cell* const bias = v.start == Start::bias ? readable(isa::Buffer::bbuf, v.first.bbuf, v.columns) : nullptr;
  Cell* obuf = nullptr;
  for (std::int64_t i = v.count; i-- > 0;) {
    const std::int64_t word = v.first.obuf + i * v.obuf_stride;
    if (v.start == Start::sum) readable(isa::Buffer::obuf, word, v.columns);
    obuf = writable(isa::Buffer::obuf, word, v.columns);
    if (v.start == Start::zero) std::fill_n(obuf, v.columns, Cell{});
    if (v.start == Start::bias) std::copy_n(bias, v.columns, obuf);
  }
  Rows<Cell> sums(obuf, v.count, v.columns, Eigen::OuterStride<>(v.obuf_stride));
  const ConstRows<Cell> inputs(ibuf, v.count, v.rows, Eigen::OuterStride<>(v.ibuf_stride));
  const ConstRows<Cell> weights(wbuf, v.rows, v.columns, Eigen::OuterStride<>(columns_));
  const std::int64_t wrapped = add_products(inputs, weights, sums);
  if (wrapped > 0) overflows_[layer_] += wrapped;
}

template class MachineValues<float>;
template class MachineValues<std::int32_t>;

}  // namespace systole
