#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "kernels/lowering/copy.h"
#include "kernels/lowering/lowering.h"
#include "kernels/tiling/array_problem.h"

/// One node as work of the systolic array: the problem that is tiled, and where its operands are. The tile loops run
/// over the job's dimensions in the order: repetitions (`outer`, groups or matrices of a batch), output channels,
/// reduction, kernel rows, kernel columns, images, output rows, output columns.
namespace systole {

/// A tensor that the array reads as it lies in memory. Strides in bits; 0 along an outer dimension that it repeats in.
struct StridedOperand {
  RegionId region{};
  std::int64_t offset = 0;  ///< bytes
  int bits = 8;
  std::vector<std::int64_t> outer;  ///< one for each outer dimension
};

struct IfmapOperand : StridedOperand {
  std::int64_t image = 0, row = 0, column = 0, channel = 0;
  isa::Fill fill = isa::Fill::zero;  ///< of the padding
  std::uint32_t fill_bits = 0;
};

/// Weights that are computed by the network, or trained. Strides may be negative: a flipped kernel.
struct StridedWeights : StridedOperand {
  std::int64_t kernel_row = 0, kernel_column = 0;
  std::int64_t row = 0, column = 0;  ///< along the reduction, along the output channels
};

/// Weights that are laid out for their reader: tile by tile, each in one piece. The counters say how the job's
/// dimensions run through the tensor; their bit strides are still open.
struct ConstantWeights {
  TensorId tensor{};
  std::vector<Packing::Axis> axes;
  std::vector<Packing::Counter> outer;  ///< one for each outer dimension; of count 1 where the weights repeat
  std::vector<Packing::Counter> rows;   ///< the reduction of one kernel position, outermost first
  Packing::Counter kernel_row;
  Packing::Counter kernel_column;
  std::vector<Packing::Counter> columns;  ///< output channels; more than one only when a tile has all of them
  std::optional<std::array<int, 2>> equal;
  double scale = 1.0;
};

/// One value an output channel.
struct BiasOperand : StridedOperand {};

/// A dimension of the output in the job's order (outer.., image, row, column, channel): index i is index
/// `start + step*i` of dimension `dim` of the node's output; dim -1: extent 1.
struct OutputDim {
  int dim = -1;
  std::int64_t step = 1;
  std::int64_t start = 0;
  std::int64_t kept = 0;  ///< how many are stored, where the job computes more; 0: all
};

struct ArrayJob {
  NodeId node{};
  ArrayProblem problem;
  bool may_pack = false;
  std::vector<std::int64_t> outer;
  IfmapOperand ifmap;
  std::variant<ConstantWeights, StridedWeights> weights;
  std::optional<BiasOperand> bias;
  std::vector<OutputDim> output;
};

/// Fills what the problem says of widths and of operands that lie transposed; `result` is where the output goes.
void describe_operands(ArrayJob& job, const Layout& result, const Machine& machine);
/// Do the rows of one kernel column's weights follow those of the column before, so that both may share the array's
/// rows?
bool columns_follow(const ArrayJob& job);

/// One way to compute a node: data that are moved first, then a block for each job.
struct ArrayWay {
  std::vector<Copy> copies;
  std::vector<ArrayJob> jobs;  ///< at least one
  std::string name = "";       ///< for people, where the ways have names
};

/// The ways to compute a node of is_conv_or_gemm: at least one, the plain one first. The results are the same, the
/// times are not.
std::vector<ArrayWay> conv_ways(const Node& node, LoweringContext& context);
std::vector<ArrayWay> gemm_ways(const Node& node, LoweringContext& context);
std::vector<ArrayWay> matmul_ways(const Node& node, LoweringContext& context);
std::vector<ArrayWay> conv_input_gradient_ways(const Node& node, LoweringContext& context);
std::vector<ArrayWay> conv_weight_gradient_ways(const Node& node, LoweringContext& context);
std::vector<ArrayWay> array_ways(const Node& node, LoweringContext& context);

}  // namespace systole
