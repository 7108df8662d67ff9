#include "base/units.h"
#include "kernels/lowering/array_job.h"

namespace systole {

namespace {

WindowAxis window_axis(std::int64_t out, std::int64_t in, std::int64_t kernel, std::int64_t stride,
                       std::int64_t dilation, std::int64_t pad) {
  return {out, in, kernel, stride, dilation, pad};
}

/// Weights {M, C/groups, KH, KW} of `merged` groups at a time.
ConstantWeights constant_weights(TensorId tensor, const ArrayProblem& p, std::int64_t merged) {
  const std::int64_t group_ic = p.ic / merged;
  const std::int64_t group_oc = p.oc / merged;
  const std::int64_t positions = p.h.kernel * p.w.kernel;
  const std::int64_t filter = group_ic * positions;
  ConstantWeights weights;
  weights.tensor = tensor;
  enum : int { kGroups, kRowGroup, kColumnGroup, kOc, kIc, kKh, kKw };
  weights.axes = {{p.outer, merged * group_oc * filter},
                  {merged, 0},
                  {merged, group_oc * filter},
                  {group_oc, filter},
                  {group_ic, positions},
                  {p.h.kernel, p.w.kernel},
                  {p.w.kernel, 1}};
  weights.outer = {{p.outer, 0, kGroups, 1}};
  weights.rows = {{merged, 0, kRowGroup, 1}, {group_ic, 0, kIc, 1}};
  weights.kernel_row = {p.h.kernel, 0, kKh, 1};
  weights.kernel_column = {p.w.kernel, 0, kKw, 1};
  weights.columns = {{group_oc, 0, kOc, 1}};
  if (merged > 1) {
    weights.columns.insert(weights.columns.begin(), {merged, 0, kColumnGroup, 1});
    weights.equal = {kRowGroup, kColumnGroup};
  }
  return weights;
}

/// One value for each output channel; `columns` of them in a repetition.
BiasOperand channel_bias(TensorId tensor, std::int64_t columns, LoweringContext& context) {
  const Layout bias = context.graph().tensor(tensor).constant
                          ? context.constant(tensor, row_major(1), context.machine().bias_bits)
                          : context.layout(tensor);
  return {{bias.region, bias.offset, bias.element_bits, {columns * bias.element_bits}}};
}

/// `merged` neighbouring groups as one: their channels side by side on rows and columns, the weights between different
/// groups zero. So narrow groups fill the array; depthwise convolution is the extreme case.
ArrayJob conv_job(const Node& node, LoweringContext& context, std::int64_t merged) {
  const Graph& graph = context.graph();
  const Machine& machine = context.machine();
  const auto& conv = std::get<ConvAttributes>(node.attributes);
  const Shape& x = graph.shape(node.inputs[0]);
  const Shape& y = graph.shape(node.outputs[0]);
  const Layout& in = context.layout(node.inputs[0]);
  const std::int64_t group_ic = x[1] / conv.groups;
  const std::int64_t group_oc = y[1] / conv.groups;

  ArrayJob job;
  job.node = context.id(node);
  ArrayProblem& p = job.problem;
  p.outer = conv.groups / merged;
  p.batch = x[0];
  p.h = window_axis(y[2], x[2], conv.kernel.height, conv.strides.height, conv.dilations.height, conv.pads.top);
  p.w = window_axis(y[3], x[3], conv.kernel.width, conv.strides.width, conv.dilations.width, conv.pads.left);
  p.ic = merged * group_ic;
  p.oc = merged * group_oc;
  p.bias = node.inputs.size() > 2;

  job.outer = {p.outer};
  job.may_pack = p.outer == 1 && conv.dilations.width == 1 && is_contiguous(x, in, 1) &&
                 in.bit_strides[3] == p.ic * in.element_bits;
  job.ifmap = {{in.region, in.offset, in.element_bits, {p.ic * in.bit_strides[1]}},
               in.bit_strides[0],
               in.bit_strides[2],
               in.bit_strides[3],
               in.bit_strides[1]};
  fill_with(conv.pad_value, context.simd_format(), job.ifmap);
  job.output = {{1, p.oc}, {0, 1}, {2, 1}, {3, 1}, {1, 1}};

  if (graph.tensor(node.inputs[1]).constant) {
    job.weights = constant_weights(node.inputs[1], p, merged);
  } else {
    const Layout& w = context.layout(node.inputs[1]);
    job.weights = StridedWeights{{w.region, w.offset, w.element_bits, {group_oc * w.bit_strides[0]}},
                                 w.bit_strides[2],
                                 w.bit_strides[3],
                                 w.bit_strides[1],
                                 w.bit_strides[0]};
  }
  if (p.bias) job.bias = channel_bias(node.inputs[2], p.oc, context);
  describe_operands(job, context.layout(context.result_of(context.id(node))), machine);
  job.may_pack = job.may_pack && columns_follow(job);
  return job;
}

/// The most neighbouring groups whose channels fit rows and columns together; 1 when not even two do.
std::int64_t mergeable_groups(const ConvAttributes& conv, std::int64_t ic, std::int64_t oc, const Machine& machine) {
  for (std::int64_t merged = conv.groups; merged > 1; --merged) {
    if (conv.groups % merged == 0 && merged * ic <= machine.rows && merged * oc <= machine.columns) return merged;
  }
  return 1;
}

}  // namespace

std::vector<ArrayWay> conv_ways(const Node& node, LoweringContext& context) {
  const auto& conv = std::get<ConvAttributes>(node.attributes);
  const std::int64_t ic = context.graph().shape(node.inputs[0])[1] / conv.groups;
  const std::int64_t oc = context.graph().shape(node.outputs[0])[1] / conv.groups;
  std::vector<ArrayWay> ways{{{}, {conv_job(node, context, 1)}}};
  const std::int64_t merged = mergeable_groups(conv, ic, oc, context.machine());
  if (merged > 1 && context.graph().tensor(node.inputs[1]).constant) {
    ways.push_back({{}, {conv_job(node, context, merged)}});
  }
  return ways;
}

}  // namespace systole
