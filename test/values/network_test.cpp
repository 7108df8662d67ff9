#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "kernels/onnx/import.h"
#include "test/values/machine_run.h"

// Whole networks: with random weights against the reference evaluator, and public ones against their published
// outputs. Timing is the same whether values ride along or not.
namespace systole::test {
namespace {

Graph network(const std::string& name) {
  Graph graph = import_onnx(std::string(SYSTOLE_SOURCE_DIR) + "/configs/networks/" + name + ".onnx");
  EXPECT_GT(randomise_weights(graph, 1), 0);
  return graph;
}

/// Errors grow with the largest output, which sets the scale of a network's sums.
void expect_like_the_reference(const Graph& graph, const std::string& hardware) {
  const NamedElements inputs = random_inputs(graph, 2);
  const NamedElements expected = evaluate(graph, inputs);
  const MachineRun run = run_on_machine(graph, load(hardware), inputs);
  ASSERT_FALSE(run.outputs.empty());
  for (const auto& [name, elements] : run.outputs) {
    EXPECT_EQ(difference(elements, expected.at(name), 1e-4), "") << name << " on " << hardware;
  }
}

TEST(Networks, lenet5_on_every_machine) {
  const Graph graph = network("lenet5");
  for (const char* const hardware : {"tiny_4x4", "tiny_8x4", "inference_16x16"}) {
    expect_like_the_reference(graph, hardware);
  }
}

class Network : public testing::TestWithParam<const char*> {};
TEST_P(Network, computes_what_the_reference_does) {
  expect_like_the_reference(network(GetParam()), "inference_64x64");
}
INSTANTIATE_TEST_SUITE_P(Shipped, Network,
                         testing::Values("squeezenet", "mobilenet_v2", "shufflenet_v2", "googlenet", "resnet18",
                                         "resnet50", "densenet121", "alexnet"));

class Timing : public testing::TestWithParam<std::pair<const char*, const char*>> {};
TEST_P(Timing, is_the_same_with_and_without_values) {
  const Graph graph = network(GetParam().first);
  const config::Machine machine = load(GetParam().second, "fixed32");
  const MachineRun with = run_on_machine(graph, machine, random_inputs(graph, 3));
  const RunCounters without = count_without_values(graph, machine);
  EXPECT_EQ(with.counters.cycles, without.cycles);
  EXPECT_EQ(with.counters.bursts, without.bursts);
  for (std::size_t u = 0; u < kUnits; ++u) EXPECT_EQ(with.counters.units[u].busy, without.units[u].busy);
  ASSERT_EQ(with.counters.blocks.size(), without.blocks.size());
  for (std::size_t b = 0; b < without.blocks.size(); ++b) {
    EXPECT_EQ(with.counters.blocks[b].end, without.blocks[b].end) << "block " << b;
  }
}
INSTANTIATE_TEST_SUITE_P(Networks, Timing,
                         testing::Values(std::pair("lenet5", "tiny_4x4"), std::pair("lenet5", "inference_16x16"),
                                         std::pair("squeezenet", "inference_32x32"),
                                         std::pair("mobilenet_v2", "inference_64x64"),
                                         std::pair("resnet18", "inference_64x64")));

/// The networks of ONNX's own test data whose weights are constant fills.
void expect_published(const std::string& name) {
  const char* const data = std::getenv("SYSTOLE_REFERENCE_DATA");
  const std::filesystem::path folder = std::filesystem::path(data == nullptr ? "" : data) / "onnx";
  if (data == nullptr || !std::filesystem::exists(folder / (name + ".onnx"))) GTEST_SKIP() << "no reference data";
  const Graph graph = import_onnx((folder / (name + ".onnx")).string());
  NamedElements inputs;
  for (const TensorId id : graph.inputs) {
    const std::int64_t count = element_count(graph.shape(id));
    Elements& ramp = inputs[graph.tensor(id).name];
    for (std::int64_t i = 0; i < count; ++i) ramp.push_back(static_cast<float>(i) / static_cast<float>(count));
  }
  const Tensor published = read_tensor((folder / (name + "_output_0.pb")).string());
  const MachineRun run = run_on_machine(graph, load("inference_64x64"), inputs);
  const std::vector<float> values = as_floats(published.values, element_count(published.shape)).value();
  const Elements expected(values.begin(), values.end());
  EXPECT_EQ(difference(run.outputs.begin()->second, expected, 1e-3), "");
}

TEST(Published, squeezenet) {
  expect_published("light_squeezenet");
}
TEST(Published, alexnet) {
  expect_published("light_bvlc_alexnet");
}
TEST(Published, resnet50) {
  expect_published("light_resnet50");
}
TEST(Published, vgg19) {
  expect_published("light_vgg19");
}

}  // namespace
}  // namespace systole::test
