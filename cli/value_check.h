#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

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

/// Gives the graph's weights their values, before it is compiled. Throws UserError when there are none and no seed.
void prepare_for_check(const std::string& model, const CheckOptions& options, Graph& graph);

/// What a run with values has shown.
struct CheckReport {
  struct Output {
    std::string name;
    std::size_t elements = 0;
    double difference = 0;  ///< the largest
    double scale = 0;       ///< the largest expected element
  };
  struct Wrapped {
    std::string layer;
    std::int64_t sums = 0;  ///< accumulations that did not fit 32 bits
  };
  /// Weights and moments of a training iteration: the step that differs most for its length.
  struct States {
    std::size_t count = 0;
    std::string worst;
    double difference = 0;
    double scale = 0;
    double sensitivity = 0;  ///< share of a step that rounding errors of inputs and weights alone move, at most
  };
  bool integers = false;  ///< the program computes in integers: outputs are equal, or the check has failed
  std::vector<Output> outputs;
  std::optional<States> states;
  std::vector<Wrapped> wrapped;  ///< layers without are left out
};

/// Lines such as `check: prob: 1000 elements, largest difference 1.2e-07 of 0.51`.
std::string check_text(const CheckReport& report);
/// check.json: `numbers` ("integers" or "single_precision"), `outputs` [{name, elements, largest_difference,
/// largest_expected}], `states` {count, worst, difference, length, sensitivity} of a training iteration,
/// `wrapped_sums` [{layer, sums}].
std::string check_json(const CheckReport& report);

/// The values of one run, and what they should be. Program and graph must outlive it.
class ValueCheck {
 public:
  /// Reads or makes the inputs and writes them to the program's memory. Throws UserError and EnvironmentError.
  /// `training` is what the graph was made by, if it is an iteration: labels and masks are drawn as it says.
  ValueCheck(const Graph& graph, const isa::Program& program, const CheckOptions& options,
             const Training* training = nullptr);

  [[nodiscard]] ValueModel& values() { return *values_; }

  /// After the run. Of states the step is compared, in the Euclidean norm. Throws InternalError when an output differs
  /// by more than 1e-3 of the largest expected element, a step by more than 0.1 % of its length and eight times the
  /// network's sensitivity, or by 10 %, or an output at all where the program computes in integers.
  [[nodiscard]] CheckReport verdict() const;

 private:
  [[nodiscard]] CheckReport::States compare_states(const NamedElements& expected) const;
  /// The largest share of a step by which the reference's own steps move with rounding errors of inputs and weights.
  [[nodiscard]] double sensitivity(const NamedElements& expected) const;
  [[nodiscard]] bool is_state(const std::string& output) const;

  const Graph& graph_;
  const isa::Program& program_;
  std::unique_ptr<ProgramValues> values_;
  NamedElements inputs_;
  NamedElements expected_;  ///< read from files; empty: to be evaluated
};

}  // namespace systole
