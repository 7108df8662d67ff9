#include "models/analytical/validate/ladder.h"

namespace systole::validation {

namespace {

/// Whether the switch can make a difference to the machine.
bool applies(const std::string& cause, const config::Machine& machine) {
  if (cause == "memory") return false;
  const config::Memory& memory = machine.memory_description();
  const bool of_device = cause == "refresh" || cause == "row_misses" || cause == "bank_groups" || cause == "turnaround";
  if (of_device) return memory.has_dram();
  if (cause == "bus_sharing") return memory.has_dram() || memory.ideal().gbytes_per_second() > 0;
  return cause != "latency" || memory.has_dram() || memory.ideal().latency_ns() > 0 ||
         memory.ideal().gbytes_per_second() > 0;
}

}  // namespace

std::vector<Rung> ladder(const config::Machine& machine) {
  std::vector<Rung> rungs{{"", machine}};
  const google::protobuf::Descriptor& switches = *config::Idealization::descriptor();
  for (int i = 0; i < switches.field_count(); ++i) {
    const google::protobuf::FieldDescriptor* const cause = switches.field(i);
    config::Machine next = rungs.back().machine;
    config::Idealization& without = *next.mutable_without();
    const google::protobuf::Reflection& reflection = *without.GetReflection();
    if (reflection.GetBool(without, cause) || !applies(cause->name(), machine)) continue;
    reflection.SetBool(&without, cause, true);
    rungs.push_back({cause->name(), std::move(next)});
  }
  return rungs;
}

}  // namespace systole::validation
