#include "kernels/lowering/channel_layer.h"
#include "kernels/lowering/simd_chain.h"
#include "kernels/lowering/simd_lowerings.h"

namespace systole {

namespace {

using isa::Namespace;
using Op = isa::SimdOpcode;

/// With d = x - shift: mean = shift + sum(d)/n, variance = sum(d*d)/n - (sum(d)/n)^2. The shift is the channel's first
/// element, near enough to the mean for the difference of the squares to keep its digits.
class TrainingLayer : public ChannelLayer {
 public:
  TrainingLayer(const Node& node, LoweringContext& context, bool cut)
      : ChannelLayer(node, context, images(node, context), cut),
        node_(node),
        chain_(context.fused_behind(context.id(node))),
        attributes_(std::get<BatchNormAttributes>(node.attributes)),
        x_(load_image(0, Namespace::vmem1)),
        y_(store_image(1, Namespace::vmem2)),
        scale_(load_vector(node.inputs.at(1), Namespace::vmem2)),
        bias_(load_vector(node.inputs.at(2), Namespace::vmem2)),
        running_mean_(load_vector(node.inputs.at(3), Namespace::vmem2)),
        running_variance_(load_vector(node.inputs.at(4), Namespace::vmem2)),
        new_mean_(store_vector(node.outputs.at(1), Namespace::vmem1)),
        new_variance_(store_vector(node.outputs.at(2), Namespace::vmem1)),
        mean_(store_vector(node.outputs.at(3), Namespace::vmem1)),
        inverse_(store_vector(node.outputs.at(4), Namespace::vmem1)),
        shift_(channel_scratch(Namespace::obuf)),
        factor_(channel_scratch(Namespace::obuf)),
        offset_(channel_scratch(Namespace::obuf)),
        sum_(sum()),
        squares_(sum()) {}

  void describe() {
    const Operand sum = partial(sum_);
    const Operand squares = partial(squares_);
    begin({{Op::move, shift_, x_, x_}});
    gather({{Op::sub, x_, x_, shift_}, {Op::add, sum, sum, x_}, {Op::mac, squares, x_, x_}});
    conclude({sum_, squares_}, statistics());
    const Operand y = at(y_);
    apply({{Op::mul, y, x_, factor_}, {Op::add, y, y, offset_}});
    apply_chain(chain_, node_.outputs.at(0), y_, 2);
  }

 private:
  /// The image, what the nodes fused behind leave of it, and their other operands.
  static std::vector<Layout> images(const Node& node, LoweringContext& context) {
    const NodeId id = context.id(node);
    std::vector<Layout> result{context.layout(node.inputs.at(0)), context.layout(context.result_of(id))};
    const TensorId y = node.outputs.at(0);
    for (const TensorId operand : chain_operands(context.graph(), context.fused_behind(id), y)) {
      result.push_back(chain_operand_layout(operand, y, context));
    }
    return result;
  }

  /// From the sums to y = factor*x + offset, in which x is what lies on chip: d when there was one pass. Ordered so
  /// that neighbours rarely depend on each other.
  SimdBody statistics() {
    const Operand mean_of_d = total(sum_);
    const Operand variance = total(squares_);
    const Operand share = number(1 / elements());
    const Operand fresh = number(1 - attributes_.momentum);
    return {{Op::mul, mean_of_d, mean_of_d, share},
            {Op::mul, variance, variance, share},
            {Op::mul, new_mean_, running_mean_, number(attributes_.momentum)},
            {Op::mul, offset_, mean_of_d, mean_of_d},
            {Op::add, mean_, mean_of_d, shift_},
            {Op::mul, new_variance_, running_variance_, number(attributes_.momentum)},
            {Op::sub, variance, variance, offset_},
            {Op::mac, new_mean_, mean_, fresh},
            {Op::max, variance, variance, number(0)},
            {Op::mac, new_variance_, variance, fresh},
            {Op::add, offset_, variance, number(attributes_.epsilon)},
            {Op::inverse_sqrt, inverse_, offset_, offset_},
            {Op::mul, factor_, scale_, inverse_},
            {Op::mul, offset_, factor_, cut() ? mean_ : mean_of_d},
            {Op::sub, offset_, bias_, offset_}};
  }

  const Node& node_;
  const std::vector<NodeId>& chain_;
  const BatchNormAttributes& attributes_;
  Operand x_;
  int y_;
  Operand scale_, bias_, running_mean_, running_variance_;
  Operand new_mean_, new_variance_, mean_, inverse_;
  Operand shift_, factor_, offset_;
  Sum sum_, squares_;
};

/// With d = x - mean, i the inverse deviation and n elements in a channel: dbias = sum(dy), dscale = i * sum(dy*d), and
/// dx = scale*i * (dy - dbias/n - d * i*dscale/n), which is a*dy + b*x + c with numbers for each channel.
class GradientLayer : public ChannelLayer {
 public:
  GradientLayer(const Node& node, LoweringContext& context, bool cut)
      : ChannelLayer(
            node, context,
            {context.layout(node.inputs.at(0)), context.layout(node.inputs.at(1)), context.layout(node.outputs.at(0))},
            cut),
        dy_(load_image(0, Namespace::vmem2)),
        x_(load_image(1, Namespace::vmem1)),
        dx_(at(store_image(2, Namespace::vmem1))),
        scale_(load_vector(node.inputs.at(2), Namespace::vmem2)),
        mean_(load_vector(node.inputs.at(3), Namespace::vmem2)),
        inverse_(load_vector(node.inputs.at(4), Namespace::vmem2)),
        dscale_(store_vector(node.outputs.at(1), Namespace::vmem1)),
        dbias_(store_vector(node.outputs.at(2), Namespace::vmem1)),
        a_(channel_scratch(Namespace::obuf)),
        b_(channel_scratch(Namespace::obuf)),
        c_(channel_scratch(Namespace::obuf)),
        t_(channel_scratch(Namespace::vmem2)),
        sum_(sum()),
        products_(sum()) {}

  void describe() {
    const Operand sum = partial(sum_);
    gather({{Op::sub, x_, x_, mean_}, {Op::add, sum, sum, dy_}, {Op::mac, partial(products_), dy_, x_}});
    conclude({sum_, products_}, factors());
    apply({{Op::mul, dx_, x_, b_}, {Op::mac, dx_, dy_, a_}, {Op::add, dx_, dx_, c_}});
  }

 private:
  SimdBody factors() {
    const Operand share = number(-1 / elements());
    SimdBody body{{Op::mul, dscale_, total(products_), inverse_},
                  {Op::mul, a_, scale_, inverse_},
                  {Op::move, dbias_, total(sum_), total(sum_)},
                  {Op::mul, t_, dscale_, inverse_},
                  {Op::mul, c_, a_, share},
                  {Op::mul, b_, a_, share},
                  {Op::mul, c_, c_, dbias_},
                  {Op::mul, b_, b_, t_}};
    if (!cut()) return body;  // x has become d
    body.push_back({Op::mul, t_, b_, mean_});
    body.push_back({Op::sub, c_, c_, t_});
    return body;
  }

  Operand dy_, x_, dx_, scale_, mean_, inverse_, dscale_, dbias_;
  Operand a_, b_, c_, t_;
  Sum sum_, products_;
};

template <typename Layer>
void lower_channels(const Node& node, LoweringContext& context) {
  Layer whole(node, context, false);
  whole.describe();
  if (whole.fits()) return whole.finish();
  Layer in_passes(node, context, true);
  in_passes.describe();
  in_passes.finish();
}

}  // namespace

void lower_batch_norm_training(const Node& node, LoweringContext& context) {
  lower_channels<TrainingLayer>(node, context);
}

void lower_batch_norm_gradient(const Node& node, LoweringContext& context) {
  lower_channels<GradientLayer>(node, context);
}

}  // namespace systole
