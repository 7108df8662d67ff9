#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <ostream>
#include <string>

#include "kernels/graph/passes/fold_affine.h"
#include "kernels/onnx/import.h"

namespace systole {
namespace {

std::int64_t count(const Graph& graph, OpKind op) {
  return std::count_if(graph.nodes.begin(), graph.nodes.end(), [&](const Node& node) { return node.op == op; });
}

/// Elements of everything that training would change.
std::int64_t parameters(const Graph& graph) {
  std::int64_t total = 0;
  for (const Node& node : graph.nodes) {
    const std::size_t last = node.op == OpKind::BatchNormalization ? 3 : node.inputs.size();
    for (std::size_t i = 1; i < last; ++i) {
      if (graph.tensor(node.inputs[i]).constant) total += element_count(graph.shape(node.inputs[i]));
    }
  }
  return total;
}

struct Network {
  const char* path;
  std::int64_t macs;
  std::int64_t parameters;
};

void PrintTo(const Network& network, std::ostream* out) {
  *out << network.path;
}

class Networks : public testing::TestWithParam<Network> {
 protected:
  static std::string path() { return std::string(SYSTOLE_SOURCE_DIR) + "/" + GetParam().path; }
};

TEST_P(Networks, have_the_published_numbers_of_multiplications_and_parameters) {
  const Graph graph = import_onnx(path());
  EXPECT_EQ(graph.macs().count(), GetParam().macs);
  EXPECT_EQ(parameters(graph), GetParam().parameters);
}

TEST_P(Networks, scale_with_the_batch) {
  ImportOptions options;
  options.batch = 8;
  const Graph graph = import_onnx(path(), options);
  EXPECT_EQ(graph.macs().count(), 8 * GetParam().macs);
  EXPECT_EQ(graph.shape(graph.outputs[0])[0], 8);
}

TEST_P(Networks, stay_valid_when_folded_and_keep_no_batch_normalization_after_a_convolution) {
  Graph graph = import_onnx(path());
  fold_bias(graph);
  fold_batch_norm(graph);
  graph.validate();
  EXPECT_EQ(graph.macs().count(), GetParam().macs);
  for (const Node& node : graph.nodes) {
    if (node.op != OpKind::BatchNormalization) continue;
    const auto producer = graph.producer(node.inputs[0]);
    EXPECT_TRUE(!producer || graph.node(*producer).op != OpKind::Conv || graph.consumers(node.inputs[0]).size() > 1)
        << node.name;
  }
}

// Parameters: the counts that torchvision documents for its models. The ONNX project's networks: the Caffe originals.
INSTANTIATE_TEST_SUITE_P(All, Networks,
                         testing::Values(Network{"configs/networks/alexnet.onnx", 714188480, 61100840},
                                         Network{"configs/networks/densenet121.onnx", 2834161664, 7978856},
                                         Network{"configs/networks/googlenet.onnx", 1498376192, 6624904},
                                         Network{"configs/networks/lenet5.onnx", 416520, 61706},
                                         Network{"configs/networks/mobilenet_v2.onnx", 300774272, 3504872},
                                         Network{"configs/networks/resnet18.onnx", 1814073344, 11689512},
                                         Network{"configs/networks/resnet50.onnx", 4089184256, 25557032},
                                         Network{"configs/networks/shufflenet_v2.onnx", 144907992, 2278604},
                                         Network{"configs/networks/squeezenet.onnx", 349151936, 1235496},
                                         Network{"configs/networks/vgg16.onnx", 15470264320, 138357544},
                                         Network{"test/kernels/onnx/data/light_bvlc_alexnet.onnx", 654560384, 60965224},
                                         Network{"test/kernels/onnx/data/light_resnet50.onnx", 4089184256, 25557032},
                                         Network{"test/kernels/onnx/data/light_squeezenet.onnx", 349151936, 1235496},
                                         Network{"test/kernels/onnx/data/light_vgg19.onnx", 19632062464, 143667240}));

TEST(ResNet50, of_both_sources_is_the_same_convolutions) {
  const Graph ours = import_onnx(std::string(SYSTOLE_SOURCE_DIR) + "/configs/networks/resnet50.onnx");
  const Graph theirs = import_onnx(std::string(SYSTOLE_SOURCE_DIR) + "/test/kernels/onnx/data/light_resnet50.onnx");
  EXPECT_EQ(count(ours, OpKind::Conv), 53);
  EXPECT_EQ(count(theirs, OpKind::Conv), 53);
  const auto macs_of_each = [](const Graph& graph) {
    std::vector<std::int64_t> all;
    for (const Node& node : graph.nodes) {
      if (is_conv_or_gemm(node.op)) all.push_back(graph.macs(node).count());
    }
    std::sort(all.begin(), all.end());  // a block's shortcut may come first or last
    return all;
  };
  EXPECT_EQ(macs_of_each(ours), macs_of_each(theirs));
}

}  // namespace
}  // namespace systole
