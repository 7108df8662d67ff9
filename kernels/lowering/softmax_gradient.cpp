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

/// Softmax: dx = y*dy - y*s with s = sum(y*dy). Its logarithm: dx = dy - e^y * s with s = sum(dy). Where the axes do
/// not fit into VMEM they are cut, and a second pass reads both operands again.
class SoftmaxGradientLayer {
 public:
  SoftmaxGradientLayer(const Node& node, LoweringContext& context, bool cut)
      : logarithm_(node.op == OpKind::LogSoftmaxGradient),
        space_(softmax_space(node, context)),
        layer_(node, context),
        pass_(cut ? layer_.pass(2) : -1),
        reduction_(layer_, extents(0, space_.outer()), extents(space_.outer(), space_.extents().size()), cut,
                   context.machine().columns) {
    for (const std::int64_t extent : extents(space_.outer(), space_.extents().size())) {
      kept_.push_back(layer_.dim(extent));
    }
    dy_ = load(0, Namespace::vmem1);
    y_ = load(1, Namespace::vmem2);
    dx_ = layer_.at(layer_.store(reduction_.access(space_, 2, kept_), Namespace::vmem2, second()));
    partial_ = layer_.scratch(reduction_.partial_dims(kept_), Namespace::obuf);
    sum_ = reduction_.split() ? layer_.scratch(kept_, Namespace::obuf) : partial_;
  }

  [[nodiscard]] bool fits() const { return layer_.fits(); }

  void lower() {
    const std::vector<Over> everything = reduction_.everything(kept_);
    std::vector<Over> partial;
    for (const int dim : reduction_.partial_dims(kept_)) partial.push_back({dim, 0});
    When begin{Kind::first, reduction_.dims()};
    if (pass_ >= 0) begin.dims.push_back(pass_);
    const Operand zero = layer_.immediate(0);
    const Operand sums = layer_.at(partial_);
    layer_.sweep(begin, partial, {{Op::move, sums, zero, zero}});
    if (!logarithm_) layer_.sweep({}, everything, {{Op::mul, dy_, dy_, y_}});
    layer_.sweep(first(), everything, {{Op::add, sums, sums, dy_}});
    if (reduction_.split()) {
      reduction_.combine(Op::add, sum_, partial_, kept_, {Kind::last, reduction_.dims()});
    }
    if (logarithm_) layer_.sweep(second(), everything, {{Op::exp, y_, y_, y_}});
    layer_.sweep(second(), everything, {{Op::mul, dx_, y_, layer_.at(sum_)}, {Op::sub, dx_, dy_, dx_}});
    if (pass_ >= 0) {
      std::vector<int> order = kept_;
      order.push_back(pass_);
      order.insert(order.end(), reduction_.dims().begin(), reduction_.dims().end());
      layer_.tile_order(order);
    }
    layer_.finish();
  }

 private:
  [[nodiscard]] std::vector<std::int64_t> extents(std::size_t begin, std::size_t end) const {
    const auto all = space_.extents().begin();
    return {all + static_cast<std::ptrdiff_t>(begin), all + static_cast<std::ptrdiff_t>(end)};
  }
  [[nodiscard]] When first() const { return pass_ < 0 ? When{} : When{Kind::first, {pass_}}; }
  [[nodiscard]] When second() const { return pass_ < 0 ? When{} : When{Kind::last, {pass_}}; }
  Operand load(int operand, Namespace name) {
    return layer_.at(layer_.load(reduction_.access(space_, operand, kept_), name));
  }

  bool logarithm_;
  IterationSpace space_;
  SimdLayer layer_;
  int pass_;
  Reduction reduction_;
  std::vector<int> kept_;
  Operand dy_ = 0, y_ = 0, dx_ = 0;
  int partial_ = 0, sum_ = 0;
};

}  // namespace

void lower_softmax_gradient(const Node& node, LoweringContext& context) {
  SoftmaxGradientLayer whole(node, context, false);
  if (whole.fits()) return whole.lower();
  SoftmaxGradientLayer(node, context, true).lower();
}

}  // namespace systole
