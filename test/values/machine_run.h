#pragma once

#include <map>
#include <string>
#include <vector>

#include "configs/machine.pb.h"
#include "isa/program.pb.h"
#include "kernels/lowering/gradient_way.h"
#include "kernels/reference/evaluate.h"
#include "traces/run_counters.h"

/// Networks through compiler and machine, with values.
namespace systole::test {

using Elements = std::vector<double>;

/// A machine of test/values/data, or a shipped one, with a SIMD unit of that number format.
config::Machine load(const std::string& hardware, const std::string& number_format = "float32");

struct MachineRun {
  NamedElements outputs;
  RunCounters counters;
  isa::Program program;
};

/// Compiles the graph, runs it, and returns its outputs by name. Constants need values; `inputs` are all graph inputs.
MachineRun run_on_machine(const Graph& graph, const config::Machine& machine, const NamedElements& inputs,
                          bool fusion = true, GradientWay gradient = GradientWay::quicker);

/// The same run without values.
RunCounters count_without_values(const Graph& graph, const config::Machine& machine);

/// Empty when every element is as expected: |difference| <= tolerance * the largest |expected|, which sets
/// the scale of the rounding errors. Else the first that is not.
std::string difference(const Elements& actual, const Elements& expected, double tolerance);

}  // namespace systole::test
