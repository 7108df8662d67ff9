#include "configs/machine.h"

#include <filesystem>

#include "configs/energy_table.h"
#include "configs/genesys_json.h"
#include "configs/override.h"
#include "configs/resolver.h"

namespace systole {
namespace {

Loaded<config::Machine> parse_machine(const std::string& path, Diagnostics& diagnostics) {
  const std::string text = read_file(path);
  if (looks_like_json(text)) return parse_genesys_json(text, path, diagnostics);
  Loaded<config::Machine> loaded{{}, Source(path)};
  loaded.source = parse_text(text, path, loaded.message, diagnostics);
  return loaded;
}

/// Reads the file that the machine names under `key` into the group `part` of the machine.
void include_file(const ConfigKind& kind, const std::string& name, const std::string& key, const std::string& part,
                  google::protobuf::Message& into, Source& source, Diagnostics& diagnostics) {
  const Diagnostic place = source.fault(key, "");
  // A file named in the machine's file is found beside it; one named on the command line, in the working folder.
  const bool in_file = place.file == source.file();
  const std::string base = in_file ? std::filesystem::path(source.file()).parent_path().string() : "";
  const std::string path = find_config(kind, name, base, place, diagnostics);
  if (!path.empty()) source.put(part, parse_text(read_file(path), path, into, diagnostics));
}

/// The latencies of the DesignWare units at 1.25 GHz, for the number format of the mode unless the machine chooses one.
void complete_simd_unit(config::SimdUnit& simd, bool training) {
  if (!simd.has_number_format()) simd.set_number_format(training ? config::float32 : config::fixed32);
  const bool floating = simd.number_format() == config::float32;
  if (!simd.has_divide_latency()) simd.set_divide_latency(floating ? 5 : 9);
  if (!simd.has_exponential_latency()) simd.set_exponential_latency(3);
  if (!simd.has_inverse_sqrt_latency()) simd.set_inverse_sqrt_latency(floating ? 11 : 13);
}

/// Overrides of an included part can only be applied once it is there; the others may decide which file is included.
void apply_overrides(const std::vector<std::string>& overrides, bool of_included_parts, Loaded<config::Machine>& loaded,
                     Diagnostics& diagnostics) {
  for (const std::string& each : overrides) {
    const bool included = each.rfind("energy_table.", 0) == 0 || each.rfind("memory_description.", 0) == 0;
    if (included == of_included_parts) apply_override(each, loaded.message, loaded.source, diagnostics);
  }
}

}  // namespace

Loaded<config::Machine> load_machine(const MachineRequest& request, Diagnostics& diagnostics) {
  Diagnostics faults;
  const Diagnostic asked{"--hw " + request.hardware, 0, 0, "", ""};
  const std::string path = find_config(kHardware, request.hardware, "", asked, faults);
  Loaded<config::Machine> loaded{{}, Source(path)};
  config::Machine& machine = loaded.message;
  if (!path.empty()) {
    loaded = parse_machine(path, faults);
    if (!request.memory.empty()) {
      machine.set_memory(request.memory);
      loaded.source.put("memory", "--dram " + request.memory);
    }
    apply_overrides(request.overrides, false, loaded, faults);
    if (!request.memory.empty() || !machine.has_memory_description()) {
      include_file(kDram, machine.memory(), "memory", "memory_description", *machine.mutable_memory_description(),
                   loaded.source, faults);
    }
    if (!machine.has_energy_table()) {
      include_file(kEnergy, machine.energy(), "energy", "energy_table", *machine.mutable_energy_table(), loaded.source,
                   faults);
    }
    apply_overrides(request.overrides, true, loaded, faults);
    if (!machine.has_name()) machine.set_name(std::filesystem::path(path).stem().string());
    fill_defaults(machine);
    complete_simd_unit(*machine.mutable_simd_unit(), request.training);
    if (faults.empty()) check_machine(machine, loaded.source, faults);
  }
  for (const Diagnostic& fault : faults.items()) diagnostics.add(fault);
  return loaded;
}

}  // namespace systole
