#include "models/analytical/simdit/training.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "kernels/graph/passes/fold_affine.h"
#include "kernels/graph/passes/remove_dead.h"
#include "kernels/onnx/import.h"
#include "models/analytical/simdit/csv.h"
#include "models/analytical/simdit/network.h"
#include "test/models/analytical/simdit/golden.h"
#include "test/models/analytical/simdit/reference_data.h"

namespace systole::simdit {
namespace {

Program training_of(const std::string& file, std::int64_t batch) {
  ImportOptions options;
  options.batch = batch;
  Graph graph = import_onnx(std::string(SYSTOLE_SOURCE_DIR "/") + file, options);
  fold_bias(graph);
  remove_dead(graph);
  return training_program_of(graph);
}

/// How often each operator stands in the program.
std::map<std::string, int> census(const Program& program) {
  std::map<std::string, int> count;
  for (const Layer& layer : program.layers) ++count[layer.name];
  return count;
}

TEST(SimditTraining, every_layer_has_its_gradients_and_its_update) {
  const Program program = training_of("configs/networks/resnet50.onnx", 32);
  std::map<std::string, int> count = census(program);
  EXPECT_TRUE(program.unmodelled.empty());
  EXPECT_EQ(program.layers.size(), 1310U);
  EXPECT_EQ(count["conv"], 3 * 53);
  EXPECT_EQ(count["mean_var"], 53);
  EXPECT_EQ(count["batchnorm_grad_x_mu"], 53);
  EXPECT_EQ(count["sgd4d"], 53);
  EXPECT_EQ(count["sgd1d"], 2 * 53 + 1);
  EXPECT_EQ(count["relu_grad"], 49);
  EXPECT_EQ(count["elem_add"], 2 * 16);
  EXPECT_EQ(count["max_pool_grad"], 1);
}

TEST(SimditTraining, a_strided_convolutions_weight_gradient_is_larger_than_its_weights) {
  const Program program = training_of("configs/networks/resnet50.onnx", 32);
  bool seen = false;
  for (std::size_t i = 0; i < program.layers.size(); ++i) {
    const Layer& layer = program.layers[i];
    if (program.phases[i] != Phase::grad_weight || layer.kernel_height != 27 || layer.in_channels != 32) continue;
    seen = true;
    EXPECT_EQ(layer.out_height, layer.batch == layer.out_channels ? 4 : 2);
    EXPECT_EQ(layer.stride, 1);
  }
  EXPECT_TRUE(seen);
}

TEST(SimditTraining, what_it_has_no_gradient_for_is_listed) {
  const Program vgg = training_of("configs/networks/vgg16.onnx", 1);
  int biases = 0;
  for (const Unmodelled& node : vgg.unmodelled) biases += node.reason.find("bias") != std::string::npos ? 1 : 0;
  EXPECT_EQ(biases, 13);
}

/// Against the published tables; the graph is the published network's, file by file.
class SimditTrainingGolden : public testing::Test {
 protected:
  void SetUp() override {
    if (simdit_reference_folder().empty()) GTEST_SKIP() << "SYSTOLE_REFERENCE_DATA is not set";
  }

  void expect_same(const Program& program, const std::string& spec) {
    const std::vector<Layer> expected = read_training_program(simdit_reference_folder() + spec, 32);
    ASSERT_EQ(program.layers.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      SCOPED_TRACE("row " + std::to_string(i) + ", " + program.nodes[i]);
      const Layer& layer = program.layers[i];
      EXPECT_EQ(layer.name, expected[i].name);
      EXPECT_EQ(layer.operation, expected[i].operation);
      if (layer.operation == Operation::ignored) continue;
      EXPECT_EQ(layer.batch, expected[i].batch);
      EXPECT_EQ(layer.out_channels, expected[i].out_channels);
      EXPECT_EQ(layer.out_height, expected[i].out_height);
      EXPECT_EQ(layer.out_width, expected[i].out_width);
      if (on_array(layer.operation)) {
        EXPECT_EQ(layer.in_channels, expected[i].in_channels);
      }
    }
  }
};

TEST_F(SimditTrainingGolden, the_program_is_the_specification_row_by_row) {
  expect_same(training_of("test/kernels/onnx/data/light_resnet50.onnx", 32), "ResNet50_training_Spec_synthesized.json");
  expect_same(training_of("configs/networks/resnet18.onnx", 32), "ResNet18_training_Spec_synthesized.json");
}

double total(const std::vector<Cost>& costs) {
  double cycles = 0;
  for (const Cost& cost : costs) cycles += cost.cycles();
  return cycles;
}

TEST_F(SimditTrainingGolden, every_row_and_column_of_both_tables_from_the_graph) {
  const Program program = training_of("test/kernels/onnx/data/light_resnet50.onnx", 32);
  struct Design {
    const char* name;
    double cycles, share;
  };
  for (const Design& design : {Design{"01", 5124971181.00, 31.9}, Design{"08", 992490382.25, 59.5}}) {
    SCOPED_TRACE(design.name);
    const Machine machine =
        read_hardware(simdit_reference_folder() + "hardware/training_design" + design.name + ".json", true);
    const std::vector<Cost> costs = network_cost(program.layers, machine, false);
    const auto expected =
        read_table(simdit_reference_folder() + "layerwise_ResNet50_train_b32_design" + design.name + "_nofusion.csv");
    ASSERT_EQ(costs.size(), expected.size());
    double simd = 0;
    for (std::size_t i = 0; i < costs.size(); ++i) {
      const auto row = table_row(costs[i]);
      for (std::size_t column = 0; column < row.size(); ++column) {
        ASSERT_NEAR(row[column], expected[i][column], 1e-9 * std::max(1.0, std::abs(expected[i][column])))
            << "row " << i << ", column " << column;
      }
      simd += costs[i].simd_compute + costs[i].simd_stall;
    }
    EXPECT_NEAR(total(costs), design.cycles, 0.006);
    EXPECT_NEAR(100 * simd / total(costs), design.share, 0.05);
  }
}

TEST_F(SimditTrainingGolden, the_total_of_resnet18) {
  const Machine machine = read_hardware(simdit_reference_folder() + "hardware/training_design01.json", true);
  const Program program = training_of("configs/networks/resnet18.onnx", 32);
  EXPECT_NEAR(total(network_cost(program.layers, machine, false)), 1728106618.00, 0.006);
}

}  // namespace
}  // namespace systole::simdit
