#include "configs/machine.h"

#include <filesystem>

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

/// The latencies of the DesignWare units at 1.25 GHz, for the number format of the mode unless the machine chooses one.
void complete_simd_unit(config::SimdUnit& simd, bool training) {
  if (!simd.has_number_format()) simd.set_number_format(training ? config::float32 : config::fixed32);
  const bool floating = simd.number_format() == config::float32;
  if (!simd.has_divide_latency()) simd.set_divide_latency(floating ? 5 : 9);
  if (!simd.has_exponential_latency()) simd.set_exponential_latency(3);
  if (!simd.has_inverse_sqrt_latency()) simd.set_inverse_sqrt_latency(floating ? 11 : 13);
}

}  // namespace

Loaded<config::Machine> load_machine(const MachineRequest& request, Diagnostics& diagnostics) {
  Diagnostics faults;
  const std::string path = find_config(kHardware, request.hardware, "", "--hw " + request.hardware, faults);
  Loaded<config::Machine> loaded{{}, Source(path)};
  if (!path.empty()) {
    loaded = parse_machine(path, faults);
    if (!request.memory.empty()) {
      loaded.message.set_memory(request.memory);
      loaded.source.put("memory", "--dram " + request.memory);
    }
    for (const std::string& each : request.overrides) apply_override(each, loaded.message, loaded.source, faults);
    if (!loaded.message.has_name()) loaded.message.set_name(std::filesystem::path(path).stem().string());
    fill_defaults(loaded.message);
    complete_simd_unit(*loaded.message.mutable_simd_unit(), request.training);
    if (faults.empty()) check_machine(loaded.message, loaded.source, faults);
  }
  for (const Diagnostic& fault : faults.items()) diagnostics.add(fault);
  return loaded;
}

}  // namespace systole
