#pragma once

#include <cstdint>
#include <string>

#include "isa/program.pb.h"

/// What the compiler knows of a machine: the limits that a program must keep, and what its cost estimates need. Sizes
/// are in elements or words as the instruction set counts them, widths in bits a cycle, times in cycles.
namespace systole {

struct Machine {
  std::string name;
  std::int64_t rows = 0;     ///< N: IBUF lanes
  std::int64_t columns = 0;  ///< M: lanes of OBUF, BBUF, VMEM1, VMEM2
  int weight_bits = 8;
  int activation_bits = 8;
  int bias_bits = 32;
  int accumulator_bits = 32;  ///< of OBUF, VMEM1, VMEM2 and of SIMD operands
  bool float32 = false;       ///< SIMD operands are IEEE single precision

  std::int64_t wbuf_half_elements = 0;
  std::int64_t ibuf_half_elements = 0;
  std::int64_t bbuf_half_elements = 0;
  std::int64_t obuf_half_words = 0;  ///< words of `columns` lanes
  std::int64_t vmem_words = 0;       ///< in all of VMEM1, and again in VMEM2
  bool vmem_double_buffered = false;
  std::int64_t imm_words = 32;
  std::int64_t simd_instruction_words = 256;
  std::int64_t memory_bytes = 0;  ///< capacity off chip

  std::int64_t parambuf_port_bits = 512;
  std::int64_t ibuf_port_bits = 512;
  std::int64_t obuf_port_bits = 512;
  std::int64_t simd_port_bits = 512;
  std::int64_t obuf_accumulate_latency = 2;
  std::int64_t walker_setup = 1;      ///< cycles from the start of a transfer to its first request
  std::int64_t memory_latency = 0;    ///< about how long a burst takes there and back; 0: ideal memory
  double memory_bytes_per_cycle = 0;  ///< peak, all ports together; 0: only the ports limit
  std::int64_t burst_bytes = 64;      ///< the shortest piece that the memory moves
  std::int64_t memory_channels = 1;
  std::int64_t channel_bytes = 64;  ///< neighbouring bytes in one channel before the next one begins
  std::int64_t divide_latency = 9;
  std::int64_t exponential_latency = 3;
  std::int64_t inverse_sqrt_latency = 13;

  /// Share of the memory's channels that pieces of so many bytes, so many bytes apart, fall into.
  [[nodiscard]] double channel_share(std::int64_t piece_bytes, std::int64_t stride_bytes) const;
  /// Slots of a VMEM stream: 2 when VMEM is double buffered, else 1.
  [[nodiscard]] int vmem_depth() const { return vmem_double_buffered ? 2 : 1; }
  /// Words of VMEM1 (and again of VMEM2) that the slots of all its streams may use together, counted once for each
  /// stream whatever its depth.
  [[nodiscard]] std::int64_t vmem_slot_words() const { return vmem_words / vmem_depth(); }
};

/// What a program file says about the machine it is for.
isa::Target target_of(const Machine& machine);

}  // namespace systole
