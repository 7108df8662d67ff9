#include "kernels/lowering/array_job.h"

#include <algorithm>

namespace systole {

void describe_operands(ArrayJob& job, const Layout& result, const Machine& machine) {
  ArrayProblem& p = job.problem;
  p.ifmap_bits = job.ifmap.bits;
  p.ifmap_by_pixel = job.ifmap.channel != job.ifmap.bits;
  p.output_bits = result.element_bits;
  const OutputDim& channel = job.output.back();
  const std::int64_t distance =
      channel.dim < 0 ? 0 : channel.step * result.bit_strides.at(static_cast<std::size_t>(channel.dim));
  p.output_by_pixel = p.oc > 1 && distance != result.element_bits;
  p.weight_bits = machine.weight_bits;
  const auto* weights = std::get_if<StridedWeights>(&job.weights);
  if (weights == nullptr) return;
  p.weight_bits = weights->bits;
  p.weights_strided = true;
  p.weights_by_column = weights->column != weights->bits && p.oc > 1;
  if (!p.weights_by_column) return;
  const bool whole_blocks = weights->row == weights->bits && p.oc % machine.columns == 0;
  if (!whole_blocks) p.most_oc = machine.columns;
}

bool columns_follow(const ArrayJob& job) {
  const auto* weights = std::get_if<StridedWeights>(&job.weights);
  if (weights == nullptr) return true;
  return weights->column == weights->bits && weights->kernel_column == job.problem.ic * weights->row;
}

}  // namespace systole
