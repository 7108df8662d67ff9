#include <gmock/gmock.h>

#include <fstream>

#include "test/cli/program_run.h"
#include "test/kernels/onnx/model_builder.h"

namespace systole {
namespace {

using testing::HasSubstr;

const std::string kMachine = " --hw inference_16x16";

class CheckOption : public ProgramTest {};

TEST_F(CheckOption, ComparesTheOutputsWithTheReference) {
  const Ended ended = systole("run lenet5 --check --random-weights 7" + kMachine);
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("check: classifier.2.out: 10 elements, largest difference "));
}

TEST_F(CheckOption, LeavesTheResultsAsTheyAre) {
  ASSERT_EQ(systole("run lenet5 --quiet --out with --check --random-weights 7" + kMachine).code, 0);
  ASSERT_EQ(systole("run lenet5 --quiet --out without" + kMachine).code, 0);
  EXPECT_EQ(text_of("with/summary.json"), text_of("without/summary.json"));
  EXPECT_EQ(text_of("with/layers.csv"), text_of("without/layers.csv"));
}

TEST_F(CheckOption, OffersRandomWeightsToAModelWithoutWeights) {
  const Ended ended = systole("run lenet5 --check" + kMachine);
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr("--check needs weights"));
  EXPECT_THAT(ended.err, HasSubstr("--random-weights SEED"));
}

TEST_F(CheckOption, WritesWhatItFound) {
  ASSERT_EQ(systole("run lenet5 --quiet --out with --check --random-weights 7" + kMachine).code, 0);
  EXPECT_THAT(text_of("with/check.json"), HasSubstr("\"numbers\": \"single_precision\""));
  EXPECT_THAT(text_of("with/check.json"), HasSubstr("\"wrapped_sums\": []"));
}

/// A QLinearConv whose bias is so large that sums wrap.
std::string quantised_network() {
  test::Model model;
  const auto integers = [&](const char* name, const test::Ints& shape, int type, const test::Ints& values) {
    onnx::TensorProto& tensor = *model.proto().mutable_graph()->add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(type);
    for (const std::int64_t extent : shape) tensor.add_dims(extent);
    for (const std::int64_t value : values) tensor.add_int32_data(static_cast<std::int32_t>(value));
  };
  constexpr std::int64_t kMost = 2147483647;
  integers("w", {2, 1, 1, 1}, onnx::TensorProto::INT8, {100, -3});
  integers("w_zero", {}, onnx::TensorProto::INT8, {0});
  integers("x_zero", {}, onnx::TensorProto::INT8, {0});
  integers("y_zero", {}, onnx::TensorProto::UINT8, {100});
  integers("b", {2}, onnx::TensorProto::INT32, {kMost, 0});
  model.input("x", {1, 1, 4, 4}, onnx::TensorProto::INT8).floats("scale", {}, {0.25F}).output("y");
  model.node("QLinearConv", {"x", "scale", "x_zero", "w", "scale", "w_zero", "scale", "y_zero", "b"}, {"y"}, {},
             "wraps");
  return model.bytes();
}

TEST_F(CheckOption, QuantisedNetworksMustBeEqualAndCountSumsThatWrap) {
  std::ofstream(place / "quantised.onnx", std::ios::binary) << quantised_network();
  const Ended ended = systole("run quantised.onnx --out q --check" + kMachine);
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("check: values are the machine's integers"));
  EXPECT_THAT(ended.out, HasSubstr("check: y: 32 elements, all equal"));
  EXPECT_THAT(ended.out, HasSubstr("check: layer 'wraps/sums': "));
  EXPECT_THAT(text_of("q/check.json"), HasSubstr("\"layer\": \"wraps/sums\""));
}

TEST_F(CheckOption, QuantisedNetworksNeedEightBits) {
  std::ofstream(place / "quantised.onnx", std::ios::binary) << quantised_network();
  const Ended ended = systole("run quantised.onnx --set systolic_array.activation_bits=4" + kMachine);
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr("'wraps/sums' has 8-bit operands, and inference_16x16 has activations of 4 bits"));
}

TEST_F(CheckOption, SaysWhenItsCompanionsStandAlone) {
  const Ended ended = systole("run lenet5 --random-weights 7");
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr("add --check"));
}

TEST_F(CheckOption, NamesAMissingInputFile) {
  const Ended ended = systole("run lenet5 --check --random-weights 1 --inputs nowhere" + kMachine);
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, HasSubstr("nowhere/input_0.pb"));
}

}  // namespace
}  // namespace systole
