#include "test/values/random_layers.h"

#include <set>

#include "test/kernels/windows.h"

namespace systole::test {

namespace {

/// Bytes of a result or of an operand of the SIMD unit.
constexpr std::int64_t kWord = 4;

void finish(RandomLayers& layers, std::vector<TensorId> inputs, TensorId output) {
  layers.graph.inputs = std::move(inputs);
  layers.graph.outputs = {output};
  layers.graph.validate();
}

/// Rows (or columns) of the image that some window sees.
std::int64_t seen(std::int64_t out, std::int64_t in, std::int64_t kernel, std::int64_t stride, std::int64_t dilation,
                  std::int64_t pad) {
  std::set<std::int64_t> places;
  for (std::int64_t o = 0; o < out; ++o) {
    for (std::int64_t k = 0; k < kernel; ++k) {
      const std::int64_t place = o * stride + k * dilation - pad;
      if (place >= 0 && place < in) places.insert(place);
    }
  }
  return static_cast<std::int64_t>(places.size());
}

template <typename Window>
std::int64_t seen_elements(const Window& w, const Shape& x, const Shape& y) {
  return x[0] * x[1] * seen(y[2], x[2], w.kernel.height, w.strides.height, w.dilations.height, w.pads.top) *
         seen(y[3], x[3], w.kernel.width, w.strides.width, w.dilations.width, w.pads.left);
}

}  // namespace

TensorId add(Graph& graph, const std::string& name, const Shape& shape, bool constant) {
  Tensor tensor;
  tensor.name = name;
  tensor.shape = shape;
  tensor.constant = constant;
  return graph.add(std::move(tensor));
}

void add(Graph& graph, OpKind op, std::vector<TensorId> inputs, TensorId output, Attributes attributes) {
  Node node;
  node.name = to_string(op);
  node.onnx_op = to_string(op);
  node.op = op;
  node.inputs = std::move(inputs);
  node.outputs = {output};
  node.attributes = std::move(attributes);
  graph.add(std::move(node));
}

RandomLayers random_convolution(Dice& dice) {
  ConvAttributes conv;
  conv.kernel = {dice.roll(1, 3), dice.roll(1, 3)};
  conv.strides = {dice.roll(1, 2), dice.roll(1, 2)};
  conv.dilations = {dice.roll(1, 2), dice.roll(1, 2)};
  conv.pads = {dice.roll(0, 1), dice.roll(0, 1), dice.roll(0, 1), dice.roll(0, 1)};
  const bool depthwise = dice.roll(0, 3) == 0;
  conv.groups = depthwise ? dice.roll(2, 9) : dice.roll(1, 3);
  const std::int64_t inputs = depthwise ? conv.groups : conv.groups * dice.roll(1, 6);
  const std::int64_t outputs = conv.groups * dice.roll(1, depthwise ? 2 : 6);
  const Shape x{dice.roll(1, 2), inputs, dice.roll(6, 10), dice.roll(6, 10)};
  const Shape y = windowed(x, outputs, conv);
  RandomLayers layers;
  Graph& graph = layers.graph;
  const TensorId in = add(graph, "x", x, false);
  const Shape w{outputs, inputs / conv.groups, conv.kernel.height, conv.kernel.width};
  const TensorId weights = add(graph, "w", w, true);
  const TensorId bias = add(graph, "b", {outputs}, true);
  const TensorId sums = add(graph, "sums", y, false);
  const TensorId out = add(graph, "y", y, false);
  add(graph, OpKind::Conv, {in, weights, bias}, sums, conv);
  add(graph, OpKind::Relu, {sums}, out, NoAttributes{});
  layers.read_bytes = seen_elements(conv, x, y) + element_count(w) + kWord * outputs;
  layers.write_bytes = layers.fused_bytes = kWord * element_count(y);
  finish(layers, {in}, out);
  return layers;
}

RandomLayers random_gemm(Dice& dice) {
  GemmAttributes gemm;
  gemm.transpose_b = dice.roll(0, 1) == 1;
  const std::int64_t m = dice.roll(1, 20);
  const std::int64_t k = dice.roll(1, 30);
  const std::int64_t n = dice.roll(1, 30);
  RandomLayers layers;
  Graph& graph = layers.graph;
  const TensorId a = add(graph, "a", {m, k}, false);
  const TensorId b = add(graph, "b", gemm.transpose_b ? Shape{n, k} : Shape{k, n}, true);
  const TensorId c = add(graph, "c", {n}, true);
  const TensorId sums = add(graph, "sums", {m, n}, false);
  const TensorId factor = add(graph, "factor", {m, n}, false);
  const TensorId out = add(graph, "y", {m, n}, false);
  add(graph, OpKind::Gemm, {a, b, c}, sums, gemm);
  add(graph, OpKind::Mul, {sums, factor}, out, NoAttributes{});
  layers.read_bytes = m * k + k * n + kWord * n + kWord * m * n;
  layers.write_bytes = layers.fused_bytes = kWord * m * n;
  finish(layers, {a, factor}, out);
  return layers;
}

RandomLayers random_pool(Dice& dice) {
  PoolAttributes pool;
  pool.kernel = {dice.roll(2, 3), dice.roll(2, 3)};
  pool.strides = {dice.roll(1, 3), dice.roll(1, 3)};
  pool.pads = {dice.roll(0, 1), dice.roll(0, 1), dice.roll(0, 1), dice.roll(0, 1)};
  pool.count_include_pad = dice.roll(0, 1) == 1;
  if (pool.count_include_pad) pool.counted = pool.pads;
  const Shape x{dice.roll(1, 2), dice.roll(1, 9), dice.roll(5, 12), dice.roll(5, 12)};
  const Shape y = windowed(x, x[1], pool);
  RandomLayers layers;
  const TensorId in = add(layers.graph, "x", x, false);
  const TensorId out = add(layers.graph, "y", y, false);
  add(layers.graph, dice.roll(0, 1) == 1 ? OpKind::MaxPool : OpKind::AveragePool, {in}, out, pool);
  layers.read_bytes = kWord * seen_elements(pool, x, y);
  layers.write_bytes = kWord * element_count(y);
  finish(layers, {in}, out);
  return layers;
}

RandomLayers random_elementwise(Dice& dice) {
  Shape shape(static_cast<std::size_t>(dice.roll(1, 4)));
  for (std::int64_t& e : shape) e = dice.roll(1, 9);
  RandomLayers layers;
  const TensorId a = add(layers.graph, "a", shape, false);
  const TensorId b = add(layers.graph, "b", shape, false);
  const TensorId sums = add(layers.graph, "sums", shape, false);
  const TensorId out = add(layers.graph, "y", shape, false);
  add(layers.graph, OpKind::Add, {a, b}, sums, NoAttributes{});
  add(layers.graph, OpKind::Clip, {sums}, out, ClipAttributes{-0.5, 0.5});
  layers.read_bytes = 3 * kWord * element_count(shape);
  layers.write_bytes = 2 * kWord * element_count(shape);
  layers.exact = true;
  finish(layers, {a, b}, out);
  return layers;
}

}  // namespace systole::test
