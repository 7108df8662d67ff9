#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "kernels/compiler.h"
#include "kernels/plan/machine_config.h"
#include "kernels/training/training.h"
#include "models/cycle/configure.h"
#include "models/cycle/values/program_values.h"
#include "test/models/cycle/fresh_kernel.h"
#include "test/values/layers.h"
#include "test/values/machine_run.h"

// A small network trained for fifty iterations on the simulated machine, beside the reference in double precision.
namespace systole::test {
namespace {

constexpr int kIterations = 50;
constexpr std::int64_t kBatch = 6;
constexpr std::int64_t kClasses = 3;
constexpr std::int64_t kSide = 8;

/// Noisy images of a horizontal, a vertical or a diagonal bar, and which one it is.
struct Bars {
  std::mt19937 random;
  Elements images;
  Elements labels;

  explicit Bars(std::uint32_t seed) : random(seed) {}
  double unit() { return static_cast<double>(random() >> 8) * 0x1p-24; }

  void draw() {
    images.clear();
    labels.clear();
    for (std::int64_t n = 0; n < kBatch; ++n) {
      const std::int64_t label = n % kClasses;
      const auto place = static_cast<std::int64_t>(random() % kSide);
      for (std::int64_t row = 0; row < kSide; ++row) {
        for (std::int64_t column = 0; column < kSide; ++column) {
          const bool lit = label == 0 ? row == place : label == 1 ? column == place : (row + column) % kSide == place;
          images.push_back(static_cast<float>((lit ? 1.0 : 0.0) + 0.3 * unit()));
        }
      }
      labels.push_back(static_cast<double>(label));
    }
  }
};

Graph bar_network() {
  Layers net({kBatch, 1, kSide, kSide});
  net.normalised_conv(6, 3).then(OpKind::Relu).pool(OpKind::MaxPool, 2, 2).dense(kClasses);
  return net.network();
}

/// One program, run again and again: what an iteration leaves in the regions of states is what the next one finds.
class Trainer {
 public:
  explicit Trainer(const Training& training)
      : graph_(training.graph), machine_(load("tiny_8x4")), compiled_(compile_network(graph_, machine_of(machine_))) {
    add_constants(compiled_);
    memory_ = random_inputs(graph_, 1);  // states as at first; the rest is written anew for each iteration
  }

  /// Runs one iteration and returns its loss.
  double iterate(const Bars& data) {
    memory_["x"] = data.images;
    memory_["labels"] = data.labels;
    const std::unique_ptr<ProgramValues> values = make_program_values(compiled_.program);
    for (const isa::Tensor& input : compiled_.program.inputs()) values->write(input, memory_.at(input.name()));
    fresh_kernel();
    const std::unique_ptr<Memory> memory = make_memory(machine_.memory_description());
    SimulationOptions options;
    options.values = values.get();
    simulate(machine_parameters(machine_), *memory, load_program(compiled_.program), options);
    NamedElements outputs;
    for (const isa::Tensor& output : compiled_.program.outputs()) outputs[output.name()] = values->read(output);
    for (const State& state : graph_.states) {
      memory_[graph_.tensor(state.before).name] = outputs.at(graph_.tensor(state.after).name);
    }
    return outputs.at("loss/loss").front();
  }

  [[nodiscard]] const Elements& held(const std::string& state) const { return memory_.at(state); }

 private:
  const Graph& graph_;
  config::Machine machine_;
  Compilation compiled_;
  NamedElements memory_;
};

/// Share of images that the network in inference, with what training has made of its constants, tells apart.
double accuracy(Graph network, const std::map<std::string, Elements>& states) {
  for (Tensor& tensor : network.tensors) {
    if (!tensor.constant) continue;
    const auto weights = states.find(tensor.name);
    const Elements& values = weights != states.end() ? weights->second : states.at(tensor.name + "/before");
    tensor.values = std::vector<float>(values.begin(), values.end());
  }
  Bars test(99);
  int right = 0;
  constexpr int kBatches = 20;
  for (int i = 0; i < kBatches; ++i) {
    test.draw();
    const Elements scores = evaluate(network, {{"x", test.images}}).begin()->second;
    for (std::int64_t n = 0; n < kBatch; ++n) {
      const auto row = scores.begin() + n * kClasses;
      right += std::max_element(row, row + kClasses) - row == static_cast<std::int64_t>(test.labels[n]) ? 1 : 0;
    }
  }
  return right / static_cast<double>(kBatches * kBatch);
}

TEST(TrainingLoop, of_fifty_iterations_follows_the_reference_to_its_accuracy) {
  const Graph network = bar_network();
  TrainingOptions options;
  options.optimizer = OptimizerKind::Momentum;
  options.learning_rate = 0.05;
  const Training training = expand_training(network, options);
  Trainer machine(training);
  NamedElements reference = random_inputs(training.graph, 1);
  Bars data(5);
  double first = 0;
  double last = 0;
  for (int i = 0; i < kIterations; ++i) {
    data.draw();
    reference["x"] = data.images;
    reference["labels"] = data.labels;
    const NamedElements outputs = evaluate(training.graph, reference);
    for (const State& state : training.graph.states) {
      reference[training.graph.tensor(state.before).name] = outputs.at(training.graph.tensor(state.after).name);
    }
    last = machine.iterate(data);
    if (i == 0) first = last;
    ASSERT_NEAR(last, outputs.at("loss/loss").front(), 1e-3 * first) << "iteration " << i;
  }
  EXPECT_LT(last, 0.2 * first);
  std::map<std::string, Elements> on_machine;
  std::map<std::string, Elements> by_reference;
  for (const State& state : training.graph.states) {
    const std::string& before = training.graph.tensor(state.before).name;
    on_machine[before] = machine.held(before);
    by_reference[before] = reference.at(before);
  }
  EXPECT_GE(accuracy(network, by_reference), 0.9);
  EXPECT_EQ(accuracy(network, on_machine), accuracy(network, by_reference));
}

}  // namespace
}  // namespace systole::test
