#include "models/analytical/simdit/csv.h"

#include <fmt/format.h>

namespace systole::simdit {
namespace {

constexpr double kBitsPerKb = 8192;

constexpr const char* kHeader =
    "Layer name,WBUF access,IBUF access,OBUF access,BBUF access,VMEM access,IMM access,InsMem access,DRAM access "
    "filter,"
    "DRAM access ifmap,DRAM access psum,DRAM access ofmap,DRAM access bias,total DRAM access,SA compute cycles,"
    "SA stall cycles,SIMD compute cycles,SIMD stall cycles,total cycles,Op count\n";

std::string row_name(const Layer& layer) {
  switch (layer.operation) {
    case Operation::convolution:
      return "Convolution";
    case Operation::gemm:
      return "GEMM";
    case Operation::relu:
      return "ReLU";
    case Operation::elem_add:
      return "ElemAdd";
    case Operation::max_pool:
      return "MaxPool";
    case Operation::avg_pool:
      return "AvgPool";
    case Operation::mean_var:
      return "MeanIstd";
    case Operation::batch_norm:
      return "BatchNorm";
    case Operation::batch_norm_grad:
      return "BatchNorm_Backward";
    case Operation::relu_grad:
    case Operation::sgd:
    case Operation::reduce_sum:
      return "Common_SIMD_Backward";
    case Operation::max_pool_grad:
      return "MaxPool_Grad";
    case Operation::avg_pool_grad:
      return "AvgPool_Grad";
    case Operation::ignored:
      break;
  }
  return layer.name + "_ignored";
}

}  // namespace

std::array<double, kTableColumns> table_row(const Cost& c) {
  std::array<double, kTableColumns> row = {
      c.wbuf,        c.ibuf,         c.obuf,       c.bbuf,       c.vmem,      c.imm,    c.instruction_memory,
      c.dram_filter, c.dram_ifmap,   c.dram_psum,  c.dram_ofmap, c.dram_bias, c.dram(), c.array_compute,
      c.array_stall, c.simd_compute, c.simd_stall, c.cycles(),   c.operations};
  constexpr std::size_t kVolumes = 13;
  for (std::size_t i = 0; i < kVolumes; ++i) row[i] /= kBitsPerKb;
  return row;
}

std::string table_csv(const std::vector<Layer>& program, const std::vector<Cost>& costs) {
  std::string text = kHeader;
  for (std::size_t i = 0; i < program.size(); ++i) {
    text += row_name(program[i]);
    for (const double value : table_row(costs[i])) text += fmt::format(",{}", value);
    text += '\n';
  }
  return text;
}

}  // namespace systole::simdit
