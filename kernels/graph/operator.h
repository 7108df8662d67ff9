#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <variant>
#include <vector>

namespace systole {

/// What a node computes, after import has removed the differences between ONNX opsets. The comment gives inputs
/// in order, `[x]` optional; activations are NCHW; "vector of C" is a constant of shape {C}.
enum class OpKind {
  // systolic array
  Conv,    ///< x {N,C,H,W}, w {M,C/groups,KH,KW}, [bias vector of M] -> {N,M,OH,OW}; ConvAttributes
  Gemm,    ///< a, b, [c broadcast to {M,N}] -> alpha*op(a)*op(b) + beta*c, all 2-D; GemmAttributes
  MatMul,  ///< a {..,M,K}, b {..,K,N}, [bias vector of N] -> {..,M,N}; leading dimensions broadcast; MatMulAttributes
  // per-channel affine, windows
  BatchNormalization,  ///< x, scale, bias, mean, variance (vectors of C) -> shape of x; BatchNormAttributes
  /// x {N,C,H,W} -> y, [index]; PoolAttributes; padding never wins. `index` has y's shape and says where in its window
  /// the first largest element is: kernel row * kernel width + kernel column.
  MaxPool,
  AveragePool,  ///< x {N,C,H,W}; PoolAttributes
  Lrn,          ///< x {N,C,..}, across channels; LrnAttributes
  // element-wise, one input
  Relu,
  LeakyRelu,  ///< AlphaBeta.alpha
  Clip,       ///< ClipAttributes
  Sigmoid,
  Tanh,
  HardSigmoid,  ///< max(0, min(1, alpha*x + beta)); AlphaBeta
  HardSwish,    ///< x * max(0, min(1, x/6 + 1/2))
  Elu,          ///< AlphaBeta.alpha
  Sqrt,
  Exp,
  Erf,
  // element-wise, numpy broadcasting of the input shapes to the output's
  PRelu,  ///< x, slope
  Equal,  ///< a, b -> 1 where they are equal, else 0
  Add,
  Sub,
  Mul,
  Div,
  Pow,
  Sum,         ///< three inputs or more (two are Add)
  Max,         ///< two inputs or more
  Min,         ///< two inputs or more
  Requantize,  ///< x, scale, [shift]: x*scale/2^shift rounded to the nearest integer, half to even;
               ///< RequantizeAttributes
  // along axes
  Softmax,     ///< SoftmaxAttributes
  LogSoftmax,  ///< SoftmaxAttributes
  ReduceMean,  ///< ReduceAttributes
  ReduceSum,   ///< ReduceAttributes
  ReduceMax,   ///< ReduceAttributes
  // data movement
  Concat,     ///< one input or more; ConcatAttributes
  Split,      ///< one input, one output or more; SplitAttributes
  Slice,      ///< SliceAttributes
  Pad,        ///< PadAttributes
  Transpose,  ///< TransposeAttributes
  Expand,     ///< one input, broadcast by numpy's rule to the output's shape
  Reshape,    ///< same elements in the same order, the output's shape; also Flatten, Squeeze, Unsqueeze, Identity, and
              ///< Dropout, which has DropoutAttributes
  // Training. `dt` is the gradient of the loss by t, of t's shape; x and y are a forward node's input and output.
  // systolic array
  ConvInputGradient,   ///< dy, w -> dx; ConvAttributes of the convolution
  ConvWeightGradient,  ///< dy, x -> dw; ConvAttributes of the convolution
  // batch statistics, windows
  /// x, scale, bias, running mean, running variance -> y, new running mean, new running variance, mean, inverse
  /// deviation; BatchNormAttributes. The last two are the batch's, over all dimensions but C: inverse deviation =
  /// 1/sqrt(variance + epsilon); the variance divides by the number of elements.
  BatchNormTraining,
  BatchNormGradient,    ///< dy, x, scale, mean, inverse deviation -> dx, dscale, dbias
  MaxPoolGradient,      ///< dy, index -> dx; PoolAttributes of the pool
  AveragePoolGradient,  ///< dy -> dx; PoolAttributes of the pool
  LrnGradient,          ///< dy, x -> dx; LrnAttributes
  // element-wise; where the derivative jumps it is 0 for Relu, Clip and HardSigmoid, 1 for LeakyRelu, PRelu and Elu
  ReluGradient,         ///< dy, y -> dy where y > 0, else 0
  LeakyReluGradient,    ///< dy, x -> dy where x >= 0, else alpha*dy; AlphaBeta
  ClipGradient,         ///< dy, y -> dy where min < y < max, else 0; ClipAttributes
  SigmoidGradient,      ///< dy, y -> dy * y * (1 - y)
  TanhGradient,         ///< dy, y -> dy * (1 - y*y)
  HardSigmoidGradient,  ///< dy, y -> alpha*dy where 0 < y < 1, else 0; AlphaBeta
  HardSwishGradient,    ///< dy, x -> dy * (0 for x <= -3, 1 for x >= 3, else x/3 + 1/2)
  EluGradient,          ///< dy, x -> dy where x >= 0, else dy * alpha * exp(x); AlphaBeta
  PReluGradient,        ///< dy, x, slope (broadcasts) -> dy where x >= 0, else slope*dy
  // along axes; SoftmaxAttributes
  SoftmaxGradient,     ///< dy, y -> y * (dy - sum(dy*y))
  LogSoftmaxGradient,  ///< dy, y -> dy - exp(y) * sum(dy)
  // optimizers; OptimizerAttributes. g is dw + weight_decay*w; moments have w's shape. In a training graph results are
  // written over what they replace (Graph::states). Behind the operands below may stand one more, a scalar by which
  // `rate` is multiplied, and behind that for Momentum another one by which `beta` is.
  Sgd,       ///< w, dw -> w - rate*g
  Momentum,  ///< w, dw, v -> new w, new v = alpha*v + beta*g; new w = w - rate*(nesterov ? g + alpha*new v : new v)
  /// w, dw, v, h -> new w, new v = alpha*v + (1-alpha)*g, new h = beta*h + (1-beta)*g*g;
  /// new w = (1 - final_decay) * (w - rate * new v / (sqrt(new h) + epsilon))
  Adam,
  Adagrad,  ///< w, dw, h -> new w = w - rate*g/(sqrt(new h) + epsilon), new h = h + g*g
};

/// The name of a kind as in ONNX ("Conv", "LRN").
[[nodiscard]] const char* to_string(OpKind kind);
/// Does the systolic array compute it?
[[nodiscard]] bool is_conv_or_gemm(OpKind kind);
/// One input, each output element from the input element at the same place?
[[nodiscard]] bool is_unary_elementwise(OpKind kind);
/// Two inputs or more that broadcast to the output? Gradients of activations are among them.
[[nodiscard]] bool is_broadcasting_elementwise(OpKind kind);
[[nodiscard]] bool is_activation_gradient(OpKind kind);
/// Does it turn a gradient into new weights and moments, element by element?
[[nodiscard]] bool is_optimizer(OpKind kind);
/// Moments that an optimizer keeps for each weight.
[[nodiscard]] std::size_t moments_of(OpKind optimizer);

/// Height and width, in elements.
struct Extent2 {
  std::int64_t height = 1;
  std::int64_t width = 1;
};

/// Explicit zero rows and columns around an image; auto_pad and ceil_mode are already resolved into them.
struct Padding2 {
  std::int64_t top = 0;
  std::int64_t left = 0;
  std::int64_t bottom = 0;
  std::int64_t right = 0;
};

/// Output height = floor((H + top + bottom - (dilation*(kernel-1) + 1)) / stride) + 1; width likewise.
struct ConvAttributes {
  Extent2 kernel;
  Extent2 strides;
  Padding2 pads;
  Extent2 dilations;
  std::int64_t groups = 1;  ///< C and M are multiples; groups == C is depthwise
  double zero_point = 0.0;  ///< it convolves x - zero_point
  double pad_value = 0.0;   ///< of x in the padding
};

/// Same output formula as a convolution. No window lies wholly in padding.
struct PoolAttributes {
  Extent2 kernel;
  Extent2 strides;
  Padding2 pads;      ///< what ceil_mode adds is in bottom and right
  Extent2 dilations;  ///< 1 for AveragePool
  bool count_include_pad =
      false;            ///< AveragePool divides by: true: elements in `counted` padding too; false: real ones
  Padding2 counted;     ///< padding that count_include_pad counts: `pads` without what ceil_mode added
  bool global = false;  ///< was GlobalMaxPool or GlobalAveragePool
};

/// For MatMul; a node without attributes is one of zero point 0.
struct MatMulAttributes {
  double zero_point = 0.0;  ///< it multiplies a - zero_point
};

struct GemmAttributes {
  double alpha = 1.0;
  double beta = 1.0;
  bool transpose_a = false;
  bool transpose_b = false;
};

struct BatchNormAttributes {
  double epsilon = 1e-5;
  double momentum = 0.9;  ///< for training: running = running*momentum + batch*(1-momentum)
};

/// y = x / (bias + alpha/size * sum of squares over `size` channels around)^beta
struct LrnAttributes {
  std::int64_t size = 1;
  double alpha = 1e-4;
  double beta = 0.75;
  double bias = 1.0;
};

struct ClipAttributes {
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
};

/// zero_point is added to the rounded number, then the sum is limited to [low, high].
struct RequantizeAttributes {
  double zero_point = 0.0;
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
};

struct AlphaBeta {
  double alpha = 0.0;
  double beta = 0.0;
};

/// Normalises over the axes first .. last-1 together (several only in opsets below 13, which flatten).
struct SoftmaxAttributes {
  std::int64_t first_axis = 0;
  std::int64_t last_axis = 0;  ///< one past the end
};

struct ReduceAttributes {
  std::vector<std::int64_t> axes;  ///< ascending, not negative
  bool keep_dims = true;
};

struct ConcatAttributes {
  std::int64_t axis = 0;
};

struct SplitAttributes {
  std::int64_t axis = 0;  ///< sizes are those of the outputs
};

/// One start and step for every dimension; counts are those of the output's shape. Steps may be negative.
struct SliceAttributes {
  std::vector<std::int64_t> starts;
  std::vector<std::int64_t> steps;
};

enum class PadMode { Constant, Reflect, Edge };

struct PadAttributes {
  std::vector<std::int64_t> begin;  ///< one for every dimension; negative removes
  std::vector<std::int64_t> end;
  PadMode mode = PadMode::Constant;
  double value = 0.0;
};

struct TransposeAttributes {
  std::vector<std::int64_t> permutation;  ///< output dimension i is input dimension permutation[i]
};

/// What an optimizer does with a gradient; OpKind has the formulas. The figures are immediates of the program: a
/// schedule of learning rates is one program a rate, whose words differ in these alone.
struct OptimizerAttributes {
  double rate = 0.01;  ///< learning rate, with Adam's bias correction and Adagrad's decay where no operand brings them
  double weight_decay = 0.0;
  double alpha = 0.9;        ///< Momentum: share of the old moment; Adam: likewise of the first
  double beta = 1.0;         ///< Momentum: share of the gradient; Adam: share of the old second moment
  double epsilon = 1e-6;     ///< Adam, Adagrad
  double final_decay = 0.0;  ///< Adam
  bool nesterov = false;     ///< Momentum
};

/// Nothing in inference; training multiplies by a mask (kernels/training).
struct DropoutAttributes {
  double ratio = 0.5;  ///< share of the elements that become 0, in [0, 1)
};

struct NoAttributes {};

using Attributes = std::variant<NoAttributes, ConvAttributes, PoolAttributes, GemmAttributes, BatchNormAttributes,
                                LrnAttributes, ClipAttributes, AlphaBeta, SoftmaxAttributes, ReduceAttributes,
                                ConcatAttributes, SplitAttributes, SliceAttributes, PadAttributes, TransposeAttributes,
                                OptimizerAttributes, DropoutAttributes, MatMulAttributes, RequantizeAttributes>;

/// What a MatMul subtracts from its first operand.
[[nodiscard]] double zero_point_of(const Attributes& matmul);

}  // namespace systole
