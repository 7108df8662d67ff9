#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace systole::simdit {

/// The machine as the published model sees it: the keys of a GeneSys hardware JSON that it uses. Capacities in bits,
/// widths in bits (of a word) or bits a cycle (of a port).
struct Machine {
  std::int64_t rows = 0;     ///< ARRAY_N: input channels in parallel
  std::int64_t columns = 0;  ///< ARRAY_M: output channels in parallel, and SIMD lanes
  std::int64_t weight_bits = 0;
  std::int64_t activation_bits = 0;
  std::int64_t bias_bits = 0;
  std::int64_t accumulator_bits = 0;
  std::int64_t wbuf = 0;       ///< both ping-pong halves
  std::int64_t ibuf = 0;       ///< both halves
  std::int64_t bbuf = 0;       ///< both halves
  std::int64_t obuf_half = 0;  ///< one of two halves, as in the JSON
  std::int64_t vmem = 0;       ///< each of VMEM1 and VMEM2
  std::int64_t parambuf_width = 0;
  std::int64_t ibuf_width = 0;
  std::int64_t obuf_width = 0;
  std::int64_t simd_width = 0;
  std::int64_t divide_latency = 9;
  std::int64_t exponential_latency = 3;
  std::int64_t inverse_sqrt_latency = 13;
};

/// The model's own guards on buffer sizes (chosen by its authors for kernels up to 3x3 in a tile and inputs of 15x15).
/// Returns the guard that does not hold, with its numbers, or nothing.
std::optional<std::string> violated_guard(const Machine& machine);

/// The guard's name alone, of what violated_guard said.
std::string guard_name(const std::string& violated);

}  // namespace systole::simdit
