#include "kernels/lowering/conv_gradient.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/units.h"
#include "kernels/lowering/array_job.h"
#include "kernels/lowering/exact.h"

/// Gradients of convolutions as convolutions. With y[oh] = sum over kh of x[oh*stride + kh*dilation - pad] * w[kh],
/// along one axis and for all channels:
///  - dx[ih] = sum over kh of dy[(ih + pad - kh*dilation) / stride] * w[kh], where that is a whole number;
///  - dw[kh] = sum over images and oh of x[oh*stride + kh*dilation - pad] * dy[oh]: a convolution whose kernel is dy,
///    whose stride and dilation have changed places, whose images are the input channels and whose reduction is the
///    batch.
namespace systole {

namespace {

constexpr const char* kZeroInsert = "zero-insert, dense over a gradient with zeros";

/// The elements of dx whose index is `phase` modulo the stride. Its kernel is 0 when no tap meets them.
Phase phase_of(const ForwardAxis& a, std::int64_t phase) {
  Phase result;
  result.start = phase;
  result.step = a.stride;
  const std::int64_t common = std::gcd(a.stride, a.dilation);
  const std::int64_t tap_step = a.stride / common;
  const std::int64_t distance = a.dilation / common;  // in dy, from tap to tap
  std::int64_t first = 0;
  while (first < a.kernel && (phase + a.pad - first * a.dilation) % a.stride != 0) ++first;
  const std::int64_t taps = first < a.kernel ? (a.kernel - 1 - first) / tap_step + 1 : 0;
  // The last tap comes first, since it meets the earliest element of dy.
  const std::int64_t last = first + (taps - 1) * tap_step;
  result.tap = last;
  result.tap_step = -tap_step;
  const std::int64_t out = ceil_div(a.in - phase, a.stride);
  result.axis = {out, a.out, taps, 1, distance, taps > 0 ? (last * a.dilation - phase - a.pad) / a.stride : 0};
  return result;
}

/// Elements of dy with zeros between them, up to the last one.
std::int64_t spread(const ForwardAxis& a) {
  return (a.out - 1) * a.stride + 1;
}

/// All of dx at once, from dy with zeros between its elements.
Phase dense_phase(const ForwardAxis& a) {
  Phase result;
  result.axis = {a.in, spread(a), a.kernel, 1, a.dilation, a.dilation * (a.kernel - 1) - a.pad};
  result.tap = a.kernel - 1;
  return result;
}

/// dy with stride-1 zeros behind every row and column, in memory of its own. The zeros are filled by the walker that
/// reads dy; writing them, and reading them again, is traffic.
Copy insert_zeros(const Node& node, const ForwardConv& f, const Layout& dy, LoweringContext& context) {
  const Shape whole{f.y[0], f.y[1], f.y[2] * f.h.stride, f.y[3] * f.w.stride};
  Copy copy;
  copy.source = dy;
  copy.target = dense_layout(whole, channels_last(4), dy.element_bits);
  copy.target.region = context.scratch(node, span_bytes(whole, copy.target), dy.element_bits);
  const std::vector<std::int64_t>& from = dy.bit_strides;
  const std::vector<std::int64_t>& to = copy.target.bit_strides;
  const auto elements = [&](std::size_t dim, std::int64_t stride) {
    copy.dims.push_back({f.y[dim], from[dim], stride * to[dim], false, 0, 0});
  };
  const auto zeros = [&](std::size_t dim, std::int64_t stride) {
    if (stride > 1) copy.dims.push_back({stride, 0, to[dim], true, 0, 1});
  };
  elements(0, 1);
  elements(2, f.h.stride);
  zeros(2, f.h.stride);
  elements(3, f.w.stride);
  zeros(3, f.w.stride);
  elements(1, 1);
  return copy;
}

/// Weights that are not trained can lie as this reader wants them: input channels innermost.
Layout weights_of(const Node& node, LoweringContext& context) {
  const TensorId weights = node.inputs[1];
  if (!context.graph().tensor(weights).constant) return context.layout(weights);
  return context.constant(weights, {2, 3, 0, 1}, context.machine().weight_bits);
}

ArrayJob data_job(const Node& node, const ForwardConv& f, const Phase& h, const Phase& w, const Layout& dy,
                  LoweringContext& context) {
  const Layout weights = weights_of(node, context);
  const std::vector<std::int64_t>& ws = weights.bit_strides;
  ArrayJob job;
  job.node = context.id(node);
  ArrayProblem& p = job.problem;
  p.outer = f.conv.groups;
  p.batch = f.x[0];
  p.h = h.axis;
  p.w = w.axis;
  p.ic = f.group_oc;
  p.oc = f.group_ic;
  job.outer = {p.outer};
  const std::vector<std::int64_t>& bits = dy.bit_strides;
  job.ifmap = {{dy.region, dy.offset, dy.element_bits, {p.ic * bits[1]}}, bits[0], bits[2], bits[3], bits[1]};
  const std::int64_t offset = weights.offset + whole_bytes(h.tap * ws[2] + w.tap * ws[3]);
  job.weights = StridedWeights{{weights.region, offset, weights.element_bits, {f.group_oc * ws[0]}},
                               h.tap_step * ws[2],
                               w.tap_step * ws[3],
                               ws[0],
                               ws[1]};
  job.output = {{1, p.oc}, {0, 1}, {2, h.step, h.start}, {3, w.step, w.start}, {1, 1}};
  describe_operands(job, context.layout(context.result_of(job.node)), context.machine());
  return job;
}

/// The batch as reduction: images, and the output rows and columns along which the kernel does not move.
struct BatchReduction {
  std::int64_t count, x_bits, dy_bits;

  /// Takes in an axis whose elements continue where those before end, in both tensors.
  bool absorb(const ForwardAxis& a, std::int64_t x_axis, std::int64_t dy_axis) {
    const bool inside = a.kernel == 1 && a.pad == 0 && spread(a) <= a.in;
    const std::int64_t step = a.stride * x_axis;
    if (!inside || (count > 1 && (x_bits != a.out * step || dy_bits != a.out * dy_axis))) return false;
    *this = {count * a.out, step, dy_axis};
    return true;
  }
};

WindowAxis weight_axis(const ForwardAxis& a, bool absorbed) {
  if (absorbed) return {};
  return {a.kernel, a.in, a.out, a.dilation, a.stride, a.pad};
}

/// dw by a convolution over x whose kernel is dy, or dy with zeros.
ArrayJob weight_job(const Node& node, const ForwardConv& f, const WindowAxis& h, const WindowAxis& w,
                    const BatchReduction& batch, const Layout& dy, LoweringContext& context) {
  const Layout& x = context.layout(node.inputs[1]);
  ArrayJob job;
  job.node = context.id(node);
  ArrayProblem& p = job.problem;
  p.outer = f.conv.groups;
  p.batch = f.group_ic;
  p.h = h;
  p.w = w;
  p.ic = batch.count;
  p.oc = f.group_oc;
  job.outer = {p.outer};
  const std::vector<std::int64_t>& bits = x.bit_strides;
  job.ifmap = {{x.region, x.offset, x.element_bits, {f.group_ic * bits[1]}}, bits[1], bits[2], bits[3], batch.x_bits};
  job.weights = StridedWeights{{dy.region, dy.offset, dy.element_bits, {f.group_oc * dy.bit_strides[1]}},
                               dy.bit_strides[2],
                               dy.bit_strides[3],
                               batch.dy_bits,
                               dy.bit_strides[1]};
  const auto kept = [](std::int64_t kernel, const WindowAxis& axis) { return axis.out > kernel ? kernel : 0; };
  job.output = {{0, f.group_oc}, {1, 1}, {2, 1, 0, kept(f.h.kernel, h)}, {3, 1, 0, kept(f.w.kernel, w)}, {0, 1}};
  describe_operands(job, context.layout(context.result_of(job.node)), context.machine());
  return job;
}

/// With a single kernel position that sees the whole image dw is a matrix product, and either operand may be the one
/// that is transposed on the way in: here dy, which stays outside.
ArrayJob transposed_weight_job(const Node& node, const ForwardConv& f, const BatchReduction& batch, const Layout& dy,
                               LoweringContext& context) {
  const Layout& x = context.layout(node.inputs[1]);
  ArrayJob job;
  job.node = context.id(node);
  ArrayProblem& p = job.problem;
  p.outer = f.conv.groups;
  p.batch = f.group_oc;
  p.ic = batch.count;
  p.oc = f.group_ic;
  job.outer = {p.outer};
  job.ifmap = {{dy.region, dy.offset, dy.element_bits, {f.group_oc * dy.bit_strides[1]}},
               dy.bit_strides[1],
               0,
               0,
               batch.dy_bits};
  job.weights = StridedWeights{
      {x.region, x.offset, x.element_bits, {f.group_ic * x.bit_strides[1]}}, 0, 0, batch.x_bits, x.bit_strides[1]};
  job.output = {{0, f.group_oc}, {0, 1}, {-1, 1}, {-1, 1}, {1, 1}};
  describe_operands(job, context.layout(context.result_of(job.node)), context.machine());
  return job;
}

/// The stride-1 convolution that is published: its result is larger than the kernel where the stride left pixels of the
/// image out.
WindowAxis dense_weight_axis(const ForwardAxis& a, std::int64_t pads) {
  const std::int64_t kernel = spread(a);
  return {(a.in + pads - kernel) / a.dilation + 1, a.in, kernel, a.dilation, 1, a.pad};
}

}  // namespace

ForwardConv::ForwardConv(const Node& node, const Shape& image, const Shape& result)
    : conv(std::get<ConvAttributes>(node.attributes)),
      x(image),
      y(result),
      h{x[2], y[2], conv.kernel.height, conv.strides.height, conv.dilations.height, conv.pads.top},
      w{x[3], y[3], conv.kernel.width, conv.strides.width, conv.dilations.width, conv.pads.left},
      group_ic(x[1] / conv.groups),
      group_oc(y[1] / conv.groups) {}

ForwardConv forward_of(const Graph& graph, const Node& gradient) {
  const TensorId x = gradient.op == OpKind::ConvInputGradient ? gradient.outputs[0] : gradient.inputs[1];
  return {gradient, graph.shape(x), graph.shape(gradient.inputs[0])};
}

std::vector<Phase> phases_of(const ForwardAxis& axis) {
  std::vector<Phase> result;
  for (std::int64_t phase = 0; phase < std::min(axis.stride, axis.in); ++phase) {
    result.push_back(phase_of(axis, phase));
  }
  return result;
}

Copy clear_phase(const ForwardConv& f, const Phase& h, const Phase& w, const Layout& dx) {
  Copy copy;
  copy.target = dx;
  copy.target.offset += whole_bytes(h.start * dx.bit_strides[2] + w.start * dx.bit_strides[3]);
  const auto add = [&](std::int64_t extent, std::int64_t bits) {
    copy.dims.push_back({extent, bits, bits, false, 0, 0});
  };
  add(f.x[0], dx.bit_strides[0]);
  add(h.axis.out, h.step * dx.bit_strides[2]);
  add(w.axis.out, w.step * dx.bit_strides[3]);
  add(f.x[1], dx.bit_strides[1]);
  copy.source = copy.target;
  copy.dims[0].padded = true;  // all of it
  copy.dims[0].origin = copy.dims[0].source_extent = 1;
  return copy;
}

std::vector<ArrayWay> conv_input_gradient_ways(const Node& node, LoweringContext& context) {
  const ForwardConv f = forward_of(context.graph(), node);
  const Layout& dy = context.layout(node.inputs[0]);
  std::vector<ArrayWay> ways;
  if (!f.strided() || context.gradient_way() != GradientWay::zero_insert) {
    ArrayWay way;
    for (const Phase& h : phases_of(f.h)) {
      for (const Phase& w : phases_of(f.w)) {
        if (h.axis.kernel * w.axis.kernel > 0) {
          way.jobs.push_back(data_job(node, f, h, w, dy, context));
        } else {
          way.copies.push_back(clear_phase(f, h, w, context.layout(context.result_of(context.id(node)))));
        }
      }
    }
    if (f.strided()) way.name = fmt::format("phases, {} convolutions without zeros", way.jobs.size());
    ways.push_back(std::move(way));
  }
  if (f.strided() && context.gradient_way() != GradientWay::phases) {
    const Copy copy = insert_zeros(node, f, dy, context);
    ways.push_back(
        {{copy}, {data_job(node, f, dense_phase(f.h), dense_phase(f.w), copy.target, context)}, kZeroInsert});
  }
  return ways;
}

std::vector<ArrayWay> conv_weight_gradient_ways(const Node& node, LoweringContext& context) {
  const ForwardConv f = forward_of(context.graph(), node);
  const Layout& dy = context.layout(node.inputs[0]);
  const Layout& x = context.layout(node.inputs[1]);
  BatchReduction batch{f.x[0], x.bit_strides[0], dy.bit_strides[0]};
  std::vector<ArrayWay> ways;
  if (f.strided() && context.gradient_way() != GradientWay::phases) {
    const Copy copy = insert_zeros(node, f, dy, context);
    const ConvAttributes& c = f.conv;
    ways.push_back({{copy},
                    {weight_job(node, f, dense_weight_axis(f.h, c.pads.top + c.pads.bottom),
                                dense_weight_axis(f.w, c.pads.left + c.pads.right),
                                {f.x[0], x.bit_strides[0], copy.target.bit_strides[0]}, copy.target, context)},
                    kZeroInsert});
    if (context.gradient_way() == GradientWay::zero_insert) return ways;
  }
  const bool positions = context.gradient_way() != GradientWay::zero_insert;
  const bool rows = positions && batch.absorb(f.h, x.bit_strides[2], dy.bit_strides[2]);
  const bool columns = rows && batch.absorb(f.w, x.bit_strides[3], dy.bit_strides[3]);
  const std::string over = columns ? "reduction over batch and positions"
                           : rows  ? "reduction over batch and rows"
                                   : "reduction over the batch";
  ways.push_back(
      {{}, {weight_job(node, f, weight_axis(f.h, rows), weight_axis(f.w, columns), batch, dy, context)}, over});
  if (columns) {
    ways.push_back({{}, {transposed_weight_job(node, f, batch, dy, context)}, over + ", output channels as pixels"});
  }
  return ways;
}

}  // namespace systole
