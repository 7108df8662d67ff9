#include "cli/value_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>

#include "kernels/onnx/import.h"

namespace systole {

namespace {

constexpr double kTolerance = 1e-3;  ///< of the largest element: networks end in functions that machines approximate
constexpr std::uint32_t kInputSeed = 1;

/// Tensor number `i` of a folder of test data, which must have that shape.
std::vector<double> read_elements(const std::string& folder, const std::string& direction, std::size_t i,
                                  const Tensor& wanted) {
  const std::string path = (std::filesystem::path(folder) / fmt::format("{}_{}.pb", direction, i)).string();
  const Tensor tensor = read_tensor(path);
  if (element_count(tensor.shape) != element_count(wanted.shape)) {
    throw UserError({path, 0, 0,
                     fmt::format("it has {} elements, '{}' is {}", element_count(tensor.shape), wanted.name,
                                 to_string(wanted.shape)),
                     "the files are numbered in the order of the network's inputs and outputs"});
  }
  const std::optional<std::vector<float>> elements = as_floats(tensor.values, element_count(tensor.shape));
  if (!elements) throw UserError({path, 0, 0, "it holds no numbers", ""});
  return {elements->begin(), elements->end()};
}

NamedElements read_folder(const std::string& folder, const std::string& direction, const Graph& graph,
                          const std::vector<TensorId>& tensors) {
  NamedElements all;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const Tensor& tensor = graph.tensor(tensors[i]);
    all[tensor.name] = read_elements(folder, direction, i, tensor);
  }
  return all;
}

/// The largest difference and the largest expected element.
struct Distance {
  double difference = 0;
  double scale = 0;
};

Distance distance(const std::vector<double>& actual, const std::vector<double>& expected) {
  Distance result;
  for (std::size_t e = 0; e < actual.size(); ++e) {
    const double wanted = expected[e];
    const bool same = actual[e] == wanted || (std::isnan(actual[e]) && std::isnan(wanted));
    double difference = same ? 0.0 : std::fabs(actual[e] - wanted);
    if (std::isnan(difference)) difference = std::numeric_limits<double>::infinity();
    result.difference = std::max(result.difference, difference);
    result.scale = std::max(result.scale, std::fabs(wanted));
  }
  return result;
}

}  // namespace

void prepare_for_check(const std::string& model, const config::Machine& machine, const CheckOptions& options,
                       Graph& graph) {
  if (machine.simd_unit().number_format() != config::float32) {
    throw UserError({"", 0, 0, fmt::format("--check computes in float32, and {} does not", machine.name()),
                     "add --set simd_unit.number_format=float32"});
  }
  if (options.random_weights) {
    randomise_weights(graph, *options.random_weights);
    return;
  }
  for (const Tensor& tensor : graph.tensors) {
    if (!tensor.constant || has_values(tensor.values)) continue;
    throw UserError({model, 0, 0, fmt::format("--check needs weights, and '{}' has none", tensor.name),
                     "give random ones with --random-weights SEED"});
  }
}

ValueCheck::ValueCheck(const Graph& graph, const isa::Program& program, const CheckOptions& options)
    : graph_(graph), program_(program), values_(make_program_values(program)) {
  inputs_ = options.inputs.empty() ? random_inputs(graph, kInputSeed)
                                   : read_folder(options.inputs, "input", graph, graph.inputs);
  if (!options.expected.empty()) expected_ = read_folder(options.expected, "output", graph, graph.outputs);
  for (const isa::Tensor& input : program.inputs()) {
    values_->write(input, inputs_.at(input.name()));
  }
}

std::string ValueCheck::verdict() const {
  const NamedElements expected = expected_.empty() ? evaluate(graph_, inputs_) : expected_;
  std::string text;
  for (const isa::Tensor& output : program_.outputs()) {
    const std::vector<double> actual = values_->read(output);
    const Distance found = distance(actual, expected.at(output.name()));
    text += fmt::format("check: {}: {} elements, largest difference {:.3g} of {:.3g}\n", output.name(), actual.size(),
                        found.difference, found.scale);
    if (!(found.difference <= kTolerance * found.scale)) {
      throw InternalError(
          fmt::format("output '{}' of the program differs from the reference by {:.3g}, where the "
                      "largest element is {:.3g}",
                      output.name(), found.difference, found.scale));
    }
  }
  return text;
}

}  // namespace systole
