#include "configs/machine.h"

#include <algorithm>
#include <filesystem>
#include <iterator>

#include "configs/energy_table.h"
#include "configs/genesys_json.h"
#include "configs/override.h"
#include "configs/resolver.h"

namespace systole {
namespace {

/// The name of a file without folder and ending.
std::string stem(const std::string& path) {
  return std::filesystem::path(path).stem().string();
}

Loaded<config::Machine> parse_machine(const std::string& path, Diagnostics& diagnostics) {
  const std::string text = read_file(path);
  if (looks_like_json(text)) return parse_genesys_json(text, path, diagnostics);
  Loaded<config::Machine> loaded{{}, Source(path)};
  loaded.source = parse_text(text, path, loaded.message, diagnostics);
  return loaded;
}

/// A group of the machine that is a file of its own: named under `key`, or described in full under `group`.
struct Part {
  ConfigKind kind;
  const char* key;
  const char* group;
};
constexpr Part kParts[] = {{kDram, "memory", "memory_description"}, {kEnergy, "energy", "energy_table"}};

/// Reads the part's file into its group, unless the machine's own file describes it in full and the command line names
/// no other.
void include(const Part& part, Loaded<config::Machine>& loaded, Diagnostics& diagnostics) {
  const auto& type = *config::Machine::descriptor();
  const auto& reflection = *loaded.message.GetReflection();
  const auto* group = type.FindFieldByName(part.group);
  const Diagnostic place = loaded.source.fault(part.key, "");
  const bool named_in_file = place.file == loaded.source.file();
  if (named_in_file && reflection.HasField(loaded.message, group)) return;
  // A file named in the machine's file is found beside it; one named on the command line, in the working folder.
  const std::string base = named_in_file ? std::filesystem::path(place.file).parent_path().string() : "";
  const std::string name = reflection.GetString(loaded.message, type.FindFieldByName(part.key));
  const std::string path = find_config(part.kind, name, base, place, diagnostics);
  if (path.empty()) return;
  auto& message = *reflection.MutableMessage(&loaded.message, group);
  loaded.source.put(part.group, parse_text(read_file(path), path, message, diagnostics));
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
    const bool included = std::any_of(std::begin(kParts), std::end(kParts), [&](const Part& part) {
      return each.rfind(std::string(part.group) + ".", 0) == 0;
    });
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
    for (const Part& part : kParts) include(part, loaded, faults);
    apply_overrides(request.overrides, true, loaded, faults);
    if (!machine.has_name()) machine.set_name(stem(path));
    config::Memory& memory = *machine.mutable_memory_description();
    if (!memory.has_name()) memory.set_name(stem(machine.memory()));
    fill_defaults(machine);
    complete_simd_unit(*machine.mutable_simd_unit(), request.training);
    if (faults.empty()) check_machine(machine, loaded.source, faults);
  }
  for (const Diagnostic& fault : faults.items()) diagnostics.add(fault);
  return loaded;
}

}  // namespace systole
