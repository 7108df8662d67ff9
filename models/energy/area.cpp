#include "models/energy/area.h"

#include <numeric>

#include "models/energy/log_log.h"
#include "models/energy/parts.h"

namespace systole {

namespace {

constexpr double kUm2PerMm2 = 1e6;

double lane_um2(const config::SimdArea& simd, double register_bit_um2) {
  return simd.logic().value() + simd.add().value() + simd.multiply().value() + simd.divide().value() +
         simd.exponential().value() + simd.inverse_sqrt().value() + kLaneRegisterBits * register_bit_um2;
}

}  // namespace

double AreaReport::total() const {
  return std::accumulate(by_component.begin(), by_component.end(), 0.0,
                         [](double sum, const auto& component) { return sum + component.second; });
}

std::optional<AreaReport> area_of(const config::Machine& machine) {
  if (!machine.energy_table().has_area()) return std::nullopt;
  const config::AreaTable& table = machine.energy_table().area();
  const config::SimdArea& simd = is_floating(machine) ? table.float32() : table.fixed32();
  const double register_bit = table.register_bit().value();
  const double rows = machine.systolic_array().rows();
  const double columns = machine.systolic_array().columns();
  const double element = mac_figure(table.mac(), machine).value() + element_register_bits(machine) * register_bit;

  AreaReport report;
  report.by_component["systolic_array"] = (rows * columns * element + columns * simd.add().value()) / kUm2PerMm2;
  report.by_component["simd_unit"] = columns * lane_um2(simd, register_bit) / kUm2PerMm2;
  for (const Banks& banks : banks_of(machine)) {
    const double bank = log_log(table.sram().point(), banks.bytes(), &config::SramAreaPoint::um2);
    report.by_component[kSramNames[static_cast<std::size_t>(banks.memory)]] =
        static_cast<double>(banks.count) * bank / kUm2PerMm2;
  }
  return report;
}

double area_mm2(const config::Machine& machine) {
  const auto report = area_of(machine);
  return report ? report->total() : 0;
}

}  // namespace systole
