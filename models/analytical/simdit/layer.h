#pragma once

#include <cstdint>
#include <string>

namespace systole::simdit {

/// Operators that the published model costs; everything else it charges zero (`ignored`).
enum class Operation {
  convolution,
  gemm,
  relu,
  elem_add,
  max_pool,
  avg_pool,
  mean_var,
  batch_norm,
  batch_norm_grad,
  relu_grad,
  sgd,  ///< sgd4d, sgd2d and sgd1d
  reduce_sum,
  max_pool_grad,
  avg_pool_grad,
  ignored
};

[[nodiscard]] constexpr bool on_array(Operation operation) {
  return operation == Operation::convolution || operation == Operation::gemm;
}

/// One row of the program in the published model's own dimensions. Input sizes follow from output, stride and kernel.
/// GEMM: out_height = out_width = kernel = stride = 1. Pools: out_* of the pool; pool gradients: out_* of the incoming
/// gradient. reduce_sum: `batch` is the reduced extent.
struct Layer {
  Operation operation = Operation::ignored;
  std::string name;  ///< the operator's string in the program, e.g. "coarse_flatten"
  std::int64_t batch = 1;
  std::int64_t in_channels = 0;   ///< array layers only
  std::int64_t out_channels = 0;  ///< C of SIMD layers
  std::int64_t out_height = 1;
  std::int64_t out_width = 1;
  std::int64_t kernel_height = 1;
  std::int64_t kernel_width = 1;
  std::int64_t stride = 1;
};

/// What the model says of a layer. Volumes in bits, times in cycles; fractions are the model's own.
struct Cost {
  double wbuf = 0, ibuf = 0, obuf = 0, bbuf = 0, vmem = 0, imm = 0, instruction_memory = 0;
  double dram_filter = 0, dram_ifmap = 0, dram_psum = 0, dram_ofmap = 0, dram_bias = 0;
  double array_compute = 0, array_stall = 0, simd_compute = 0, simd_stall = 0;
  double operations = 0;

  [[nodiscard]] double dram() const { return dram_filter + dram_ifmap + dram_psum + dram_ofmap + dram_bias; }
  [[nodiscard]] double cycles() const { return array_compute + array_stall + simd_compute + simd_stall; }
};

/// Which part of a layer stays on chip when the fusion option joins an array layer with the SIMD layer that follows it.
struct Fusion {
  bool output = false;  ///< array layer: its result is not written to memory
  bool input = false;   ///< SIMD layer: one operand is not read from memory
};

}  // namespace systole::simdit
