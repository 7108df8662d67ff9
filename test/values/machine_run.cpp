#include "test/values/machine_run.h"

#include <cmath>
#include <filesystem>

#include "configs/machine.h"
#include "kernels/compiler.h"
#include "kernels/plan/machine_config.h"
#include "models/cycle/configure.h"
#include "models/cycle/values/program_values.h"
#include "test/models/cycle/fresh_kernel.h"

namespace systole::test {

config::Machine load(const std::string& hardware, const std::string& number_format) {
  const std::string file = std::string(SYSTOLE_SOURCE_DIR) + "/test/values/data/" + hardware + ".textproto";
  Diagnostics diagnostics;
  MachineRequest request;
  request.hardware = std::filesystem::exists(file) ? file : hardware;
  request.overrides = {"simd_unit.number_format=" + number_format};
  const Loaded<config::Machine> loaded = load_machine(request, diagnostics);
  diagnostics.throw_if_any();
  return loaded.message;
}

MachineRun run_on_machine(const Graph& graph, const config::Machine& machine, const NamedElements& inputs, bool fusion,
                          GradientWay gradient) {
  CompileOptions options;
  options.fusion = fusion;
  options.gradient = gradient;
  Compilation compiled = compile_network(graph, machine_of(machine), options);
  add_constants(compiled);
  const std::unique_ptr<ProgramValues> values = make_program_values(compiled.program);
  for (const isa::Tensor& input : compiled.program.inputs()) values->write(input, inputs.at(input.name()));
  fresh_kernel();
  const std::unique_ptr<Memory> memory = make_memory(machine.memory_description());
  SimulationOptions simulation;
  simulation.values = values.get();
  MachineRun run;
  run.counters = simulate(machine_parameters(machine), *memory, load_program(compiled.program), simulation);
  for (const isa::Tensor& output : compiled.program.outputs()) {
    run.outputs[output.name()] = values->read(output);
  }
  run.program = std::move(compiled.program);
  return run;
}

RunCounters count_without_values(const Graph& graph, const config::Machine& machine) {
  const isa::Program program = compile(graph, machine_of(machine));
  fresh_kernel();
  const std::unique_ptr<Memory> memory = make_memory(machine.memory_description());
  return simulate(machine_parameters(machine), *memory, load_program(program));
}

std::string difference(const Elements& actual, const Elements& expected, double tolerance) {
  if (actual.size() != expected.size()) {
    return std::to_string(actual.size()) + " elements instead of " + std::to_string(expected.size());
  }
  double scale = 0;
  for (const double element : expected) {
    if (std::isfinite(element)) scale = std::max(scale, std::fabs(element));
  }
  for (std::size_t e = 0; e < actual.size(); ++e) {
    const double got = actual[e];
    const double wanted = expected[e];
    const bool both_nan = std::isnan(got) && std::isnan(wanted);
    if (got == wanted || both_nan || std::fabs(got - wanted) <= tolerance * scale) continue;
    return "element " + std::to_string(e) + " is " + std::to_string(actual[e]) + " instead of " +
           std::to_string(expected[e]);
  }
  return "";
}

}  // namespace systole::test
