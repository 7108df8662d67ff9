#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "isa/program.pb.h"
#include "models/cycle/values/cells.h"

namespace systole {

/// A stretch of off-chip memory and what it holds, element by element: element i begins at bit i*element_bits of it.
template <typename Cell>
struct MemoryRegion {
  std::string name;
  std::int64_t address = 0;  ///< bytes
  std::int64_t bytes = 0;
  int element_bits = 32;
  Cells<Cell> cells;
  bool live = false;  ///< it holds something that may be read
};

/// Off-chip memory as the regions of a program's memory plan. Regions may share addresses at different times: the first
/// write to one ends the life of all that it overlaps, and reading those is a fault from then on.
template <typename Cell>
class MemoryImage {
 public:
  /// Regions with data hold them; the data are little endian, 4 bytes an element in a float32 program, element_bits
  /// each in a fixed32 one.
  explicit MemoryImage(const isa::Program& program);

  [[nodiscard]] MemoryRegion<Cell>& at(int region) { return regions_.at(static_cast<std::size_t>(region)); }
  [[nodiscard]] const MemoryRegion<Cell>& at(int region) const { return regions_.at(static_cast<std::size_t>(region)); }
  [[nodiscard]] int size() const { return static_cast<int>(regions_.size()); }

  /// To be called before writing to a region.
  void revive(int region);

 private:
  std::vector<MemoryRegion<Cell>> regions_;
};

}  // namespace systole
