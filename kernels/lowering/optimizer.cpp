#include <string>

#include "base/errors.h"
#include "kernels/lowering/iteration_space.h"
#include "kernels/lowering/simd_layer.h"
#include "kernels/lowering/simd_lowerings.h"

namespace systole {

namespace {

using isa::Namespace;
using Op = isa::SimdOpcode;

/// New weights and moments, element by element: every tensor has the shape of the weights and is seen as flat where
/// its memory is. VMEM1 has w, v and what is stored of v; VMEM2 has dw, h and what is stored of h and w; OBUF has the
/// one intermediate: no instruction reads two words of a namespace.
class OptimizerLayer {
 public:
  OptimizerLayer(const Node& node, LoweringContext& context)
      : node_(node),
        attributes_(std::get<OptimizerAttributes>(node.attributes)),
        shape_(context.graph().shape(node.inputs.at(0))),
        space_(shape_, order_of(shape_, context.layout(node.inputs[0]))),
        layer_(node, context) {
    for (const TensorId input : node.inputs) space_.add(space_.place(input, context));
    for (const TensorId output : node.outputs) space_.add(context.layout(output));
    space_.coalesce();
    for (const std::int64_t extent : space_.extents()) {
      dims_.push_back(layer_.dim(extent));
      loops_.push_back({dims_.back(), 0});
    }
    w_ = load(0, Namespace::vmem1);
    dw_ = load(1, Namespace::vmem2);
    new_w_ = store(0, Namespace::vmem2);
  }

  void lower() {
    if (attributes_.weight_decay != 0) emit(Op::mac, dw_, w_, number(attributes_.weight_decay));
    switch (node_.op) {
      case OpKind::Sgd:
        step(dw_);
        break;
      case OpKind::Momentum:
        momentum();
        break;
      case OpKind::Adam:
        adam();
        break;
      case OpKind::Adagrad:
        adagrad();
        break;
      default:
        fail_check("lowering", std::string(to_string(node_.op)) + " is no optimizer");
    }
    layer_.sweep({}, loops_, body_);
    layer_.finish();
  }

 private:
  Operand load(std::size_t input, Namespace name) {
    return layer_.at(layer_.load(space_.access(static_cast<int>(input)), name));
  }
  Operand store(std::size_t output, Namespace name) {
    return layer_.at(layer_.store(space_.access(static_cast<int>(node_.inputs.size() + output)), name));
  }
  Operand intermediate() { return layer_.at(layer_.scratch(dims_, Namespace::obuf)); }
  Operand number(double value) { return layer_.immediate(value); }
  /// The scalar behind the weights' operands, if the node has it.
  [[nodiscard]] bool has_scalar(std::size_t i) const { return node_.inputs.size() > first_scalar() + i; }
  [[nodiscard]] std::size_t first_scalar() const { return 2 + moments_of(node_.op); }
  void emit(Op op, Operand destination, Operand source1, Operand source2) {
    body_.push_back({op, destination, source1, source2});
  }

  /// new w = w - rate * direction
  void step(Operand direction) {
    emit(Op::mul, new_w_, direction, number(-attributes_.rate));
    if (has_scalar(0)) emit(Op::mul, new_w_, new_w_, load(first_scalar(), Namespace::vmem1));
    emit(Op::add, new_w_, new_w_, w_);
  }

  void momentum() {
    const Operand v = load(2, Namespace::vmem1);
    const Operand new_v = store(1, Namespace::vmem1);
    emit(Op::mul, new_v, v, number(attributes_.alpha));
    if (has_scalar(1)) {
      const Operand share = intermediate();
      emit(Op::mul, share, load(first_scalar() + 1, Namespace::vmem1), number(attributes_.beta));
      emit(Op::mac, new_v, dw_, share);
    } else {
      emit(Op::mac, new_v, dw_, number(attributes_.beta));
    }
    if (!attributes_.nesterov) return step(new_v);
    emit(Op::mac, dw_, new_v, number(attributes_.alpha));
    step(dw_);
  }

  void adam() {
    const Operand v = load(2, Namespace::vmem1);
    const Operand h = load(3, Namespace::vmem2);
    const Operand new_v = store(1, Namespace::vmem1);
    const Operand new_h = store(2, Namespace::vmem2);
    const Operand t = intermediate();
    emit(Op::mul, new_v, v, number(attributes_.alpha));
    emit(Op::mac, new_v, dw_, number(1 - attributes_.alpha));
    emit(Op::mul, t, dw_, dw_);
    emit(Op::mul, new_h, h, number(attributes_.beta));
    emit(Op::mac, new_h, t, number(1 - attributes_.beta));
    emit(Op::sqrt, t, new_h, new_h);
    emit(Op::add, t, t, number(attributes_.epsilon));
    emit(Op::divide, t, new_v, t);
    step(t);
    if (attributes_.final_decay != 0) emit(Op::mul, new_w_, new_w_, number(1 - attributes_.final_decay));
  }

  void adagrad() {
    const Operand h = load(2, Namespace::vmem1);
    const Operand new_h = store(1, Namespace::vmem1);
    const Operand t = intermediate();
    emit(Op::mul, t, dw_, dw_);
    emit(Op::add, new_h, h, t);
    emit(Op::sqrt, t, new_h, new_h);
    emit(Op::add, t, t, number(attributes_.epsilon));
    emit(Op::divide, t, dw_, t);
    step(t);
  }

  const Node& node_;
  const OptimizerAttributes& attributes_;
  const Shape& shape_;
  IterationSpace space_;
  SimdLayer layer_;
  std::vector<int> dims_;
  std::vector<Over> loops_;
  SimdBody body_;
  Operand w_ = 0, dw_ = 0, new_w_ = 0;
};

}  // namespace

void lower_optimizer(const Node& node, LoweringContext& context) {
  OptimizerLayer(node, context).lower();
}

}  // namespace systole
