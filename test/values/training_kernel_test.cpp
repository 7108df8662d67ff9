#include <gtest/gtest.h>

#include <random>

#include "kernels/compiler.h"
#include "kernels/plan/machine_config.h"
#include "test/kernels/windows.h"
#include "test/values/machine_run.h"

// The kinds of nodes that only training has, one at a time, through compiler and machine in single precision, against
// the reference. Shapes and attributes are random; the machines are so small that most layers take several tiles.
namespace systole::test {
namespace {

class OneNode {
 public:
  explicit OneNode(unsigned seed) : random_(seed) {}

  std::int64_t roll(std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(random_);
  }

  TensorId input(const Shape& shape, double low = -1, double high = 1) {
    const TensorId id = tensor("in", shape);
    std::uniform_real_distribution<double> uniform(low, high);
    Elements& elements = inputs_[graph_.tensor(id).name];
    for (std::int64_t i = 0; i < element_count(shape); ++i) elements.push_back(static_cast<float>(uniform(random_)));
    graph_.inputs.push_back(id);
    return id;
  }
  void set(TensorId id, const Elements& elements) { inputs_[graph_.tensor(id).name] = elements; }

  TensorId node(OpKind op, std::vector<TensorId> inputs, const std::vector<Shape>& outputs,
                Attributes attributes = NoAttributes{}) {
    Node node;
    node.name = node.onnx_op = to_string(op);
    node.op = op;
    node.inputs = std::move(inputs);
    for (const Shape& shape : outputs) node.outputs.push_back(tensor("out", shape));
    node.attributes = std::move(attributes);
    graph_.outputs = node.outputs;
    const TensorId first = node.outputs.front();
    graph_.add(std::move(node));
    return first;
  }

  /// Of the program that the machine of both runs has.
  [[nodiscard]] int blocks() const { return compile(graph_, machine_of(load("tiny_4x4"))).blocks_size(); }

  void check(double tolerance = 2e-5) {
    graph_.validate();
    const NamedElements expected = evaluate(graph_, inputs_);
    for (const char* machine : {"tiny_4x4", "tiny_8x4"}) {
      const MachineRun run = run_on_machine(graph_, load(machine), inputs_);
      for (const TensorId output : graph_.outputs) {
        const std::string& name = graph_.tensor(output).name;
        EXPECT_EQ(difference(run.outputs.at(name), expected.at(name), tolerance), "") << name << " on " << machine;
      }
    }
  }

 private:
  TensorId tensor(const std::string& name, const Shape& shape) {
    Tensor tensor;
    tensor.name = name + std::to_string(graph_.tensors.size());
    tensor.shape = shape;
    return graph_.add(std::move(tensor));
  }

  std::mt19937 random_;
  Graph graph_;
  NamedElements inputs_;
};

constexpr unsigned kSeeds = 12;

TEST(TrainingKernels, batch_norm) {
  for (unsigned seed = 0; seed < kSeeds; ++seed) {
    SCOPED_TRACE(seed);
    OneNode one(seed);
    const Shape shape{one.roll(1, 5), one.roll(1, 11), one.roll(1, 9), one.roll(2, 9)};
    const Shape vector{shape[1]};
    const double far = seed % 3 == 0 ? 100 : 0;
    one.node(OpKind::BatchNormTraining,
             {one.input(shape, far - 1, far + 1), one.input(vector), one.input(vector), one.input(vector),
              one.input(vector, 0.5, 1.5)},
             {shape, vector, vector, vector, vector}, BatchNormAttributes{1e-5, 0.9});
    // the image itself is rounded to 2^-24 of its size before its mean is taken from it
    one.check(far > 0 ? 1e-3 : 2e-5);
  }
}

TEST(TrainingKernels, batch_norm_with_the_nodes_that_run_in_its_block) {
  for (unsigned seed = 0; seed < kSeeds; ++seed) {
    SCOPED_TRACE(seed);
    OneNode one(seed);
    const Shape shape{one.roll(1, 4), one.roll(1, 11), one.roll(1, 9), one.roll(2, 9)};
    const Shape vector{shape[1]};
    const TensorId residual = one.input(seed % 2 == 0 ? shape : Shape{shape[1], 1, 1});
    const TensorId y = one.node(
        OpKind::BatchNormTraining,
        {one.input(shape), one.input(vector), one.input(vector), one.input(vector), one.input(vector, 0.5, 1.5)},
        {shape, vector, vector, vector, vector}, BatchNormAttributes{});
    const TensorId sum = one.node(OpKind::Sub, {residual, y}, {shape});
    one.node(seed % 3 == 0 ? OpKind::HardSwish : OpKind::Relu, {sum}, {shape});
    one.check();
    EXPECT_EQ(one.blocks(), 1);
  }
}

TEST(TrainingKernels, batch_norm_gradient) {
  for (unsigned seed = 0; seed < kSeeds; ++seed) {
    SCOPED_TRACE(seed);
    OneNode one(seed);
    const Shape shape{one.roll(1, 5), one.roll(1, 11), one.roll(1, 9), one.roll(2, 9)};
    const Shape vector{shape[1]};
    one.node(OpKind::BatchNormGradient,
             {one.input(shape), one.input(shape), one.input(vector), one.input(vector), one.input(vector, 0.5, 1.5)},
             {shape, vector, vector}, BatchNormAttributes{});
    one.check();
  }
}

TEST(TrainingKernels, activation_gradients) {
  const std::vector<std::pair<OpKind, Attributes>> kinds = {
      {OpKind::ReluGradient, NoAttributes{}},         {OpKind::LeakyReluGradient, AlphaBeta{0.1, 0}},
      {OpKind::ClipGradient, ClipAttributes{0, 0.5}}, {OpKind::SigmoidGradient, NoAttributes{}},
      {OpKind::TanhGradient, NoAttributes{}},         {OpKind::HardSigmoidGradient, AlphaBeta{0.2, 0.5}},
      {OpKind::HardSwishGradient, NoAttributes{}},    {OpKind::EluGradient, AlphaBeta{1.5, 0}}};
  unsigned seed = 0;
  for (const auto& [op, attributes] : kinds) {
    SCOPED_TRACE(to_string(op));
    OneNode one(seed++);
    const Shape shape{2, one.roll(1, 11), one.roll(3, 9), one.roll(3, 9)};
    one.node(op, {one.input(shape), one.input(shape, -4, 4)}, {shape}, attributes);
    one.check();
  }
}

PoolAttributes random_pool(OneNode& one, bool dilated) {
  PoolAttributes pool;
  pool.kernel = {one.roll(1, 3), one.roll(1, 3)};
  pool.strides = {one.roll(1, 3), one.roll(1, 3)};
  if (dilated) pool.dilations = {one.roll(1, 2), one.roll(1, 2)};
  pool.pads = {one.roll(0, pool.kernel.height - 1), one.roll(0, pool.kernel.width - 1),
               one.roll(0, pool.kernel.height - 1), one.roll(0, pool.kernel.width - 1)};
  pool.counted = pool.pads;
  pool.count_include_pad = one.roll(0, 1) == 1;
  return pool;
}

TEST(TrainingKernels, max_pool_and_its_gradient_in_one_network) {
  for (unsigned seed = 0; seed < 2 * kSeeds; ++seed) {
    SCOPED_TRACE(seed);
    OneNode one(seed);
    const PoolAttributes pool = random_pool(one, true);
    const Shape image{one.roll(1, 3), one.roll(1, 9), one.roll(6, 9), one.roll(6, 8)};
    const Shape out = windowed(image, image[1], pool);
    const TensorId y = one.node(OpKind::MaxPool, {one.input(image)}, {out, out}, pool);
    const auto index = static_cast<TensorId>(static_cast<std::uint32_t>(y) + 1);
    one.node(OpKind::MaxPoolGradient, {one.input(out), index}, {image}, pool);
    one.check();
  }
}

TEST(TrainingKernels, average_pool_gradient) {
  for (unsigned seed = 0; seed < kSeeds; ++seed) {
    SCOPED_TRACE(seed);
    OneNode one(seed);
    const PoolAttributes pool = random_pool(one, false);
    const Shape image{one.roll(1, 3), one.roll(1, 9), one.roll(4, 9), one.roll(4, 9)};
    one.node(OpKind::AveragePoolGradient, {one.input(windowed(image, image[1], pool))}, {image}, pool);
    one.check();
  }
}

TEST(TrainingKernels, softmax_gradients) {
  for (const OpKind op : {OpKind::SoftmaxGradient, OpKind::LogSoftmaxGradient}) {
    for (const Shape& shape : {Shape{5, 9}, Shape{3, 200}, Shape{2, 7, 3, 5}}) {
      OneNode one(3);
      const bool logarithm = op == OpKind::LogSoftmaxGradient;
      const TensorId y = logarithm ? one.input(shape, -5, 0) : one.input(shape, 0, 1);
      one.node(op, {one.input(shape), y}, {shape}, SoftmaxAttributes{1, 2});
      one.check(1e-4);
    }
  }
}

TEST(TrainingKernels, lrn_gradient) {
  OneNode one(1);
  const Shape shape{2, 13, 4, 5};
  one.node(OpKind::LrnGradient, {one.input(shape), one.input(shape)}, {shape}, LrnAttributes{5, 0.3, 0.75, 1});
  one.check(1e-4);
}

TEST(TrainingKernels, optimizers) {
  OptimizerAttributes attributes;
  attributes.weight_decay = 0.01;
  attributes.beta = 0.99;
  for (const bool nesterov : {false, true}) {
    attributes.nesterov = nesterov;
    for (const auto& [op, moments] :
         {std::pair(OpKind::Sgd, 0), {OpKind::Momentum, 1}, {OpKind::Adam, 2}, {OpKind::Adagrad, 1}}) {
      SCOPED_TRACE(to_string(op));
      OneNode one(5);
      const Shape shape{9, 7, 3, 3};
      std::vector<TensorId> inputs{one.input(shape), one.input(shape)};
      for (int i = 0; i < moments; ++i) inputs.push_back(one.input(shape, 0.1, 1));
      one.node(op, inputs, std::vector<Shape>(static_cast<std::size_t>(moments) + 1, shape), attributes);
      one.check();
    }
  }
}

}  // namespace
}  // namespace systole::test
