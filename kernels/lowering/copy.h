#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "kernels/lowering/lowering.h"

namespace systole {

/// One dimension of a copy.
struct CopyDim {
  std::int64_t extent = 1;
  std::int64_t source_bits = 0;  ///< between neighbours; 0: one element for all, negative: backwards
  std::int64_t target_bits = 0;
  /// Where the source ends: index i reads its element origin + i, outside [0, source_extent) the fill.
  bool padded = false;
  std::int64_t origin = 0;
  std::int64_t source_extent = 0;
};

/// Elements moved from one place in memory to another, through VMEM1 and with no other unit.
struct Copy {
  Layout source;  ///< region, offset of index 0 (origin, where padded), width
  Layout target;
  std::vector<CopyDim> dims;
  isa::Fill fill = isa::Fill::zero;
};

/// A copy between two tensors of equal shape.
Copy plain_copy(const Shape& shape, const Layout& source, const Layout& target);
/// Are both the same elements of the same memory?
bool same_place(const Shape& shape, const Layout& a, const Layout& b);
/// Estimated cycles of the copy; nullopt when VMEM is too small.
std::optional<double> copy_cycles(const Node& node, const Copy& copy, const LoweringContext& context);
/// Appends a block that copies, tile by tile.
void append_copy(const Node& node, Copy copy, LoweringContext& context);

}  // namespace systole
