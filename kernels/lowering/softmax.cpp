#include "kernels/lowering/iteration_space.h"
#include "kernels/lowering/reduction.h"
#include "kernels/lowering/simd_layer.h"
#include "kernels/lowering/simd_lowerings.h"
#include "kernels/lowering/softmax_space.h"

namespace systole {

namespace {

using isa::Namespace;
using Op = isa::SimdOpcode;
using Kind = isa::Condition::Kind;

/// The lowest finite single-precision number: no maximum yet.
constexpr double kLowest = -3.4028234663852886e38;

/// y = e^(x - m) / s with the maximum m and the sum s of e^(x - m) along the axes; its logarithm is x - m - log s.
/// Where the axes fit into VMEM, one pass does it. Otherwise they are cut, and x is read twice: the first pass keeps m
/// and s up to date (s is multiplied by e^(m - m') when a larger maximum m' turns up; Milakov and Gimelshein, "Online
/// normalizer calculation for softmax", 2018), the second one writes y.
class SoftmaxLayer {
 public:
  SoftmaxLayer(const Node& node, LoweringContext& context, bool cut)
      : logarithm_(node.op == OpKind::LogSoftmax),
        space_(softmax_space(node, context)),
        layer_(node, context),
        pass_(cut ? layer_.pass(2) : -1),
        reduction_(layer_, reduced(), kept(), cut, context.machine().columns) {
    for (const std::int64_t extent : kept()) kept_.push_back(layer_.dim(extent));
    for (const int dim : kept_) words_.push_back({dim, 0});
    everything_ = reduction_.everything(kept_);
    x_ = layer_.load(reduction_.access(space_, 0, kept_), Namespace::vmem1);
    y_ = layer_.store(reduction_.access(space_, 1, kept_), Namespace::vmem2, cut ? second() : When{});
    const std::vector<int> partial = reduction_.partial_dims(kept_);
    maxima_ = layer_.scratch(partial, Namespace::obuf);
    sums_ = layer_.scratch(partial, Namespace::obuf);
    maximum_ = reduction_.split() || cut ? layer_.scratch(kept_, Namespace::obuf) : maxima_;
    sum_ = layer_.scratch(kept_, Namespace::obuf);
  }

  [[nodiscard]] bool fits() const { return layer_.fits(); }

  void in_one_pass() {
    tile_maximum({}, maximum_);
    emit({}, everything_, Op::sub, y_, x_, maximum_);
    const int exponentials = logarithm_ ? x_ : y_;
    emit({}, everything_, Op::exp, exponentials, y_, y_);
    reduction_.begin(Op::add, sums_, exponentials, kept_, {});
    finish_sum({});
    emit({}, everything_, logarithm_ ? Op::sub : Op::mul, y_, y_, sum_);
    layer_.finish();
  }

  void in_two_passes() {
    const int larger = layer_.scratch(kept_, Namespace::obuf);
    std::vector<Over> partial;
    for (const int dim : reduction_.partial_dims(kept_)) partial.push_back({dim, 0});
    When begin = first();
    begin.dims.insert(begin.dims.end(), reduction_.dims().begin(), reduction_.dims().end());
    layer_.sweep(begin, words_,
                 {{Op::move, layer_.at(maximum_), layer_.immediate(kLowest), layer_.immediate(kLowest)}});
    layer_.sweep(begin, partial, {{Op::move, layer_.at(sums_), layer_.immediate(0), layer_.immediate(0)}});

    tile_maximum(first(), larger);
    emit(first(), words_, Op::max, larger, larger, maximum_);
    emit(first(), words_, Op::sub, maximum_, maximum_, larger);
    emit(first(), words_, Op::exp, maximum_, maximum_, maximum_);
    emit(first(), partial, Op::mul, sums_, sums_, maximum_);
    emit(first(), words_, Op::move, maximum_, larger, larger);
    emit(first(), everything_, Op::sub, x_, x_, maximum_);
    emit(first(), everything_, Op::exp, x_, x_, x_);
    reduction_.extend(Op::add, sums_, x_, kept_, first());

    finish_sum(second());
    emit(second(), everything_, Op::sub, y_, x_, maximum_);
    if (!logarithm_) emit(second(), everything_, Op::exp, y_, y_, y_);
    emit(second(), everything_, logarithm_ ? Op::sub : Op::mul, y_, y_, sum_);

    std::vector<int> order = kept_;
    order.push_back(pass_);
    order.insert(order.end(), reduction_.dims().begin(), reduction_.dims().end());
    layer_.tile_order(order);
    layer_.finish();
  }

 private:
  [[nodiscard]] std::vector<std::int64_t> reduced() const {
    return {space_.extents().begin(), space_.extents().begin() + static_cast<std::ptrdiff_t>(space_.outer())};
  }
  [[nodiscard]] std::vector<std::int64_t> kept() const {
    return {space_.extents().begin() + static_cast<std::ptrdiff_t>(space_.outer()), space_.extents().end()};
  }
  [[nodiscard]] When first() const { return {Kind::first, {pass_}}; }
  [[nodiscard]] When second() const { return {Kind::last, {pass_}}; }

  void emit(const When& when, const std::vector<Over>& loops, Op op, int destination, int source1, int source2) {
    layer_.sweep(when, loops, {{op, layer_.at(destination), layer_.at(source1), layer_.at(source2)}});
  }

  /// result = the maximum of the tile.
  void tile_maximum(const When& when, int result) {
    reduction_.begin(Op::max, maxima_, x_, kept_, when);
    if (reduction_.split()) return reduction_.combine(Op::max, result, maxima_, kept_, when);
    if (result != maxima_) emit(when, words_, Op::move, result, maxima_, maxima_);
  }

  /// What the exponentials are multiplied by, or what the differences are lessened by.
  void finish_sum(const When& when) {
    const Op op = logarithm_ ? Op::log : Op::reciprocal;
    if (!reduction_.split()) return emit(when, words_, op, sum_, sums_, sums_);
    reduction_.combine(Op::add, sum_, sums_, kept_, when);
    emit(when, words_, op, sum_, sum_, sum_);
  }

  bool logarithm_;
  IterationSpace space_;
  SimdLayer layer_;
  int pass_;
  Reduction reduction_;
  std::vector<int> kept_;
  std::vector<Over> words_;       ///< loops over one result for each reduced row
  std::vector<Over> everything_;  ///< loops over the tile
  int x_ = 0, y_ = 0;
  int maxima_ = 0, sums_ = 0;  ///< partial results
  int maximum_ = 0, sum_ = 0;
};

}  // namespace

void lower_softmax(const Node& node, LoweringContext& context) {
  SoftmaxLayer layer(node, context, false);
  if (layer.fits()) return layer.in_one_pass();
  SoftmaxLayer(node, context, true).in_two_passes();
}

}  // namespace systole
