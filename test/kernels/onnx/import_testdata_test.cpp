#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "kernels/onnx/operators.h"
#include "test/kernels/onnx/model_builder.h"

// ONNX's own single-operator models (Debian package libonnx-testdata): every one whose operators are in our table
// imports, except for the limits that the table states.
namespace systole {
namespace {

const std::filesystem::path kModels = "/usr/share/libonnx-testdata/data/node";

/// Beginnings of the names of models that ask for more than the table promises.
const std::vector<std::string> kBeyondTheTable = {
    "test_batchnorm_epsilon_training_mode",
    "test_batchnorm_example_training_mode",  // statistics of training
    "test_averagepool_3d",
    "test_maxpool_3d",           // three dimensions
    "test_maxpool_with_argmax",  // indices
    "test_cast_",
    "test_castlike_",
    "test_gather_",  // on data
    "test_constant",
    "test_shape",
    "test_identity_opt",
    "test_identity_sequence",  // nothing to run, or no tensors
    "test_dropout_default_mask",
    "test_training_dropout",  // the mask
    "test_reshape_allowzero",
    "test_split_zero_size",
    "test_slice_start_out_of",  // empty tensors
};

bool is_beyond_the_table(const std::string& name) {
  if (name == "test_constant_pad") return false;
  return std::any_of(kBeyondTheTable.begin(), kBeyondTheTable.end(),
                     [&](const std::string& prefix) { return name.rfind(prefix, 0) == 0; });
}

bool is_in_our_table(const onnx::ModelProto& model) {
  const auto& nodes = model.graph().node();
  const auto& imports = model.opset_import();
  return std::all_of(imports.begin(), imports.end(),
                     [](const auto& i) {
                       return i.domain().empty() && i.version() >= kFirstOpset && i.version() <= kLastOpset;
                     }) &&
         std::all_of(nodes.begin(), nodes.end(),
                     [](const auto& node) { return find_operator(node.op_type()) != nullptr; });
}

/// Everything but the first input, with the values of the first data set: these models pass axes and limits as graph
/// inputs.
ImportOptions constants_of(const std::filesystem::path& folder, const onnx::ModelProto& model) {
  ImportOptions options;
  for (int i = 1; i < model.graph().input_size(); ++i) {
    const auto path = folder / "test_data_set_0" / ("input_" + std::to_string(i) + ".pb");
    if (std::filesystem::exists(path)) options.constants[model.graph().input(i).name()] = read_tensor(path.string());
  }
  return options;
}

TEST(TestData, every_model_of_our_operators_imports) {
  if (!std::filesystem::exists(kModels)) GTEST_SKIP() << "package libonnx-testdata is not installed";
  int imported = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kModels)) {
    const std::string name = entry.path().filename().string();
    onnx::ModelProto model;
    std::ifstream file(entry.path() / "model.onnx", std::ios::binary);
    if (!model.ParseFromIstream(&file) || !is_in_our_table(model) || is_beyond_the_table(name)) continue;
    try {
      static_cast<void>(import_onnx((entry.path() / "model.onnx").string(), constants_of(entry.path(), model)));
      ++imported;
    } catch (const std::exception& error) {
      ADD_FAILURE() << name << ": " << error.what();
    }
  }
  EXPECT_GE(imported, 190);
}

}  // namespace
}  // namespace systole
