#include "configs/energy_table.h"

#include <fmt/format.h>

namespace systole {

void check_energy_table(const config::EnergyTable& table, const Source& source, Diagnostics& diagnostics) {
  const auto& points = table.sram().point();
  if (points.size() < 2) {
    diagnostics.add(source.fault("sram", "an energy table needs at least two points of memory", ""));
  }
  for (int i = 1; i < points.size(); ++i) {
    const auto& smaller = points[i - 1];
    const auto& larger = points[i];
    const auto fault = [&](const char* key, const char* what) {
      diagnostics.add(source.fault(fmt::format("sram.point[{}].{}", i, key),
                                   fmt::format("{} of point {} {}", key, i, what),
                                   "points go from small to large banks"));
    };
    if (larger.capacity_bytes() <= smaller.capacity_bytes())
      fault("capacity_bytes", "is not above that of the point before");
    if (larger.read_pj() < smaller.read_pj()) fault("read_pj", "is below that of the smaller bank before");
    if (larger.write_pj() < smaller.write_pj()) fault("write_pj", "is below that of the smaller bank before");
    if (larger.leakage_mw() < smaller.leakage_mw()) fault("leakage_mw", "is below that of the smaller bank before");
  }
}

}  // namespace systole
