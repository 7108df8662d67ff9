#include "explore/simdit_cost.h"

#include <cmath>

#include "configs/override.h"
#include "models/analytical/simdit/from_machine.h"
#include "models/energy/area.h"
#include "models/energy/estimate.h"

namespace systole {

config::Machine simdit_machine(const LoadedSpace& space, const std::vector<std::int64_t>& values) {
  return unchecked_machine(space, space.machine, values);
}

PointCost simdit_cost(const LoadedSpace& space, const std::vector<SimditWorkload>& workloads, bool with_prices) {
  const Objectives objectives = objectives_of(space);
  const bool priced = with_prices || objectives.needs_prices();
  const auto fields = SimditTable::fields_of(space.design);
  const simdit::Machine base = simdit::machine_of(space.machine);
  return [&space, &workloads, fields, base, objectives, priced](const std::vector<std::int64_t>& values,
                                                                std::string& reason) -> std::optional<Evaluated> {
    simdit::Machine machine = base;
    if (fields) {
      for (const SimditTable::Field& field : *fields) machine.*field.member = values[field.axis];
    } else {
      machine = simdit::machine_of(machine_with(space, values));
    }
    if (const auto guard = simdit::violated_guard(machine)) {
      reason = simdit::guard_name(*guard);
      return std::nullopt;
    }
    Measures sum;
    Work work;
    for (const SimditWorkload& workload : workloads) {
      const auto counted = priced ? workload.sweep.count(machine, workload.weight) : std::nullopt;
      const auto cycles = priced ? std::nullopt : workload.sweep.cycles(machine);
      if (!counted && !cycles) {
        reason = "a layer has no tile";
        return std::nullopt;
      }
      sum.cycles += counted ? counted->cycles : workload.weight * *cycles;
      if (counted) work += counted->work;
    }
    if (priced) {
      work.events.cycles = std::llround(sum.cycles);
      const config::Machine whole = simdit_machine(space, values);
      sum.energy_pj = estimated_energy(work, whole).total().value;
      sum.area_mm2 = area_mm2(whole);
    }
    return objectives.judge(sum);
  };
}

}  // namespace systole
