#include <algorithm>
#include <cstdlib>

#include "kernels/training/gradients.h"

namespace systole::training {

namespace {

/// The tensor with `step - 1` zeros behind every element along `dim`.
TensorId with_gaps(NodeGradient& g, TensorId tensor, std::size_t dim, std::int64_t step) {
  Shape shape = g.shape(tensor);
  Shape split = shape;
  split.insert(split.begin() + static_cast<std::ptrdiff_t>(dim) + 1, 1);
  const TensorId apart = g.reshaped(tensor, split);
  PadAttributes pad{std::vector<std::int64_t>(split.size(), 0), std::vector<std::int64_t>(split.size(), 0),
                    PadMode::Constant, 0.0};
  pad.end[dim + 1] = step - 1;
  split[dim + 1] = step;
  shape[dim] *= step;
  return g.reshaped(g.emit(OpKind::Pad, {apart}, split, pad), shape);
}

TensorId reversed(NodeGradient& g, TensorId tensor, const std::vector<bool>& dims) {
  const Shape shape = g.shape(tensor);
  SliceAttributes slice{std::vector<std::int64_t>(shape.size(), 0), std::vector<std::int64_t>(shape.size(), 1)};
  for (std::size_t d = 0; d < shape.size(); ++d) {
    if (!dims[d]) continue;
    slice.starts[d] = shape[d] - 1;
    slice.steps[d] = -1;
  }
  return g.emit(OpKind::Slice, {tensor}, shape, slice);
}

}  // namespace

/// What was left out gets zeros.
void slice_gradient(NodeGradient& g) {
  const auto slice = g.attributes<SliceAttributes>();
  const Shape whole = g.in_shape(0);
  const Shape taken = g.shape(g.out());
  TensorId gradient = g.dy();
  std::vector<bool> backwards;
  for (const std::int64_t step : slice.steps) backwards.push_back(step < 0);
  if (std::find(backwards.begin(), backwards.end(), true) != backwards.end()) {
    gradient = reversed(g, gradient, backwards);
  }
  PadAttributes pad{std::vector<std::int64_t>(whole.size(), 0), std::vector<std::int64_t>(whole.size(), 0),
                    PadMode::Constant, 0.0};
  for (std::size_t d = 0; d < whole.size(); ++d) {
    const std::int64_t step = std::abs(slice.steps[d]);
    if (step > 1 && taken[d] > 1) gradient = with_gaps(g, gradient, d, step);
    pad.begin[d] = backwards[d] ? slice.starts[d] - (taken[d] - 1) * step : slice.starts[d];
    pad.end[d] = whole[d] - pad.begin[d] - g.shape(gradient)[d];  // negative: zeros behind the last element go
  }
  g.give(0, g.shape(gradient) == whole ? gradient : g.emit(OpKind::Pad, {gradient}, whole, pad));
}

void pad_gradient(NodeGradient& g) {
  PadAttributes pad = g.attributes<PadAttributes>();
  if (pad.mode != PadMode::Constant) return g.refuse("only constant padding has a gradient here");
  for (std::int64_t& extent : pad.begin) extent = -extent;
  for (std::int64_t& extent : pad.end) extent = -extent;
  pad.value = 0.0;
  g.give(0, g.emit(OpKind::Pad, {g.dy()}, g.in_shape(0), pad));
}

void transpose_gradient(NodeGradient& g) {
  const auto& forward = g.attributes<TransposeAttributes>().permutation;
  TransposeAttributes inverse{std::vector<std::int64_t>(forward.size())};
  for (std::size_t d = 0; d < forward.size(); ++d) {
    inverse.permutation[static_cast<std::size_t>(forward[d])] = static_cast<std::int64_t>(d);
  }
  g.give(0, g.emit(OpKind::Transpose, {g.dy()}, g.in_shape(0), inverse));
}

void reshape_gradient(NodeGradient& g) {
  g.give(0, g.reshaped(g.dy(), g.in_shape(0)));
}

void expand_gradient(NodeGradient& g) {
  g.give(0, g.summed_to(g.dy(), g.in_shape(0)));
}

}  // namespace systole::training
