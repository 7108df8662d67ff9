#include "kernels/onnx/operators.h"

#include <gtest/gtest.h>
#include <onnx/defs/schema.h>

#include <algorithm>
#include <set>
#include <string>

namespace systole {
namespace {

TEST(Operators, are_in_alphabetical_order_and_each_is_there_once) {
  const auto& all = operators();
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end(),
                             [](const Operator& a, const Operator& b) { return std::string(a.name) < b.name; }));
  std::set<std::string> names;
  for (const Operator& op : all) EXPECT_TRUE(names.insert(op.name).second) << op.name;
}

TEST(Operators, begin_with_the_opset_that_libonnx_says) {
  for (const Operator& op : operators()) {
    const auto* latest = onnx::OpSchemaRegistry::Schema(op.name, kLastOpset, op.domain);
    ASSERT_NE(latest, nullptr) << op.name;
    EXPECT_NE(onnx::OpSchemaRegistry::Schema(op.name, op.since, op.domain), nullptr) << op.name;
    if (op.since > kFirstOpset) {
      EXPECT_EQ(onnx::OpSchemaRegistry::Schema(op.name, op.since - 1, ""), nullptr) << op.name;
    }
  }
}

TEST(Operators, are_converted_or_folded) {
  for (const Operator& op : operators()) {
    EXPECT_TRUE(op.convert != nullptr || op.fold != nullptr) << op.name;
    EXPECT_EQ(op.convert == nullptr, std::string(op.becomes) == "a constant") << op.name;
    EXPECT_TRUE(find_operator(op.name, op.domain) == &op);
  }
  EXPECT_EQ(find_operator("Cosh"), nullptr);
}

TEST(Operators, are_those_that_the_manual_promises) {
  for (const char* name : {"Conv",
                           "Gemm",
                           "MatMul",
                           "BatchNormalization",
                           "MaxPool",
                           "AveragePool",
                           "GlobalAveragePool",
                           "GlobalMaxPool",
                           "LRN",
                           "Relu",
                           "LeakyRelu",
                           "PRelu",
                           "Clip",
                           "Sigmoid",
                           "Tanh",
                           "HardSigmoid",
                           "HardSwish",
                           "Elu",
                           "Softmax",
                           "LogSoftmax",
                           "Add",
                           "Sub",
                           "Mul",
                           "Div",
                           "Sum",
                           "Max",
                           "Min",
                           "Sqrt",
                           "Exp",
                           "Erf",
                           "Pow",
                           "ReduceMean",
                           "ReduceSum",
                           "ReduceMax",
                           "Concat",
                           "Split",
                           "Slice",
                           "Pad",
                           "Transpose",
                           "Reshape",
                           "Flatten",
                           "Squeeze",
                           "Unsqueeze",
                           "Identity",
                           "Dropout",
                           "Constant",
                           "ConstantOfShape",
                           "Shape",
                           "Gather"}) {
    EXPECT_NE(find_operator(name), nullptr) << name;
  }
}

}  // namespace
}  // namespace systole
