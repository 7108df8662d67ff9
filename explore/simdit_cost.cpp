#include "explore/simdit_cost.h"

#include "models/analytical/simdit/from_machine.h"

namespace systole {

PointCost simdit_cost(const LoadedSpace& space, const std::vector<SimditWorkload>& workloads) {
  const auto fields = SimditTable::fields_of(space.design);
  const simdit::Machine base = simdit::machine_of(space.machine);
  return [&space, &workloads, fields, base](const std::vector<std::int64_t>& values,
                                            std::string& reason) -> std::optional<double> {
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
    double sum = 0;
    for (const SimditWorkload& workload : workloads) {
      const std::optional<double> cycles = workload.sweep.cycles(machine);
      if (!cycles) {
        reason = "a layer has no tile";
        return std::nullopt;
      }
      sum += workload.weight * *cycles;
    }
    return sum;
  };
}

}  // namespace systole
