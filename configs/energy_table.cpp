#include "configs/energy_table.h"

#include <fmt/format.h>

#include <vector>

namespace systole {

namespace {

/// A figure of a point that must not fall from a point to the next.
template <typename Point>
struct Rising {
  const char* key;
  double (Point::*value)() const;
};

/// `key`: of the table's part that has the points; `what` they are of.
template <typename Point>
void check_points(const char* key, const char* what, const google::protobuf::RepeatedPtrField<Point>& points,
                  const std::vector<Rising<Point>>& rising, const Source& source, Diagnostics& diagnostics) {
  if (points.size() < 2) {
    diagnostics.add(source.fault(key, fmt::format("an energy table needs at least two points of {}", what), ""));
  }
  for (int i = 1; i < points.size(); ++i) {
    const auto fault = [&](const char* figure, const char* problem) {
      diagnostics.add(source.fault(fmt::format("{}.point[{}].{}", key, i, figure),
                                   fmt::format("{} of point {} {}", figure, i, problem),
                                   "points go from small to large banks"));
    };
    if (points[i].capacity_bytes() <= points[i - 1].capacity_bytes())
      fault("capacity_bytes", "is not above that of the point before");
    for (const Rising<Point>& one : rising) {
      if ((points[i].*one.value)() < (points[i - 1].*one.value)())
        fault(one.key, "is below that of the smaller bank before");
    }
  }
}

}  // namespace

void check_energy_table(const config::EnergyTable& table, const Source& source, Diagnostics& diagnostics) {
  using Point = config::SramPoint;
  check_points<Point>(
      "sram", "memory", table.sram().point(),
      {{"read_pj", &Point::read_pj}, {"write_pj", &Point::write_pj}, {"leakage_mw", &Point::leakage_mw}}, source,
      diagnostics);
  if (!table.has_area()) return;
  using AreaPoint = config::SramAreaPoint;
  check_points<AreaPoint>("area.sram", "memory's area", table.area().sram().point(), {{"um2", &AreaPoint::um2}}, source,
                          diagnostics);
}

}  // namespace systole
