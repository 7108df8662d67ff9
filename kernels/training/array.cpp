#include <numeric>
#include <utility>

#include "kernels/training/gradients.h"

namespace systole::training {

namespace {

/// Name and phase of the gradient by operand i of a convolution or matrix product.
std::pair<const char*, TrainingPhase> part_of(const NodeGradient& g, std::size_t i) {
  return g.is_weight(i) ? std::pair{"grad_weight", TrainingPhase::GradWeight}
                        : std::pair{"grad_data", TrainingPhase::GradData};
}

TensorId product(NodeGradient& g, std::size_t operand, std::vector<TensorId> factors, const Shape& shape,
                 const GemmAttributes& attributes) {
  const auto [part, phase] = part_of(g, operand);
  return g.emit(part, phase, OpKind::Gemm, std::move(factors), shape, attributes);
}

Shape rows_of(const Shape& shape) {
  return {element_count(shape) / shape.back(), shape.back()};
}

TensorId last_two_swapped(NodeGradient& g, TensorId tensor) {
  Shape shape = g.shape(tensor);
  TransposeAttributes swap;
  swap.permutation.resize(shape.size());
  std::iota(swap.permutation.begin(), swap.permutation.end(), 0);
  std::swap(swap.permutation[shape.size() - 2], swap.permutation.back());
  std::swap(shape[shape.size() - 2], shape.back());
  return g.emit(OpKind::Transpose, {tensor}, shape, swap);
}

}  // namespace

void conv_gradient(NodeGradient& g) {
  const auto& conv = g.attributes<ConvAttributes>();
  const TensorId dy = g.dy();
  if (g.wants(0)) {
    g.give(0,
           g.emit("grad_data", TrainingPhase::GradData, OpKind::ConvInputGradient, {dy, g.in(1)}, g.in_shape(0), conv));
  }
  if (g.wants(1)) {
    g.give(1, g.emit("grad_weight", TrainingPhase::GradWeight, OpKind::ConvWeightGradient, {dy, g.in(0)}, g.in_shape(1),
                     conv));
  }
  if (g.wants(2)) {
    g.give(2, g.emit("grad_bias", TrainingPhase::Grad, OpKind::ReduceSum, {dy}, g.in_shape(2),
                     ReduceAttributes{{0, 2, 3}, false}));
  }
}

void gemm_gradient(NodeGradient& g) {
  const auto& gemm = g.attributes<GemmAttributes>();
  const TensorId dy = g.dy();
  const auto with = [&](bool transpose_a, bool transpose_b) {
    return GemmAttributes{gemm.alpha, 0.0, transpose_a, transpose_b};
  };
  if (g.wants(0)) {
    g.give(0, gemm.transpose_a ? product(g, 0, {g.in(1), dy}, g.in_shape(0), with(gemm.transpose_b, true))
                               : product(g, 0, {dy, g.in(1)}, g.in_shape(0), with(false, !gemm.transpose_b)));
  }
  if (g.wants(1)) {
    g.give(1, gemm.transpose_b ? product(g, 1, {dy, g.in(0)}, g.in_shape(1), with(true, gemm.transpose_a))
                               : product(g, 1, {g.in(0), dy}, g.in_shape(1), with(!gemm.transpose_a, false)));
  }
  if (g.wants(2)) g.give(2, g.scaled(g.summed_to(dy, g.in_shape(2), "grad_bias"), gemm.beta));
}

void matmul_gradient(NodeGradient& g) {
  const TensorId dy = g.dy();
  const Shape a = g.in_shape(0);
  const Shape b = g.in_shape(1);
  const bool matrices = a.size() == 2 && b.size() == 2;
  if (g.wants(0) && matrices) {
    g.give(0, product(g, 0, {dy, g.in(1)}, a, GemmAttributes{1.0, 0.0, false, true}));
  } else if (g.wants(0)) {
    const auto [part, phase] = part_of(g, 0);
    Shape full = g.shape(dy);
    full.back() = a.back();
    const TensorId other = last_two_swapped(g, g.in(1));
    g.give(0, g.summed_to(g.emit(part, phase, OpKind::MatMul, {dy, other}, full), a));
  }
  if (g.wants(1) && b.size() == 2) {
    // One weight for all leading indices: they are rows of one product.
    const TensorId rows = g.reshaped(g.in(0), rows_of(a));
    const TensorId dy_rows = g.reshaped(dy, rows_of(g.shape(dy)));
    g.give(1, product(g, 1, {rows, dy_rows}, b, GemmAttributes{1.0, 0.0, true, false}));
  } else if (g.wants(1)) {
    const auto [part, phase] = part_of(g, 1);
    Shape full = g.shape(dy);
    full[full.size() - 2] = a.back();
    const TensorId other = last_two_swapped(g, g.in(0));
    g.give(1, g.summed_to(g.emit(part, phase, OpKind::MatMul, {other, dy}, full), b));
  }
  if (g.wants(2)) g.give(2, g.summed_to(dy, g.in_shape(2), "grad_bias"));
}

}  // namespace systole::training
