#pragma once

#include <cstdint>

#include "kernels/tiling/geometry.h"

/// How long a tiling takes, well enough to choose one: a reading of models/cycle/timing.md in which every unit and port
/// works through its total at full speed, the slowest decides, and the first load and the last store overlap nothing.
namespace systole {

/// Sums over all tiles along one image dimension of the input, for one row of the other.
struct AxisLoad {
  std::int64_t positions = 0;  ///< on chip, padding included
  std::int64_t valid = 0;      ///< read from memory
};
AxisLoad axis_load(const WindowAxis& axis, const InputAxis& input, std::int64_t tile, std::int64_t kernel_tile);

struct Estimate {
  double cycles = 0;
  double memory_bytes = 0;  ///< moved off chip, pieces of bursts counted whole
  double array_cycles = 0;  ///< the array computes for so long, whatever the memory and the SIMD unit do
};

/// `h` and `w` are the axis loads of the tiling.
Estimate estimate(const ArrayProblem& problem, const Tiling& tiling, const Geometry& geometry, const AxisLoad& h,
                  const AxisLoad& w, const FusedWork& fused, const Machine& machine);

/// Cycles of a layer on the SIMD unit alone: `words` times `issue_cycles` of instructions and `bits` to and from
/// memory, one after the other unless VMEM is double buffered.
double simd_cycles(double words, double issue_cycles, double bits, const Machine& machine);

}  // namespace systole
