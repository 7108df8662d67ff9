#include "cli/value_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>

#include "isa/program.h"
#include "kernels/graph/loss.h"
#include "kernels/onnx/import.h"

namespace systole {

namespace {

constexpr double kTolerance = 1e-3;  ///< of the largest element: networks end in functions that machines approximate
/// Of the Euclidean length of a step, where the network is not sensitive.
constexpr double kStepTolerance = 1e-3;
/// A rectifier whose input is within a rounding error of 0 may switch the other way on the machine, and one element's
/// whole gradient comes or goes: how far that moves the steps depends on the network. So the reference is asked again
/// with inputs and states that are so many rounding errors of single precision off, as sums on the machine are after a
/// few layers. Which rectifiers switch is chance, so eight times what that moved is let pass, and never more than 10 %.
constexpr double kRoundingErrors = 8;
constexpr double kSensitivityFactor = 8;
constexpr double kMostStepTolerance = 0.1;
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
  if (const auto* integers = std::get_if<std::vector<std::int64_t>>(&tensor.values)) {
    return {integers->begin(), integers->end()};
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

void require_near(const char* what, const std::string& name, const Distance& found, double tolerance) {
  if (found.difference <= tolerance) return;
  throw InternalError(fmt::format("{} '{}' of the program differs from the reference by {:.3g} of {:.3g}", what, name,
                                  found.difference, found.scale));
}

std::vector<double> minus(std::vector<double> a, const std::vector<double>& b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] -= b[i];
  return a;
}

double norm(const std::vector<double>& elements) {
  double squares = 0;
  for (const double element : elements) squares += element * element;
  return std::sqrt(squares);
}

/// The length that rounding to single precision alone gives a step.
double rounding_of(const std::vector<double>& elements) {
  return norm(elements) * std::numeric_limits<float>::epsilon();
}

/// Inputs that a folder of test data holds: states have values of their own.
std::vector<TensorId> given_inputs(const Graph& graph) {
  std::vector<TensorId> given;
  for (const TensorId id : graph.inputs) {
    const bool held =
        std::any_of(graph.states.begin(), graph.states.end(), [&](const State& state) { return state.before == id; });
    if (!held) given.push_back(id);
  }
  return given;
}

/// Masks drop their share.
void draw_masks(const Training& training, NamedElements& inputs) {
  for (const Training::Mask& mask : training.masks) {
    for (double& element : inputs.at(mask.input)) {
      element = (element + 1) / 2 < mask.ratio ? 0 : static_cast<float>(1 / (1 - mask.ratio));
    }
  }
}

}  // namespace

void prepare_for_check(const std::string& model, const CheckOptions& options, Graph& graph) {
  if (options.random_weights) {
    randomise_weights(graph, *options.random_weights);
    return;
  }
  const auto refuse = [&](const std::string& what) {
    throw UserError({model, 0, 0, "--check needs weights, and " + what, "give random ones with --random-weights SEED"});
  };
  bool any = false;
  bool all_alike = true;
  for (const Tensor& tensor : graph.tensors) {
    if (!tensor.constant) continue;
    if (!has_values(tensor.values)) refuse(fmt::format("'{}' has none", tensor.name));
    if (element_count(tensor.shape) == 1) continue;
    any = true;
    all_alike =
        all_alike && (std::holds_alternative<Fill>(tensor.values) || std::holds_alternative<RowFill>(tensor.values));
  }
  if (any && all_alike) refuse("those of this model are all alike");
}

ValueCheck::ValueCheck(const Graph& graph, const isa::Program& program, const CheckOptions& options,
                       const Training* training)
    : graph_(graph), program_(program), values_(make_program_values(program)) {
  inputs_ = random_inputs(graph, kInputSeed);
  if (training != nullptr) draw_masks(*training, inputs_);
  if (!options.inputs.empty()) {
    for (auto& [name, elements] : read_folder(options.inputs, "input", graph, given_inputs(graph))) {
      inputs_[name] = std::move(elements);
    }
  }
  if (!options.expected.empty()) expected_ = read_folder(options.expected, "output", graph, graph.outputs);
  for (const isa::Tensor& input : program.inputs()) values_->write(input, inputs_.at(input.name()));
}

CheckReport ValueCheck::verdict() const {
  const NamedElements expected = expected_.empty() ? evaluate(graph_, inputs_) : expected_;
  CheckReport report;
  report.integers = program_.numbers() == isa::Program::integers;
  for (const isa::Tensor& output : program_.outputs()) {
    if (is_state(output.name())) continue;
    const std::vector<double> actual = values_->read(output);
    const Distance found = distance(actual, expected.at(output.name()));
    report.outputs.push_back({output.name(), actual.size(), found.difference, found.scale});
    require_near("output", output.name(), found, report.integers ? 0.0 : kTolerance * found.scale);
  }
  if (!graph_.states.empty()) report.states = compare_states(expected);
  for (const LayerOverflows& layer : values_->overflows()) {
    report.wrapped.push_back({isa::layer_name(program_, layer.layer), layer.sums});
  }
  return report;
}

bool ValueCheck::is_state(const std::string& output) const {
  return std::any_of(graph_.states.begin(), graph_.states.end(),
                     [&](const State& state) { return graph_.tensor(state.after).name == output; });
}

double ValueCheck::sensitivity(const NamedElements& expected) const {
  const std::map<TensorId, std::int64_t> classes = class_inputs(graph_);
  NamedElements moved = inputs_;
  std::mt19937 random(kInputSeed);
  for (const TensorId input : graph_.inputs) {
    if (classes.count(input) != 0) continue;
    for (double& element : moved.at(graph_.tensor(input).name)) {
      const double share = static_cast<double>(random()) / static_cast<double>(std::mt19937::max()) * 2 - 1;
      element *= 1 + share * kRoundingErrors * std::numeric_limits<float>::epsilon() / 2;
    }
  }
  const NamedElements after = evaluate(graph_, moved);
  double most = 0;
  for (const State& state : graph_.states) {
    const std::string& name = graph_.tensor(state.after).name;
    const std::string& before = graph_.tensor(state.before).name;
    const std::vector<double> step = minus(expected.at(name), inputs_.at(before));
    const double length = norm(step) + rounding_of(inputs_.at(before)) / kStepTolerance;
    if (length > 0) most = std::max(most, norm(minus(minus(after.at(name), moved.at(before)), step)) / length);
  }
  return most;
}

/// A step is small beside a weight, so that the weight would be near whatever the step: the steps are compared.
CheckReport::States ValueCheck::compare_states(const NamedElements& expected) const {
  std::map<std::string, const isa::Tensor*> places;
  for (const isa::Tensor& output : program_.outputs()) places[output.name()] = &output;
  CheckReport::States report{graph_.states.size(), "", 0, 1, sensitivity(expected)};
  const double tolerance = std::clamp(kSensitivityFactor * report.sensitivity, kStepTolerance, kMostStepTolerance);
  for (const State& state : graph_.states) {
    const std::string& after = graph_.tensor(state.after).name;
    const std::vector<double>& before = inputs_.at(graph_.tensor(state.before).name);
    // A step that is zero but for rounding, as of a bias before a batch norm, is measured against the weights'
    // rounding.
    const double length = norm(minus(expected.at(after), before)) + rounding_of(before) / kStepTolerance;
    const Distance found{norm(minus(values_->read(*places.at(after)), expected.at(after))), length};
    require_near("the step of state", after, found, tolerance * length);
    const bool worse = found.difference * report.scale > report.difference * length;
    if (worse || report.worst.empty()) {
      report.worst = after;
      report.difference = found.difference;
      report.scale = length;
    }
  }
  return report;
}

std::string check_text(const CheckReport& report) {
  std::string text =
      fmt::format("check: values are {}\n", report.integers ? "the machine's integers" : "single-precision numbers");
  for (const CheckReport::Output& output : report.outputs) {
    text += fmt::format("check: {}: {} elements, ", output.name, output.elements);
    text += report.integers ? "all equal\n"
                            : fmt::format("largest difference {:.3g} of {:.3g}\n", output.difference, output.scale);
  }
  if (report.states) {
    text += fmt::format(
        "check: {} states: their steps differ by {:.2g} of their length at most ({}); rounding errors of inputs and "
        "weights alone move them by {:.2g}\n",
        report.states->count, report.states->difference / report.states->scale, report.states->worst,
        report.states->sensitivity);
  }
  for (const CheckReport::Wrapped& layer : report.wrapped) {
    text += fmt::format("check: layer '{}': {} sums did not fit 32 bits and wrapped\n", layer.layer, layer.sums);
  }
  return text;
}

std::string check_json(const CheckReport& report) {
  using Json = nlohmann::ordered_json;
  Json json = {{"numbers", report.integers ? "integers" : "single_precision"},
               {"outputs", Json::array()},
               {"wrapped_sums", Json::array()}};
  for (const CheckReport::Output& output : report.outputs) {
    json["outputs"].push_back({{"name", output.name},
                               {"elements", output.elements},
                               {"largest_difference", output.difference},
                               {"largest_expected", output.scale}});
  }
  if (report.states) {
    json["states"] = {{"count", report.states->count},
                      {"worst", report.states->worst},
                      {"difference", report.states->difference},
                      {"length", report.states->scale},
                      {"sensitivity", report.states->sensitivity}};
  }
  for (const CheckReport::Wrapped& layer : report.wrapped) {
    json["wrapped_sums"].push_back({{"layer", layer.layer}, {"sums", layer.sums}});
  }
  // A name that is not UTF-8 must not cost the run its results.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace systole
