#pragma once

#include <map>
#include <optional>
#include <string>

#include "configs/machine.pb.h"

namespace systole {

/// Area by component, in mm2: systolic_array, simd_unit and each SRAM by its name in results.
struct AreaReport {
  std::map<std::string, double> by_component;

  [[nodiscard]] double total() const;
};

/// What the parts of a machine take, at the figures of its table; nothing when the table has no areas. The machine must
/// be resolved (load_machine).
///   systolic_array  rows x columns x (multiply-accumulate + registers) + columns x the adder of partial sums
///   simd_unit       columns x (the arithmetic of every class of operation + registers)
///   a memory        banks x the area of a bank of its capacity, whatever the width of its words
/// Not in it, for want of a source: controller, address walkers, DMA engines, interconnect and the memory's controller
/// and pins; what is between cells: wiring, clock tree, power, and the room that a floorplan leaves free. So what a
/// port's width takes is not in it.
std::optional<AreaReport> area_of(const config::Machine& machine);

/// The total of area_of; 0 when the table has no areas.
double area_mm2(const config::Machine& machine);

}  // namespace systole
