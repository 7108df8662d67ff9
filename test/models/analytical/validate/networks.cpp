#include "test/models/analytical/validate/networks.h"

#include "configs/machine.h"
#include "kernels/compiler.h"
#include "kernels/onnx/import.h"
#include "kernels/plan/machine_config.h"
#include "models/analytical/systole/analysis.h"

namespace systole::validation {

config::Machine machine_named(const std::string& hardware, const std::string& memory) {
  Diagnostics diagnostics;
  const config::Machine machine = load_machine({hardware, memory, {}, false}, diagnostics).message;
  diagnostics.throw_if_any();
  return machine;
}

namespace {

isa::Program compiled(const std::string& network, const config::Machine& machine, CompileOptions options) {
  options.model = network;
  return compile(import_onnx(SYSTOLE_SOURCE_DIR "/configs/networks/" + network + ".onnx"), machine_of(machine),
                 options);
}

}  // namespace

isa::Program compiled(const std::string& network, const config::Machine& machine) {
  return compiled(network, machine, CompileOptions{});
}

isa::Program compiled_with_search(const std::string& network, const config::Machine& machine) {
  CompileOptions options;
  options.block_cycles = analytical::block_predictor(machine);
  return compiled(network, machine, options);
}

}  // namespace systole::validation
