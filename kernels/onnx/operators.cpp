#include "kernels/onnx/operators.h"

#include <algorithm>

#include "kernels/onnx/converters.h"
#include "kernels/onnx/fold.h"

namespace systole {
namespace {

using namespace convert;

constexpr const char* kConstant = "a constant";

// name, since, becomes, doc, convert, fold, folds_from_shapes
const std::vector<Operator> kOperators = {
    {"Adagrad", 1, "Adagrad", "optimizer; any number of tensors", optimizer<OpKind::Adagrad>, nullptr, false,
     kTrainingDomain},
    {"Adam", 1, "Adam", "optimizer; any number of tensors", optimizer<OpKind::Adam>, nullptr, false, kTrainingDomain},
    {"Add", 7, "Add", "broadcasts", binary<OpKind::Add>, fold::add, false},
    {"AveragePool", 7, "AveragePool", "one or two dimensions; auto_pad, ceil_mode, count_include_pad", average_pool,
     nullptr, false},
    {"BatchNormalization", 7, "BatchNormalization", "constant parameters; training_mode", batch_normalization, nullptr,
     false},
    {"Cast", 7, kConstant, "of constants only", nullptr, fold::cast, false},
    {"Clip", 7, "Clip", "constant limits", clip, nullptr, false},
    {"Concat", 7, "Concat", "any axis", concat, fold::concat, false},
    {"Constant", 7, kConstant, "a tensor or numbers", nullptr, fold::constant, false},
    {"ConstantOfShape", 9, kConstant, "of a constant shape; never written out", nullptr, fold::constant_of_shape,
     false},
    {"Conv", 7, "Conv", "one or two dimensions; groups, dilations, asymmetric pads, auto_pad; constant weight", conv,
     nullptr, false},
    {"ConvInteger", 10, "Conv", "as Conv; constant weight and zero points", conv_integer, nullptr, false},
    {"DequantizeLinear", 10, "Sub and Mul", "constant scale and zero point, for all or along an axis",
     convert::dequantize_linear, fold::dequantize_linear, false},
    {"Div", 7, "Div", "broadcasts", binary<OpKind::Div>, fold::div, false},
    {"Dropout", 7, "Reshape", "a copy, as in inference; no mask", dropout, fold::copy, false},
    {"Elu", 7, "Elu", "", elu, nullptr, false},
    {"Erf", 9, "Erf", "", unary<OpKind::Erf>, nullptr, false},
    {"Exp", 7, "Exp", "", unary<OpKind::Exp>, fold::exp, false},
    {"Flatten", 7, "Reshape", "", reshape, fold::copy, false},
    {"Gather", 7, kConstant, "of constants only", nullptr, fold::gather, false},
    {"Gemm", 7, "Gemm", "alpha, beta, transA, transB", gemm, nullptr, false},
    {"GlobalAveragePool", 7, "AveragePool", "one or two dimensions", global_average_pool, nullptr, false},
    {"GlobalMaxPool", 7, "MaxPool", "one or two dimensions", global_max_pool, nullptr, false},
    {"HardSigmoid", 7, "HardSigmoid", "", hard_sigmoid, nullptr, false},
    {"HardSwish", 14, "HardSwish", "", unary<OpKind::HardSwish>, nullptr, false},
    {"Identity", 7, "Reshape", "a copy", reshape, fold::copy, false},
    {"LRN", 7, "LRN", "across channels", lrn, nullptr, false},
    {"LeakyRelu", 7, "LeakyRelu", "", leaky_relu, nullptr, false},
    {"LogSoftmax", 7, "LogSoftmax", "below opset 13 over the flattened axes", softmax<OpKind::LogSoftmax>, nullptr,
     false},
    {"MatMul", 7, "MatMul", "two dimensions or more, leading ones broadcast", mat_mul, nullptr, false},
    {"MatMulInteger", 10, "MatMul", "constant second operand and zero points; one zero point of the first operand",
     mat_mul_integer, nullptr, false},
    {"Max", 7, "Max", "broadcasts, any number of inputs", variadic<OpKind::Max>, nullptr, false},
    {"MaxPool", 7, "MaxPool", "one or two dimensions; auto_pad, ceil_mode, dilations; no indices", max_pool, nullptr,
     false},
    {"Min", 7, "Min", "broadcasts, any number of inputs", variadic<OpKind::Min>, nullptr, false},
    {"Momentum", 1, "Momentum", "optimizer; standard and nesterov; any number of tensors", optimizer<OpKind::Momentum>,
     nullptr, false, kTrainingDomain},
    {"Mul", 7, "Mul", "broadcasts", binary<OpKind::Mul>, fold::mul, false},
    {"NegativeLogLikelihoodLoss", 12, "Equal, Mul, ReduceSum ..", "weights constant; ignore_index; reductions",
     negative_log_likelihood_loss, nullptr, false},
    {"PRelu", 7, "PRelu", "slope broadcasts", binary<OpKind::PRelu>, nullptr, false},
    {"Pad", 7, "Pad", "constant, reflect, edge; constant pads, negative ones remove", pad, nullptr, false},
    {"Pow", 7, "Pow", "broadcasts", binary<OpKind::Pow>, nullptr, false},
    {"QLinearConv", 10, "Conv and Requantize", "as Conv; constant weight, scales and zero points", qlinear_conv,
     nullptr, false},
    {"QLinearMatMul", 10, "MatMul and Requantize",
     "constant second operand, scales and zero points; one scale of the first operand and of the result",
     qlinear_mat_mul, nullptr, false},
    {"QuantizeLinear", 10, "Div, Requantize", "constant scale and zero point, for all or along an axis",
     quantize_linear, nullptr, false},
    {"ReduceMax", 7, "ReduceMax", "constant axes", reduce<OpKind::ReduceMax>, nullptr, false},
    {"ReduceMean", 7, "ReduceMean", "constant axes", reduce<OpKind::ReduceMean>, nullptr, false},
    {"ReduceSum", 7, "ReduceSum", "constant axes", reduce<OpKind::ReduceSum>, nullptr, false},
    {"Relu", 7, "Relu", "", unary<OpKind::Relu>, nullptr, false},
    {"Reshape", 7, "Reshape", "constant shape", reshape, fold::copy, false},
    {"Shape", 7, kConstant, "shapes are known at import", nullptr, fold::shape, true},
    {"Sigmoid", 7, "Sigmoid", "", unary<OpKind::Sigmoid>, nullptr, false},
    {"Slice", 7, "Slice", "constant starts, ends, axes, steps", slice, fold::slice, false},
    {"Softmax", 7, "Softmax", "below opset 13 over the flattened axes", softmax<OpKind::Softmax>, nullptr, false},
    {"SoftmaxCrossEntropyLoss", 12, "LogSoftmax, Equal ..", "weights constant; ignore_index; reductions",
     softmax_cross_entropy_loss, nullptr, false},
    {"Split", 7, "Split", "constant sizes", split, nullptr, false},
    {"Sqrt", 7, "Sqrt", "", unary<OpKind::Sqrt>, fold::sqrt, false},
    {"Squeeze", 7, "Reshape", "constant axes", reshape, fold::copy, false},
    {"Sub", 7, "Sub", "broadcasts", binary<OpKind::Sub>, fold::sub, false},
    {"Sum", 7, "Add or Sum", "broadcasts, any number of inputs; two are Add", sum, nullptr, false},
    {"Tanh", 7, "Tanh", "", unary<OpKind::Tanh>, nullptr, false},
    {"Transpose", 7, "Transpose", "", transpose, fold::transpose, false},
    {"Unsqueeze", 7, "Reshape", "constant axes", reshape, fold::copy, false},
};

}  // namespace

const std::vector<Operator>& operators() {
  return kOperators;
}

const Operator* find_operator(const std::string& name, const std::string& domain) {
  const auto found = std::find_if(kOperators.begin(), kOperators.end(),
                                  [&](const Operator& o) { return o.name == name && o.domain == domain; });
  return found == kOperators.end() ? nullptr : &*found;
}

}  // namespace systole
