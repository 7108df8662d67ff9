#include "base/units.h"
#include "kernels/lowering/array_job.h"

namespace systole {

namespace {

/// Where the first matrix lies; a constant one is laid out row by row.
Layout first_matrix(TensorId tensor, LoweringContext& context) {
  if (!context.graph().tensor(tensor).constant) return context.layout(tensor);
  const Shape& shape = context.graph().shape(tensor);
  const int bits = context.machine().activation_bits;
  return context.constant(tensor, row_major(shape.size()), shape.back() * bits % 8 == 0 ? bits : 8);
}

/// The rows of the first matrix are images {N,C,H,W} in memory order (plan/prepare.h): the product is a convolution
/// whose kernel covers the image. `row` and `column` are the distances in the weights.
ArrayJob image_job(const Node& node, std::int64_t row, std::int64_t column, LoweringContext& context) {
  const Shape& x = context.graph().shape(node.inputs[0]);
  const Layout& in = context.layout(node.inputs[0]);
  ArrayJob job;
  job.node = context.id(node);
  ArrayProblem& p = job.problem;
  p.batch = x[0];
  p.ic = x[1];
  p.h.in = p.h.kernel = x[2];
  p.w.in = p.w.kernel = x[3];
  p.oc = context.graph().shape(node.outputs[0])[1];
  job.may_pack = is_contiguous(x, in, 1) && in.bit_strides[3] == p.ic * in.element_bits;
  job.ifmap = {{in.region, in.offset, in.element_bits, {}},
               in.bit_strides[0],
               in.bit_strides[2],
               in.bit_strides[3],
               in.bit_strides[1]};
  job.output = {{0, 1}, {-1, 1}, {-1, 1}, {1, 1}};
  ConstantWeights weights;
  weights.tensor = node.inputs[1];
  enum : int { kChannel, kRow, kColumn, kOutput };
  weights.axes = {{x[1], x[2] * x[3] * row}, {x[2], x[3] * row}, {x[3], row}, {p.oc, column}};
  weights.rows = {{x[1], 0, kChannel, 1}};
  weights.kernel_row = {x[2], 0, kRow, 1};
  weights.kernel_column = {x[3], 0, kColumn, 1};
  weights.columns = {{p.oc, 0, kOutput, 1}};
  job.weights = std::move(weights);
  return job;
}

bool reads_images(const Node& node, const LoweringContext& context) {
  return context.graph().shape(node.inputs[0]).size() == 4 && context.graph().shape(node.outputs[0]).size() == 2;
}

/// Weights {rows, columns} of a constant tensor whose elements lie `row` and `column` apart.
ConstantWeights matrix_weights(TensorId tensor, std::int64_t rows, std::int64_t row, std::int64_t columns,
                               std::int64_t column) {
  ConstantWeights weights;
  weights.tensor = tensor;
  enum : int { kRow, kColumn, kOne };
  weights.axes = {{rows, row}, {columns, column}, {1, 0}};
  weights.rows = {{rows, 0, kRow, 1}};
  weights.columns = {{columns, 0, kColumn, 1}};
  weights.kernel_row = weights.kernel_column = {1, 0, kOne, 1};
  return weights;
}

/// A bias of `columns` values: trained ones, or from a constant of one value or of as many.
BiasOperand matrix_bias(TensorId tensor, std::int64_t columns, double scale, LoweringContext& context) {
  if (!context.graph().tensor(tensor).constant) {
    const Layout& layout = context.layout(tensor);
    return {{layout.region, layout.offset, layout.element_bits, {}}};
  }
  const int bits = context.machine().bias_bits;
  const std::int64_t stride = element_count(context.graph().shape(tensor)) == 1 ? 0 : 1;
  Packing packing;
  packing.axes = {{columns, stride}};
  packing.counters = {{columns, bits, 0, 1}};
  packing.scale = scale;
  return {{context.constant(tensor, packing, bits, ceil_div(columns * bits, 8)), 0, bits, {}}};
}

void set_sizes(ArrayProblem& p, std::int64_t m, std::int64_t k, std::int64_t n) {
  p.w.out = p.w.in = m;
  p.ic = k;
  p.oc = n;
}

/// The transposed product, of the second matrix and the first: what has to be transposed on the way in is then the
/// other one, or the result.
ArrayJob mirrored(const ArrayJob& job) {
  const auto& weights = std::get<StridedWeights>(job.weights);
  const IfmapOperand& ifmap = job.ifmap;
  ArrayJob other;
  other.node = job.node;
  set_sizes(other.problem, job.problem.oc, job.problem.ic, job.problem.w.out);
  other.ifmap = {{weights.region, weights.offset, weights.bits, {}}, 0, 0, weights.column, weights.row};
  other.weights = StridedWeights{{ifmap.region, ifmap.offset, ifmap.bits, {}}, 0, 0, ifmap.channel, ifmap.column};
  other.output = {{-1, 1}, {-1, 1}, {1, 1}, {0, 1}};
  return other;
}

void describe(const Node& node, ArrayJob& job, const LoweringContext& context) {
  describe_operands(job, context.layout(context.result_of(context.id(node))), context.machine());
}

}  // namespace

std::vector<ArrayWay> gemm_ways(const Node& node, LoweringContext& context) {
  const Graph& graph = context.graph();
  const auto& gemm = std::get<GemmAttributes>(node.attributes);
  const Shape& y = graph.shape(node.outputs[0]);
  const TensorId b = node.inputs[1];
  const std::size_t k_dim = gemm.transpose_b ? 1 : 0;
  const std::int64_t k = graph.shape(b)[k_dim];
  const std::int64_t row = gemm.transpose_b ? 1 : y[1];
  const std::int64_t column = gemm.transpose_b ? k : 1;

  ArrayJob job;
  if (reads_images(node, context)) {
    job = image_job(node, row, column, context);
  } else {
    job.node = context.id(node);
    const Layout a = first_matrix(node.inputs[0], context);
    const std::size_t m_dim = gemm.transpose_a ? 1 : 0;
    set_sizes(job.problem, y[0], k, y[1]);
    job.ifmap = {{a.region, a.offset, a.element_bits, {}}, 0, 0, a.bit_strides[m_dim], a.bit_strides[1 - m_dim]};
    job.output = {{-1, 1}, {-1, 1}, {0, 1}, {1, 1}};
    if (graph.tensor(b).constant) job.weights = matrix_weights(b, k, row, y[1], column);
  }
  if (auto* weights = std::get_if<ConstantWeights>(&job.weights); graph.tensor(b).constant) {
    weights->scale = gemm.alpha;
  } else {
    const Layout& layout = context.layout(b);
    job.weights = StridedWeights{{layout.region, layout.offset, layout.element_bits, {}},
                                 0,
                                 0,
                                 layout.bit_strides[k_dim],
                                 layout.bit_strides[1 - k_dim]};
  }
  if (node.inputs.size() > 2) {
    job.problem.bias = true;
    job.bias = matrix_bias(node.inputs[2], y[1], gemm.beta, context);
  }
  describe(node, job, context);
  std::vector<ArrayWay> ways{{{}, {job}}};
  const bool computed = !graph.tensor(node.inputs[0]).constant && !graph.tensor(b).constant;
  if (computed && !job.bias && context.machine().weight_bits == context.machine().activation_bits) {
    ArrayJob other = mirrored(job);
    describe(node, other, context);
    ways.push_back({{}, {std::move(other)}});
  }
  return ways;
}

namespace {

/// A MatMul of images and one constant matrix.
ArrayJob image_matmul_job(const Node& node, LoweringContext& context) {
  ArrayJob job = image_job(node, context.graph().shape(node.inputs[1])[1], 1, context);
  if (node.inputs.size() > 2) {
    job.problem.bias = true;
    job.bias = matrix_bias(node.inputs[2], job.problem.oc, 1.0, context);
  }
  describe(node, job, context);
  return job;
}

}  // namespace

std::vector<ArrayWay> matmul_ways(const Node& node, LoweringContext& context) {
  if (reads_images(node, context)) return {{{}, {image_matmul_job(node, context)}}};
  const Graph& graph = context.graph();
  const Shape& a = graph.shape(node.inputs[0]);
  const Shape& b = graph.shape(node.inputs[1]);
  const Shape& y = graph.shape(node.outputs[0]);
  const std::size_t rank = y.size();
  const std::size_t lead = rank - 2;
  // The strides of A's own last two dimensions: broadcast_to clears those of extent 1.
  const Layout own = first_matrix(node.inputs[0], context);
  const Layout in = broadcast_to(a, own, y);
  const std::int64_t k = a.back();
  const std::int64_t n = b.back();
  const bool one_matrix = element_count(b) == k * n;

  ArrayJob job;
  job.node = context.id(node);
  ArrayProblem& p = job.problem;
  set_sizes(p, y[rank - 2], k, n);
  job.ifmap = {
      {in.region, in.offset, in.element_bits, {}}, 0, 0, own.bit_strides[a.size() - 2], own.bit_strides.back()};
  // With one second matrix the innermost leading dimensions are rows and images of one problem; the rest repeat it.
  const std::size_t inner = one_matrix ? std::min<std::size_t>(lead, 2) : 0;
  const auto dim_at = [](std::size_t dim) { return static_cast<int>(dim); };
  std::array<OutputDim, 2> images{OutputDim{}, OutputDim{}};  // image, row
  if (inner > 0) {
    images[1].dim = dim_at(lead - 1);
    p.h.out = p.h.in = y[lead - 1];
    job.ifmap.row = in.bit_strides[lead - 1];
  }
  if (inner > 1) {
    images[0].dim = dim_at(lead - 2);
    p.batch = y[lead - 2];
    job.ifmap.image = in.bit_strides[lead - 2];
  }
  for (std::size_t d = 0; d + inner < lead; ++d) {
    job.outer.push_back(y[d]);
    p.outer *= y[d];
    job.ifmap.outer.push_back(in.bit_strides[d]);
    job.output.push_back({dim_at(d), 1});
  }
  job.output.insert(job.output.end(), {images[0], images[1], {dim_at(rank - 2), 1}, {dim_at(rank - 1), 1}});
  p.weights_repeat = one_matrix;

  if (graph.tensor(node.inputs[1]).constant) {
    ConstantWeights weights = matrix_weights(node.inputs[1], k, n, n, 1);
    std::int64_t stride = k * n;
    weights.outer.resize(job.outer.size());
    for (std::size_t d = job.outer.size(); d-- > 0;) {
      const std::size_t missing = rank - b.size();
      const std::int64_t extent = d >= missing ? b[d - missing] : 1;
      weights.axes.push_back({extent, stride});
      weights.outer[d] = {extent, 0, static_cast<int>(weights.axes.size()) - 1, 1};
      stride *= extent;
    }
    job.weights = std::move(weights);
  } else {
    const Layout& layout = context.layout(node.inputs[1]);
    const Layout spread = broadcast_to(b, layout, y);
    StridedWeights matrix{{layout.region, layout.offset, layout.element_bits, {}},
                          0,
                          0,
                          layout.bit_strides[b.size() - 2],
                          layout.bit_strides.back()};
    for (std::size_t d = 0; d < job.outer.size(); ++d) matrix.outer.push_back(spread.bit_strides[d]);
    job.weights = std::move(matrix);
  }
  if (node.inputs.size() > 2) {
    p.bias = true;
    job.bias = matrix_bias(node.inputs[2], n, 1.0, context);
    job.bias->outer.assign(job.outer.size(), 0);
  }
  describe(node, job, context);
  return {{{}, {std::move(job)}}};
}

}  // namespace systole
