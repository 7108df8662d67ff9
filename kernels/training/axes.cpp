#include "kernels/training/gradients.h"

namespace systole::training {

namespace {

/// The shape of a reduction's result when it keeps its axes.
Shape kept_shape(const NodeGradient& g) {
  Shape kept = g.in_shape(0);
  for (const std::int64_t axis : g.attributes<ReduceAttributes>().axes) kept[static_cast<std::size_t>(axis)] = 1;
  return kept;
}

/// The gradient by a reduction's result, at every element that went into it.
TensorId spread(NodeGradient& g, TensorId gradient) {
  return g.expanded(g.reshaped(gradient, kept_shape(g)), g.in_shape(0));
}

}  // namespace

void softmax_gradient(NodeGradient& g) {
  const OpKind op = g.node().op == OpKind::LogSoftmax ? OpKind::LogSoftmaxGradient : OpKind::SoftmaxGradient;
  g.give(0, g.emit(op, {g.dy(), g.out()}, g.in_shape(0), g.attributes<SoftmaxAttributes>()));
}

void reduce_sum_gradient(NodeGradient& g) {
  g.give(0, spread(g, g.dy()));
}

void reduce_mean_gradient(NodeGradient& g) {
  const double share =
      static_cast<double>(element_count(g.shape(g.out()))) / static_cast<double>(element_count(g.in_shape(0)));
  g.give(0, spread(g, g.scaled(g.dy(), share)));
}

/// Elements that are equally large share it.
void reduce_max_gradient(NodeGradient& g) {
  const Shape kept = kept_shape(g);
  const TensorId chosen = g.emit(OpKind::Equal, {g.in(0), g.reshaped(g.out(), kept)}, g.in_shape(0));
  const TensorId count = g.summed_to(chosen, kept);
  const TensorId share = g.emit(OpKind::Div, {g.reshaped(g.dy(), kept), count}, kept);
  g.give(0, g.mul(chosen, share));
}

void concat_gradient(NodeGradient& g) {
  std::vector<Shape> shapes;
  for (std::size_t i = 0; i < g.node().inputs.size(); ++i) shapes.push_back(g.in_shape(i));
  const SplitAttributes split{g.attributes<ConcatAttributes>().axis};
  const std::vector<TensorId> parts = g.emit_all("grad", TrainingPhase::Grad, OpKind::Split, {g.dy()}, shapes, split);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (g.wants(i)) g.give(i, parts[i]);
  }
}

void split_gradient(NodeGradient& g) {
  std::vector<TensorId> parts;
  for (std::size_t i = 0; i < g.node().outputs.size(); ++i) {
    const std::optional<TensorId> part = g.gradient(i);
    parts.push_back(part ? *part : g.fill(0.0, g.shape(g.out(i))));
  }
  const ConcatAttributes concat{g.attributes<SplitAttributes>().axis};
  g.give(0, g.emit(OpKind::Concat, parts, g.in_shape(0), concat));
}

}  // namespace systole::training
