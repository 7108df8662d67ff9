#include <gtest/gtest.h>

#include <random>

#include "test/kernels/compiler/reference_network.h"

/// Small networks, compiled for small machines, give the right numbers: the parts of the compiler fit together.
namespace systole::test {

namespace {

Machine tiny_machine(std::int64_t scale) {
  Machine machine;
  machine.rows = machine.columns = 4;
  machine.wbuf_half_elements = 16 * 12 * scale;
  machine.ibuf_half_elements = 4 * 40 * scale;
  machine.bbuf_half_elements = 4 * 8 * scale;
  machine.obuf_half_words = 16 * scale;
  machine.vmem_words = 64 * scale;
  machine.vmem_double_buffered = scale > 1;
  machine.float32 = true;
  machine.memory_bytes = 1 << 24;
  machine.memory_bytes_per_cycle = 8;
  machine.memory_latency = 20;
  return machine;
}

/// A graph with random weights.
class Network {
 public:
  Graph graph;

  TensorId input(const Shape& shape) {
    graph.inputs.push_back(tensor(shape));
    return graph.inputs.back();
  }
  TensorId weights(const Shape& shape) {
    const TensorId id = tensor(shape);
    std::vector<float> values;
    std::uniform_real_distribution<float> random(-1, 1);
    for (std::int64_t e = 0; e < element_count(shape); ++e) values.push_back(random(random_));
    graph.tensor(id).constant = true;
    graph.tensor(id).values = std::move(values);
    return id;
  }
  TensorId then(OpKind op, std::vector<TensorId> inputs, const Shape& shape, Attributes attributes = NoAttributes()) {
    const TensorId y = tensor(shape);
    const std::string name = to_string(op) + std::to_string(graph.nodes.size());
    graph.add(Node{name, to_string(op), op, std::move(inputs), {y}, std::move(attributes), {}});
    return y;
  }
  TensorId conv(TensorId x, std::int64_t oc, std::int64_t kernel, std::int64_t stride = 1, std::int64_t groups = 1) {
    const Shape& in = graph.shape(x);
    const std::int64_t pad = kernel / 2;
    const auto out = [&](std::int64_t extent) { return (extent + 2 * pad - kernel) / stride + 1; };
    ConvAttributes c;
    c.kernel = {kernel, kernel};
    c.strides = {stride, stride};
    c.pads = {pad, pad, pad, pad};
    c.groups = groups;
    const Shape shape{in[0], oc, out(in[2]), out(in[3])};
    const TensorId w = weights({oc, in[1] / groups, kernel, kernel});
    return then(OpKind::Conv, {x, w, weights({oc})}, shape, c);
  }
  TensorId relu(TensorId x) { return then(OpKind::Relu, {x}, graph.shape(x)); }
  TensorId add(TensorId a, TensorId b) { return then(OpKind::Add, {a, b}, graph.shape(a)); }

 private:
  TensorId tensor(const Shape& shape) {
    return graph.add(Tensor{"t" + std::to_string(graph.tensors.size()), shape, ElementType::Float32, false, Absent{}});
  }
  std::mt19937 random_{5};
};

/// Machine scale, fusion.
class Networks : public testing::TestWithParam<std::tuple<int, bool>> {
 protected:
  void expect_outputs(std::vector<TensorId> outputs) {
    net.graph.outputs = std::move(outputs);
    expect_right(net.graph, tiny_machine(std::get<0>(GetParam())), std::get<1>(GetParam()));
  }
  Network net;
};

TEST_P(Networks, residual_block_with_projection) {
  const TensorId x = net.relu(net.conv(net.input({2, 3, 9, 9}), 6, 3));
  const TensorId a = net.relu(net.conv(x, 5, 1));
  const TensorId b = net.conv(a, 9, 3, 2);
  const TensorId shortcut = net.conv(x, 9, 1, 2);
  expect_outputs({net.relu(net.add(b, shortcut))});
}

TEST_P(Networks, tensor_with_two_kinds_of_readers) {
  const TensorId x = net.conv(net.input({1, 4, 6, 6}), 8, 3);
  const TensorId y = net.conv(net.relu(x), 8, 3);
  expect_outputs({net.add(x, y), net.conv(y, 3, 1)});
}

TEST_P(Networks, concatenation_in_place) {
  const TensorId x = net.conv(net.input({1, 4, 6, 5}), 6, 1);
  const TensorId a = net.relu(net.conv(x, 5, 1));
  const TensorId b = net.relu(net.conv(x, 7, 3));
  const TensorId joined = net.then(OpKind::Concat, {a, b}, {1, 12, 6, 5}, ConcatAttributes{1});
  const TensorId y = net.conv(joined, 5, 1);
  const TensorId again = net.then(OpKind::Concat, {a, b, y}, {1, 17, 6, 5}, ConcatAttributes{1});
  expect_outputs({net.conv(again, 4, 3)});
}

TEST_P(Networks, flattened_image_into_matrix_products) {
  const TensorId x = net.relu(net.conv(net.input({2, 3, 7, 7}), 6, 3, 2));
  const TensorId flat = net.then(OpKind::Reshape, {x}, {2, 96});
  GemmAttributes gemm;
  gemm.transpose_b = true;
  const TensorId hidden = net.then(OpKind::Gemm, {flat, net.weights({10, 96}), net.weights({10})}, {2, 10}, gemm);
  const TensorId other = net.then(OpKind::MatMul, {flat, net.weights({96, 7})}, {2, 7});
  const TensorId y = net.then(OpKind::MatMul, {net.relu(hidden), net.weights({10, 4})}, {2, 4});
  expect_outputs({y, other});
}

TEST_P(Networks, gemm_whose_c_is_no_bias) {
  const TensorId a = net.input({3, 8});
  const TensorId b = net.input({8, 5});
  const TensorId c = net.input({3, 5});
  GemmAttributes gemm;
  gemm.alpha = 0.5;
  gemm.beta = 2;
  const TensorId y = net.then(OpKind::Gemm, {a, b, c}, {3, 5}, gemm);
  const TensorId column = net.then(OpKind::Gemm, {y, net.weights({5, 6}), net.weights({3, 1})}, {3, 6}, gemm);
  const TensorId vector = net.then(OpKind::Gemm, {a, b, net.weights({5})}, {3, 5}, gemm);
  expect_outputs({column, vector});
}

TEST_P(Networks, attention) {
  const TensorId x = net.input({2, 6, 8});
  const auto heads = [&](std::vector<std::int64_t> permutation, const Shape& shape) {
    const TensorId projected = net.then(OpKind::MatMul, {x, net.weights({8, 8})}, {2, 6, 8});
    const TensorId split = net.then(OpKind::Reshape, {projected}, {2, 6, 2, 4});
    return net.then(OpKind::Transpose, {split}, shape, TransposeAttributes{std::move(permutation)});
  };
  const TensorId q = heads({0, 2, 1, 3}, {2, 2, 6, 4});
  const TensorId k = heads({0, 2, 3, 1}, {2, 2, 4, 6});
  const TensorId v = heads({0, 2, 1, 3}, {2, 2, 6, 4});
  const TensorId scores = net.relu(net.then(OpKind::MatMul, {q, k}, {2, 2, 6, 6}));
  expect_outputs({net.then(OpKind::MatMul, {scores, v}, {2, 2, 6, 4})});
}

TEST_P(Networks, grouped_and_depthwise_convolutions) {
  const TensorId x = net.relu(net.conv(net.input({1, 8, 7, 7}), 8, 3, 1, 8));
  expect_outputs({net.conv(net.relu(net.conv(x, 12, 3, 2, 4)), 6, 1)});
}

INSTANTIATE_TEST_SUITE_P(Machines, Networks, testing::Combine(testing::Values(1, 2, 8), testing::Bool()),
                         [](const auto& machine) {
                           return "scale" + std::to_string(std::get<0>(machine.param)) +
                                  (std::get<1>(machine.param) ? "_fused" : "_unfused");
                         });

}  // namespace

}  // namespace systole::test
