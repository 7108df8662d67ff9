#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "configs/machine.pb.h"
#include "isa/program.pb.h"
#include "kernels/graph/graph.h"
#include "kernels/reference/evaluate.h"
#include "kernels/training/training.h"
#include "models/cycle/values/program_values.h"

namespace systole {

/// `run --check`: carry values and compare the network's outputs with a reference.
struct CheckOptions {
  bool check = false;
  std::string inputs;                           ///< folder of input_<i>.pb; empty: random ones
  std::string expected;                         ///< folder of output_<i>.pb; empty: the reference evaluator
  std::optional<std::uint32_t> random_weights;  ///< seed
};

/// Gives the graph's weights their values, before it is compiled. Throws UserError when there are none and no seed, or
/// when the machine's SIMD unit does not compute in float32.
void prepare_for_check(const std::string& model, const config::Machine& machine, const CheckOptions& options,
                       Graph& graph);

/// The values of one run, and what they should be. Program and graph must outlive it.
class ValueCheck {
 public:
  /// Reads or makes the inputs and writes them to the program's memory. Throws UserError and EnvironmentError.
  /// `training` is what the graph was made by, if it is an iteration: labels and masks are drawn as it says.
  ValueCheck(const Graph& graph, const isa::Program& program, const CheckOptions& options,
             const Training* training = nullptr);

  [[nodiscard]] ValueModel& values() { return *values_; }

  /// After the run: a line for each output, `check: prob: 1000 elements, largest difference 1.2e-07 of 0.51`. States
  /// share a line, which names the worst; of them the step is compared, in the Euclidean norm. Throws InternalError
  /// when an output differs by more than 1e-3 of the largest expected element, or a step by more than 2 % of its
  /// length.
  [[nodiscard]] std::string verdict() const;

 private:
  void compare_states(const NamedElements& expected, std::string& text) const;
  [[nodiscard]] bool is_state(const std::string& output) const;

  const Graph& graph_;
  const isa::Program& program_;
  std::unique_ptr<ProgramValues> values_;
  NamedElements inputs_;
  NamedElements expected_;  ///< read from files; empty: to be evaluated
};

}  // namespace systole
