#include "kernels/training/gradients.h"

namespace systole::training {

void batch_norm_gradient(NodeGradient& g) {
  const Shape vector = g.in_shape(1);
  const std::vector<TensorId> made =
      g.emit_all("grad", TrainingPhase::Grad, OpKind::BatchNormGradient, {g.dy(), g.in(0), g.in(1), g.out(3), g.out(4)},
                 {g.in_shape(0), vector, vector}, g.attributes<BatchNormAttributes>());
  for (std::size_t i = 0; i < made.size(); ++i) {
    if (g.wants(i)) g.give(i, made[i]);
  }
}

void max_pool_gradient(NodeGradient& g) {
  g.give(0, g.emit(OpKind::MaxPoolGradient, {g.dy(), g.out(1)}, g.in_shape(0), g.attributes<PoolAttributes>()));
}

void average_pool_gradient(NodeGradient& g) {
  g.give(0, g.emit(OpKind::AveragePoolGradient, {g.dy()}, g.in_shape(0), g.attributes<PoolAttributes>()));
}

void lrn_gradient(NodeGradient& g) {
  g.give(0, g.emit(OpKind::LrnGradient, {g.dy(), g.in(0)}, g.in_shape(0), g.attributes<LrnAttributes>()));
}

}  // namespace systole::training
