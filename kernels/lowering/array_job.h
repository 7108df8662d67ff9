#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

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
};

/// A second matrix that is computed by the network.
struct MatrixOperand : StridedOperand {
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

/// A dimension of the output in the job's order (outer.., image, row, column, channel): `step` times dimension `dim` of
/// the node's output; dim -1: extent 1.
struct OutputDim {
  int dim = -1;
  std::int64_t step = 1;
};

struct ArrayJob {
  NodeId node{};
  ArrayProblem problem;
  bool may_pack = false;
  std::vector<std::int64_t> outer;
  IfmapOperand ifmap;
  std::variant<ConstantWeights, MatrixOperand> weights;
  std::optional<BiasOperand> bias;
  std::vector<OutputDim> output;
};

/// The ways to compute a node of is_conv_or_gemm: at least one, the plain one first. The results are the same, the
/// times are not.
std::vector<ArrayJob> conv_jobs(const Node& node, LoweringContext& context);
std::vector<ArrayJob> gemm_jobs(const Node& node, LoweringContext& context);
std::vector<ArrayJob> matmul_jobs(const Node& node, LoweringContext& context);
std::vector<ArrayJob> array_jobs(const Node& node, LoweringContext& context);

}  // namespace systole
