#include "traces/results.h"

#include "base/errors.h"

namespace systole {

const char* name_of(Engine engine) {
  return engine == Engine::cycle ? "cycle" : "analytical";
}

const char* name_of(Phase phase) {
  switch (phase) {
    case Phase::forward:
      return "forward";
    case Phase::grad_data:
      return "grad_data";
    case Phase::grad_weight:
      return "grad_weight";
    case Phase::grad:
      return "grad";
    case Phase::update:
      return "update";
  }
  fail_check("results", "a phase without a name");
}

const char* name_of(LayerUnit unit) {
  switch (unit) {
    case LayerUnit::systolic_array:
      return "systolic_array";
    case LayerUnit::simd_unit:
      return "simd_unit";
    case LayerUnit::none:
      return "none";
  }
  fail_check("results", "a unit without a name");
}

double RunResult::seconds() const {
  return static_cast<double>(cycles.count()) / clock_hz;
}

double RunResult::utilization() const {
  if (cycles.count() == 0) return 0.0;
  return static_cast<double>(macs.count()) /
         (static_cast<double>(rows) * static_cast<double>(columns) * static_cast<double>(cycles.count()));
}

double RunResult::average_power_w() const {
  return cycles.count() == 0 ? 0.0 : total(energy).value * 1e-12 / seconds();
}

double RunResult::bandwidth_bytes_per_s() const {
  return cycles.count() == 0 ? 0.0 : static_cast<double>((dram.read + dram.write).count()) / seconds();
}

Picojoules total(const Named<Picojoules>& energy) {
  Picojoules sum;
  for (const auto& [component, part] : energy) sum.value += part.value;
  return sum;
}

Cycles total(const Named<Cycles>& cycles) {
  Cycles sum;
  for (const auto& [reason, part] : cycles) sum += part;
  return sum;
}

}  // namespace systole
